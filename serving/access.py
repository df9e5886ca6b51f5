"""Who may call what: closed by default. Programs send a bearer token, people's browsers a session cookie.

A route says in its signature who may call it, and gets the `Caller` with what the caller sees (`serving.sight`):
`Reader` for the API, `Speaker` where a person makes a statement, `PageReader` for pages, and so on below. A route
with none of them is refused by a test unless it stands in `PUBLIC`. A page's rule on a route that is not a GET also
checks the hidden field `csrf` of the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from serving.api.strict import known_fields, known_parameters
from serving.callers import Callers
from serving.deeds import DEEDS, PROGRAM
from serving.live import Live
from serving.people.roll import Person, person_by_id
from serving.people.sessions import find_session, is_form_token
from serving.problems import SignInNeeded
from serving.sight import Hierarchy, Sight, hierarchy_of
from serving.tokens import Token, find_token, hashed, is_of_another_workspace, utc_now

SAFE = ("GET", "HEAD")

PUBLIC = frozenset(
    {
        "/healthz",
        "/readyz",
        "/sign-in",
        "/sign-in/provider",
        "/sign-in/provider/back",
        "/language/{code}",
        "/static",
    }
)
"""Paths that anybody may call: they show nothing of the data."""


@dataclass(frozen=True)
class Caller:
    """Who calls: `name` as it stands in the audit log, and what the caller sees and may do.

    `account` is the caller's account; a program has none.
    """

    name: str
    sight: Sight
    account: Person | None = None

    @property
    def rep_id(self) -> str | None:
        """The person of the history that the caller is, if any."""
        return self.sight.rep_id

    @property
    def person(self) -> str:
        """The rep_id of a caller who makes a statement; the rules see to it that there is one."""
        assert self.sight.rep_id is not None
        return self.sight.rep_id


@dataclass(frozen=True)
class ApiRule:
    """The bearer of a working token that may do `deed`; else 401 without one and 403 without the right."""

    deed: str

    async def __call__(self, request: Request) -> Caller:
        caller = _called_just_now(request)
        if caller is None:
            caller = await run_in_threadpool(_called, request)
        return allowed(request, caller, self.deed)


@dataclass(frozen=True)
class PageRule:
    """The person signed in on this browser who may do `deed`; anybody else is sent to the sign-in page.

    What changes something has to come from a form of our own pages, else 403; a parameter of the address that the page
    does not know is 422.
    """

    deed: str

    async def __call__(self, request: Request) -> Caller:
        caller = await run_in_threadpool(caller_of_session, request)
        if caller is None:
            raise SignInNeeded
        if request.method not in SAFE:
            await check_form(request, session_secret(request))
            await known_fields(request)
        found = await run_in_threadpool(allowed, request, caller, self.deed)
        await known_parameters(request)
        return found


def allowed(request: Request, caller: Caller, deed: str) -> Caller:
    """The caller, noted for the audit log; raises 403 when `deed` is not theirs."""
    request.state.caller, request.state.deed = caller, deed
    if deed == "state" and caller.rep_id is None:
        raise HTTPException(
            403,
            f"{caller.name[:80]!r} is not a person of the history; a statement is made by an account with a rep_id, or "
            "with a token named after a rep_id, as `dealcast user token REP_ID` makes it.",
        )
    caller.sight.require(deed)
    return caller


async def check_form(request: Request, secret: str | None) -> None:
    """Raises 403 for a form that did not come from a page of ours in the same browser."""
    sent = (await request.form()).get("csrf")
    if not isinstance(sent, str) or not is_form_token(secret, sent):
        raise HTTPException(
            403, "the form did not come from a page of this browser's session; open the page again and send it anew."
        )


def caller_of_token(request: Request, token: Token | None) -> Caller | None:
    """Who holds the token: the account it was made for, the person whose rep_id its name is, or a program."""
    if token is None:
        return None
    hierarchy = _hierarchy(request)
    if token.person_id is not None:
        account = person_by_id(request.app.state.engine, token.person_id)
        return caller_of_account(hierarchy, account, token.scopes) if account else None
    deeds = frozenset(DEEDS) if token.scopes is None else token.scopes
    if token.name in hierarchy.people:
        role = "manager" if hierarchy.leads(token.name) else "rep"
        return Caller(token.name, hierarchy.sight(role, token.name, deeds))
    return Caller(token.name, hierarchy.sight(PROGRAM, None, token.scopes or frozenset({"read", "export"})))


def caller_of_session(request: Request) -> Caller | None:
    """Who is signed in on this browser."""
    account = find_session(request.app.state.engine, session_secret(request), utc_now())
    return caller_of_account(_hierarchy(request), account) if account else None


def caller_of_account(hierarchy: Hierarchy, account: Person, deeds: frozenset[str] | None = None) -> Caller:
    """The person with the sight of their role."""
    sight = hierarchy.sight(account.role, account.rep_id, frozenset(DEEDS) if deeds is None else deeds)
    return Caller(account.name, sight, account)


def session_cookie(secure: bool) -> str:
    """The name of the session's cookie; behind TLS one that browsers take from this very host alone."""
    return "__Host-dealcast_session" if secure else "dealcast_session"


