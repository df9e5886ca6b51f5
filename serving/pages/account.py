"""One's own account: who one is here, another password, and signing out on every device."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from history.errors import RequestInvalid
from serving.access import Caller, PageReader
from serving.live import standing_of
from serving.pages.context import AccountPage
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.pages.sign_in import drop_session, set_session
from serving.people import audit
from serving.people.entry import Refused, enter
from serving.people.roll import Person, set_password
from serving.people.sessions import end_sessions, open_session
from serving.sight import Sight
from serving.texts import Translator, translator
from serving.tokens import utc_now

router = APIRouter(include_in_schema=False)
Typed = Annotated[str, Form(max_length=500)]


@router.get("/account", name="account")
def account(request: Request, reader: PageReader, done: Literal["", "password"] = "") -> Response:
    """Who is signed in, and the two forms."""
    return _page(request, reader, said="changed" if done else "")


@router.post("/account/password")
def change(request: Request, reader: PageReader, old: Typed = "", new: Typed = "", again: Typed = "") -> Response:
    """Another password; every other session of the person ends."""
    request.state.audited, request.state.audited_what = audit.REFUSED, "own password"
    engine, person = request.app.state.engine, _person(reader)
    try:
        enter(engine, person.name, old, utc_now())
    except Refused:
        return _page(request, reader, refused="wrong", status=422)
    if new != again:
        return _page(request, reader, refused="differ", status=422)
    try:
        set_password(engine, person, new, utc_now())
    except RequestInvalid:
        return _page(request, reader, refused="weak", status=422)
    request.state.audited = audit.MANAGED
    answer = RedirectResponse("/account?done=password", status_code=303)
    set_session(request, answer, open_session(engine, person, utc_now()))
    return answer


@router.post("/account/sign-out-everywhere")
def leave_everywhere(request: Request, reader: PageReader) -> Response:
    """Ends every session of the person."""
    request.state.audited, request.state.audited_what = audit.SIGNED_OUT, "every session"
    end_sessions(request.app.state.engine, _person(reader), utc_now())
    return drop_session(request)


def _person(reader: Caller) -> Person:
    assert reader.account is not None, "who signs in on a page has an account"
    return reader.account


def _page(request: Request, reader: Caller, said: str = "", refused: str = "", status: int = 200) -> Response:
    shell = Shell(request, standing_of(request), reader.sight)
    t = translator(shell.language)
    person = _person(reader)
    page = AccountPage(
        **shell.fields(t("account.title")),
        name=person.name,
        role=t(f"role.{person.role}"),
        rep=shell.standing.names.get(person.rep_id or "", person.rep_id or ""),
        sees=sees(reader.sight, t),
        has_password=person.has_password,
        said=t(f"account.{said}") if said else "",
        refused=t(f"account.{refused}") if refused else "",
    )
    return render(request, "account.html", page, status)


def sees(sight: Sight, t: Translator) -> str:
    """What a person sees, in words."""
    if sight.people is None:
        return t("account.sees_all")
    others = len(sight.people) - 1
    return t("account.sees_some", count=others) if others else t("account.sees_own")
