"""Sign in and out on this browser, and the switch of language. These show nothing of the data and are public."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from serving.access import COOKIE
from serving.pages.context import SignInPage
from serving.pages.rendering import LANGUAGE_COOKIE, language_of, local_path, render
from serving.texts import LANGUAGES, translator
from serving.tokens import find_token

router = APIRouter(include_in_schema=False)
FORM_LIMIT_BYTES = 4_000
YEAR_SECONDS = 365 * 86_400
SESSION_SECONDS = 12 * 3_600


@router.get("/sign-in", name="sign_in")
def sign_in(request: Request, back: str = "/") -> Response:
    """The form."""
    return _form(request, local_path(back), refused=False)


@router.post("/sign-in")
async def enter(request: Request) -> Response:
    """Takes the token; the browser keeps it in a cookie that no script can read and no other site can send."""
    values = parse_qs((await request.body())[:FORM_LIMIT_BYTES].decode("utf-8", "replace"))
    secret = values.get("token", [""])[0].strip()
    back = local_path(values.get("back", ["/"])[0])
    if find_token(request.app.state.engine, secret) is None:
        return _form(request, back, refused=True)
    answer = RedirectResponse(back, status_code=303)
    secure = request.app.state.settings.secure_cookies
    answer.set_cookie(COOKIE, secret, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/sign-out")
def leave(request: Request) -> Response:
    """Clears the cookie."""
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.get("/language/{code}")
def speak(code: str, back: Annotated[str, Query()] = "/") -> Response:
    """Remembers the language and returns to the page."""
    answer = RedirectResponse(local_path(back), status_code=303)
    if code in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, code, max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return answer


def _form(request: Request, back: str, refused: bool) -> Response:
    language = language_of(request)
    t = translator(language)
    page = SignInPage(
        t=t,
        language=language,
        other_language="en" if language == "zh-CN" else "zh-CN",
        here=f"/sign-in?back={back}" if back != "/" else "/sign-in",
        signed_in=False,
        title=t("sign_in.title"),
        known_note="",
        back=back,
        refused=refused,
    )
    return render(request, "sign_in.html", page, 401 if refused else 200)