def session_secret(request: Request) -> str | None:
    """The session that the browser sent."""
    return request.cookies.get(session_cookie(request.app.state.settings.secure_cookies))


def _hierarchy(request: Request) -> Hierarchy:
    live: Live = request.app.state.live
    return hierarchy_of(live.standing())


def _sent(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _called_just_now(request: Request) -> Caller | None:
    """Who holds the token that was sent, where that was looked up before and nothing was written since."""
    live: Live = request.app.state.live
    standing = live.at_hand
    callers: Callers[Caller] = request.app.state.callers
    return callers.find(hashed(_sent(request)), standing, utc_now()) if standing is not None else None


def _called(request: Request) -> Caller:
    """Who holds the token that was sent; raises 401 where it opens nothing."""
    live: Live = request.app.state.live
    callers: Callers[Caller] = request.app.state.callers
    standing, sent, written = live.standing(), _sent(request), callers.writes.now()
    token = find_token(request.app.state.engine, sent)
    caller = caller_of_token(request, token)
    if token is None or caller is None:
        raise HTTPException(401, _why_not(request))
    callers.keep(hashed(sent), caller, token.expires_at, standing, written)
    return caller


def _why_not(request: Request) -> str:
    live: Live = request.app.state.live
    if is_of_another_workspace(_sent(request), live.store.workspace_id):
        return "the token was made for another workspace; send one that `dealcast user token` made for this one."
    return "no valid token was sent; send `Authorization: Bearer <token>` with a working one."


API_RULES = {deed: ApiRule(deed) for deed in DEEDS}
PAGE_RULES = {deed: PageRule(deed) for deed in DEEDS}
RULES: frozenset[object] = frozenset({*API_RULES.values(), *PAGE_RULES.values()})
"""The dependencies that count as an access rule."""

Reader = Annotated[Caller, Depends(API_RULES["read"])]
Exporter = Annotated[Caller, Depends(API_RULES["export"])]
Speaker = Annotated[Caller, Depends(API_RULES["state"])]
Coach = Annotated[Caller, Depends(API_RULES["coach"])]
Planner = Annotated[Caller, Depends(API_RULES["plan"])]
Promoter = Annotated[Caller, Depends(API_RULES["promote"])]
Feeder = Annotated[Caller, Depends(API_RULES["intake"])]
Watcher = Annotated[Caller, Depends(API_RULES["metrics"])]
Keeper = Annotated[Caller, Depends(API_RULES["people"])]

PageReader = Annotated[Caller, Depends(PAGE_RULES["read"])]
PageExporter = Annotated[Caller, Depends(PAGE_RULES["export"])]
PageSpeaker = Annotated[Caller, Depends(PAGE_RULES["state"])]
PageCoach = Annotated[Caller, Depends(PAGE_RULES["coach"])]
PagePlanner = Annotated[Caller, Depends(PAGE_RULES["plan"])]
PagePromoter = Annotated[Caller, Depends(PAGE_RULES["promote"])]
PageKeeper = Annotated[Caller, Depends(PAGE_RULES["people"])]
