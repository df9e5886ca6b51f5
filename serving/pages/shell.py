"""What every signed-in page starts from: language, where it is, and the line that says as of when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request

from serving.access import session_secret
from serving.pages.format import day
from serving.pages.rendering import here, language_of
from serving.pages.table import Choice
from serving.people.sessions import form_token
from serving.sight import Sight
from serving.standing import Standing
from serving.texts import translator

PLACES = {
    "pipeline": "/",
    "forecast": "/forecast",
    "people": "/people",
    "funnel": "/funnel",
    "models": "/models",
    "data": "/data",
}
"""The pages of the navigation, in their order."""


@dataclass(frozen=True)
class Shell:
    """The reader's language, what the reader sees, and the standing that a page is made from."""

    request: Request
    standing: Standing
    sight: Sight

    @property
    def language(self) -> str:
        return language_of(self.request)

    def fields(self, title: str) -> dict[str, Any]:
        """The fields that every page has."""
        language = self.language
        t = translator(language)
        return {
            "t": t,
            "language": language,
            "other_language": "en" if language == "zh-CN" else "zh-CN",
            "here": here(self.request),
            "signed_in": True,
            "csrf": form_token(session_secret(self.request) or ""),
            "places": [Choice(t(f"nav.{name}"), path, self._at(path)) for name, path in PLACES.items()],
            "title": title,
            "known_note": t(
                "footer.known",
                day=day(self.standing.day, language),
                version=self.standing.model.version,
            ),
        }

    def _at(self, path: str) -> bool:
        """Whether the page that is shown lies under `path`; the deals lie under the pipeline."""
        now = self.request.url.path
        return now.startswith(path) if path != "/" else now == "/" or now.startswith("/deals/")
