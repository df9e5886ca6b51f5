"""Who may read: closed by default. Programs send a bearer token, people's browsers a cookie that holds one.

A route says in its signature who may call it: `Reader` for the API, `PageReader` for pages. A route with neither is
refused by a test unless it stands in `PUBLIC`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from serving.problems import SignInNeeded
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


Reader = Annotated[Token, Depends(reader)]
PageReader = Annotated[Token, Depends(page_reader)]
RULES = frozenset({reader, page_reader})
"""The dependencies that count as an access rule."""
