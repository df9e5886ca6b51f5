"""Who may read: closed by default. Programs send a bearer token, people's browsers a cookie that holds one.

A route says in its signature who may call it: `Reader` for the API, `Speaker` where a person makes a statement,
`PageReader` for pages. A route with none of them is refused by a test unless it stands in `PUBLIC`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from serving.live import Live
from serving.problems import SignInNeeded
from serving.submissions import is_person
from serving.tokens import Token, find_token

COOKIE = "dealcast_token"

PUBLIC = frozenset({"/healthz", "/sign-in", "/sign-out", "/language/{code}", "/static"})
"""Paths that anybody may call: they show nothing of the data."""


def reader(request: Request) -> Token:
    """The bearer of a working token; anything else is 401. A cookie does not open the API."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    token = find_token(request.app.state.engine, secret.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise HTTPException(401, "no valid token was sent; send `Authorization: Bearer <token>` with a working one.")
    return token


def page_reader(request: Request) -> Token:
    """The person signed in on this browser; anybody else is sent to the sign-in page."""
    secret = request.cookies.get(COOKIE)
    token = find_token(request.app.state.engine, secret) if secret else None
    if token is None:
        raise SignInNeeded
    return token


def speaker(token: Annotated[Token, Depends(reader)], request: Request) -> Token:
    """The bearer of a token that is named after a person by rep_id; a program's token speaks for nobody: 403."""
    live: Live = request.app.state.live
    if not is_person(live.standing().history, token.name):
        raise HTTPException(
            403,
            f"the token {token.name[:80]!r} is not a person's; a statement is made with a token named after a rep_id, "
            "as `dealcast user token REP_ID` makes it.",
        )
    return token


Reader = Annotated[Token, Depends(reader)]
Speaker = Annotated[Token, Depends(speaker)]
PageReader = Annotated[Token, Depends(page_reader)]
RULES = frozenset({reader, page_reader, speaker})
"""The dependencies that count as an access rule."""
