"""The page that says what went wrong, in the reader's language."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from serving.asking import LONGEST_TOLD, MOST_NAMED, ParameterInvalid
from serving.pages.context import FailurePage
from serving.pages.rendering import here, language_of, render
from serving.sight import RightMissing
from serving.texts import TEXTS, Translator, translator


def failure_page(
    request: Request, status: int, detail: str, known: ParameterInvalid | RightMissing | None = None
) -> Response:
    """A page with plain words and advice for `status`; the one-line `detail`, in English, is for whoever runs it.

    What is `known` to be wrong with a parameter, or which right is missing, is told in the reader's words.
    """
    language = language_of(request)
    t = translator(language)
    key = f"failure.{status}"
    page = FailurePage(
        t=t,
        language=language,
        other_language="en" if language == "zh-CN" else "zh-CN",
        here=here(request) if request.method == "GET" else "/",
        signed_in=False,
        title=t(key if key in TEXTS else "failure.500"),
        known_note="",
        status=status,
        advice=_advice(status, known, t),
        detail=detail,
    )
    return render(request, "failure.html", page, status)


def _advice(status: int, known: ParameterInvalid | RightMissing | None, t: Translator) -> str:
    if isinstance(known, RightMissing):
        return t("advice.right_missing", does=t(f"right.{known.deed}"), right=known.deed)
    if known is not None:
        return about_parameter(known, t)
    advice = f"advice.{status}"
    return t(advice if advice in TEXTS else "advice.other")


def about_parameter(wrong: ParameterInvalid, t: Translator) -> str:
    """Which parameter of the address cannot be used, and what can be."""
    name = wrong.name[:LONGEST_TOLD]
    some = t("failure.comma").join(wrong.expected[:MOST_NAMED])
    if wrong.value is None:
        known = t("advice.known_parameters", some=some) if some else t("advice.no_parameters")
        return t("advice.unknown_parameter", name=name) + known
    told = t("advice.bad_parameter", name=name, value=wrong.value[:LONGEST_TOLD])
    return told + (t("advice.can_be", some=some) if some else t("advice.from_list"))
