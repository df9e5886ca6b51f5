"""Sign in and out on this browser, and the switch of language. These show nothing of the data and are public."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from history.errors import DealUnknown
from serving.access import PageReader, session_cookie, session_secret
from serving.api.strict import known_parameters, refuse_unknown
from serving.pages.context import SignInPage
from serving.pages.rendering import LANGUAGE_COOKIE, language_of, local_path, render
from serving.people import audit
from serving.people.entry import Refused, enter
from serving.people.oidc import CALLBACK, Provider, ProviderRefused
from serving.people.roll import Person
from serving.people.sessions import HOURS, end_session, form_token, is_form_token, open_session
from serving.texts import LANGUAGES, translator
from serving.tokens import utc_now

router = APIRouter(include_in_schema=False)
STRICT = [Depends(known_parameters)]
"""For pages that nobody's rule stands before. The way back from the provider is open: providers add what they like."""
FORM_COOKIE = "dealcast_form"
PROVIDER_COOKIE = "dealcast_provider"
YEAR_SECONDS = 365 * 86_400
FORM_SECONDS = 3_600
LONGEST_VALUE = 2_000
SENT = ("name", "password", "back", "csrf")


@router.get("/sign-in", name="sign_in", dependencies=STRICT)
def sign_in(request: Request, back: str = "/") -> Response:
    """The form."""
    return form(request, local_path(back))


@router.post("/sign-in")
async def come_in(request: Request) -> Response:
    """Takes name and password; the browser keeps the session in a cookie that no script can read."""
    sent = await request.form()
    refuse_unknown(sent, SENT)
    values = {name: str(sent.get(name, ""))[:LONGEST_VALUE] for name in SENT}
    back = local_path(values["back"] or "/")
    request.state.audited, request.state.audited_who = audit.REFUSED, values["name"] or audit.NOBODY
    if not is_form_token(request.cookies.get(FORM_COOKIE), values["csrf"]):
        return form(request, back, "stale", 403)
    engine = request.app.state.engine
    try:
        person = await run_in_threadpool(enter, engine, values["name"], values["password"], utc_now())
    except Refused as refused:
        return form(request, back, "locked" if refused.locked else "refused", 401)
    return await run_in_threadpool(signed_in, request, person, back)


def signed_in(request: Request, person: Person, back: str) -> Response:
    """To the page that was wanted, with a new session."""
    request.state.audited, request.state.audited_who = audit.SIGNED_IN, person.name
    answer = RedirectResponse(back, status_code=303)
    secret = open_session(request.app.state.engine, person, utc_now())
    set_session(request, answer, secret)
    answer.delete_cookie(FORM_COOKIE, path="/sign-in")
    return answer


def set_session(request: Request, answer: Response, secret: str) -> None:
    """The session's cookie: for no script, sent from no other site's form, over TLS alone where there is TLS."""
    secure = request.app.state.settings.secure_cookies
    answer.set_cookie(
        session_cookie(secure), secret, max_age=HOURS * 3_600, httponly=True, samesite="lax", secure=secure
    )


def drop_session(request: Request) -> Response:
    """To the sign-in page, without the cookie."""
    answer = RedirectResponse("/sign-in", status_code=303)
    secure = request.app.state.settings.secure_cookies
    answer.delete_cookie(session_cookie(secure), httponly=True, samesite="lax", secure=secure)
    return answer


@router.post("/sign-out")
def leave(request: Request, _: PageReader) -> Response:
    """Ends the session, on the server too."""
    request.state.audited = audit.SIGNED_OUT
    end_session(request.app.state.engine, session_secret(request) or "", utc_now())
    return drop_session(request)


@router.get("/sign-in/provider", dependencies=STRICT)
def to_provider(request: Request, back: str = "/") -> Response:
    """Sends the browser to the company's own sign-in."""
    provider = provider_of(request)
    if provider is None:
        return RedirectResponse("/sign-in", status_code=303)
    try:
        start = provider.begin(request.app.state.engine, local_path(back)[:LONGEST_VALUE], utc_now())
    except ProviderRefused as refused:
        return _not_vouched_for(request, refused)
    answer = RedirectResponse(start.address, status_code=303)
    _set_short_cookie(request, answer, PROVIDER_COOKIE, start.secret)
    return answer


@router.get(CALLBACK)
def from_provider(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
    """Takes the provider's word for who it is."""
    provider = provider_of(request)
    if provider is None:
        return RedirectResponse("/sign-in", status_code=303)
    try:
        if error or not code:
            raise ProviderRefused("the provider said no")
        kept = request.cookies.get(PROVIDER_COOKIE)
        person, back = provider.finish(request.app.state.engine, kept, state, code, utc_now())
    except ProviderRefused as refused:
        return _not_vouched_for(request, refused)
    request.state.audited_what = "sign-in through the provider"
    answer = signed_in(request, person, back)
    answer.delete_cookie(PROVIDER_COOKIE, path="/sign-in")
    return answer


def provider_of(request: Request) -> Provider | None:
    """The provider that the settings name."""
    settings = request.app.state.settings
    return Provider(settings.oidc, settings.public_url) if settings.oidc and settings.public_url else None


def _not_vouched_for(request: Request, refused: ProviderRefused) -> Response:
    request.state.audited, request.state.audited_what = audit.REFUSED, f"sign-in through the provider: {refused}"
    return form(request, "/", "provider_refused", 401)


@router.get("/language/{code}", dependencies=STRICT)
def speak(code: str, back: Annotated[str, Query()] = "/") -> Response:
    """Remembers the language and returns to the page; raises `DealUnknown` for one that there is not.

    A way back that leads to another host leads to the first page: it must keep nobody from reading or signing in.
    """
    if code not in LANGUAGES:
        raise DealUnknown(f"the language {code[:20]!r} is not spoken here; expected one of {', '.join(LANGUAGES)}.")
    answer = RedirectResponse(local_path(back), status_code=303)
    answer.set_cookie(LANGUAGE_COOKIE, code, max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return answer


def form(request: Request, back: str, refused: str = "", status: int = 200) -> Response:
    """The sign-in form, with what was wrong before."""
    language = language_of(request)
    t = translator(language)
    secret = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    page = SignInPage(
        t=t,
        language=language,
        other_language="en" if language == "zh-CN" else "zh-CN",
        here=f"/sign-in?back={quote(back)}" if back != "/" else "/sign-in",
        signed_in=False,
        title=t("sign_in.title"),
        known_note="",
        csrf=form_token(secret),
        back=back,
        refused=t(f"sign_in.{refused}") if refused else "",
        provider_link=f"/sign-in/provider?back={quote(back)}" if provider_of(request) else "",
    )
    answer = render(request, "sign_in.html", page, status)
    _set_short_cookie(request, answer, FORM_COOKIE, secret)
    return answer


def _set_short_cookie(request: Request, answer: Response, name: str, secret: str) -> None:
    secure = request.app.state.settings.secure_cookies
    answer.set_cookie(name, secret, max_age=FORM_SECONDS, path="/sign-in", httponly=True, samesite="lax", secure=secure)
