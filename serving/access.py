"""Who may call what: closed by default. Programs send a bearer token, people's browsers a cookie.

A route says in its signature who may call it, and gets the `Caller` with what the caller sees (`serving.sight`):
`Reader` for the API, `Speaker` where a person makes a statement, `PageReader` for pages, and so on below. A route
with none of them is refused by a test unless it stands in `PUBLIC`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from serving.live import Live
from serving.problems import SignInNeeded
from serving.sight import DEEDS, PROGRAM, Sight, hierarchy_of
from serving.tokens import Token, find_token

COOKIE = "dealcast_token"

PUBLIC = frozenset({"/healthz", "/sign-in", "/sign-out", "/language/{code}", "/static"})
"""Paths that anybody may call: they show nothing of the data."""


@dataclass(frozen=True)
class Caller:
    """Who calls: `name` as it stands in the audit log, and what the caller sees and may do."""

    name: str
    sight: Sight

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

    def __call__(self, request: Request) -> Caller:
        caller = caller_of(request, _bearer(request))
        if caller is None:
            raise HTTPException(
                401, "no valid token was sent; send `Authorization: Bearer <token>` with a working one."
            )
        _require(caller, self.deed)
        return caller


@dataclass(frozen=True)
class PageRule:
    """The person signed in on this browser who may do `deed`; anybody else is sent to the sign-in page."""

    deed: str

    def __call__(self, request: Request) -> Caller:
        secret = request.cookies.get(COOKIE)
        caller = caller_of(request, find_token(request.app.state.engine, secret) if secret else None)
        if caller is None:
            raise SignInNeeded
        _require(caller, self.deed)
        return caller


def _bearer(request: Request) -> Token | None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return find_token(request.app.state.engine, secret.strip()) if scheme.lower() == "bearer" else None


def _require(caller: Caller, deed: str) -> None:
    if deed == "state" and caller.rep_id is None:
        raise HTTPException(
            403,
            f"the token {caller.name[:80]!r} is not a person's; a statement is made with a token named after a rep_id, "
            "as `dealcast user token REP_ID` makes it.",
        )
    caller.sight.require(deed)


def caller_of(request: Request, token: Token | None) -> Caller | None:
    """Who holds the token: the person of that rep_id where it is named after one, else a program."""
    if token is None:
        return None
    live: Live = request.app.state.live
    hierarchy = hierarchy_of(live.standing())
    if token.name not in hierarchy.people:
        return Caller(token.name, hierarchy.sight(PROGRAM, None, frozenset(DEEDS)))
    role = "manager" if hierarchy.leads(token.name) else "rep"
    return Caller(token.name, hierarchy.sight(role, token.name, frozenset(DEEDS)))


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
Keeper = Annotated[Caller, Depends(API_RULES["people"])]

PageReader = Annotated[Caller, Depends(PAGE_RULES["read"])]
PageExporter = Annotated[Caller, Depends(PAGE_RULES["export"])]
PageSpeaker = Annotated[Caller, Depends(PAGE_RULES["state"])]
PageCoach = Annotated[Caller, Depends(PAGE_RULES["coach"])]
PagePlanner = Annotated[Caller, Depends(PAGE_RULES["plan"])]
PagePromoter = Annotated[Caller, Depends(PAGE_RULES["promote"])]
PageKeeper = Annotated[Caller, Depends(PAGE_RULES["people"])]
