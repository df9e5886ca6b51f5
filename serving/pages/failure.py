"""The page that says what went wrong, in the reader's language."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from serving.pages.context import FailurePage
from serving.pages.rendering import here, language_of, render
from serving.texts import TEXTS, translator


def failure_page(request: Request, status: int, detail: str) -> Response:
    """A page with plain words and advice for `status`; the one-line `detail`, in English, is for whoever runs it."""
    language = language_of(request)
    t = translator(language)
    key, advice = f"failure.{status}", f"advice.{status}"
    page = FailurePage(
        t=t,
        language=language,
        other_language="en" if language == "zh-CN" else "zh-CN",
        here=here(request) if request.method == "GET" else "/",
        signed_in=False,
        title=t(key if key in TEXTS else "failure.500"),
        known_note="",
        status=status,
        advice=t(advice if advice in TEXTS else "advice.other"),
        detail=detail,
    )
    return render(request, "failure.html", page, status)
