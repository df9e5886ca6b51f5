"""Bearer tokens: made once, shown once, kept only as a hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from history.errors import RequestInvalid
from serving.deeds import DEEDS
from serving.store import TOKENS, open_tables

PREFIX = "dealcast_"


@dataclass(frozen=True)
class Token:
    """One token as it is remembered; the token itself cannot be got back. Instants are naive UTC."""

    token_id: str
    name: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    person_id: str | None = None
    scopes: frozenset[str] | None = None
    """What it may do of what its bearer may; None: for a person all of it, for a program to read and export."""

    def works_at(self, instant: dt.datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or instant < self.expires_at)


def create_token(
    store_url: str,
    name: str,
    expires_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
    scopes: Iterable[str] | None = None,
    person_id: str | None = None,
) -> str:
    """A new token called `name`, returned this once; `expires_at` (naive UTC) None means it holds until revoked.

    With `person_id` it is that person's, else a program's, or the person's whose rep_id the name is. `scopes` are of
    `serving.sight.DEEDS`. Raises `RequestInvalid` when the name is empty, too long or in use by a token that still
    works, and for a scope that does not exist.
    """
    moment = now or utc_now()
    label = name.strip()
    if not label or len(label) > 200:
        raise RequestInvalid(f"token name {name!r} cannot be used; expected 1 to 200 characters. Choose another name.")
    if expires_at is not None and expires_at <= moment:
        raise RequestInvalid(
            f"token {label!r} would expire at {expires_at:%Y-%m-%d %H:%M} UTC, which is past; choose a later time."
        )
    if any(token.name == label and token.works_at(moment) for token in list_tokens(store_url)):
        raise RequestInvalid(
            f"a token called {label!r} exists; expected a new name. Revoke it first or choose another."
        )
    allowed = _checked_scopes(scopes)
    row = {
        "token_id": secrets.token_hex(4),
        "name": label,
        "created_at": moment,
        "expires_at": expires_at,
        "revoked_at": None,
        "person_id": person_id,
        "scopes": allowed,
    }
    with _tables(store_url) as engine, engine.execution_options(writes=True).begin() as connection:
        secret = f"{PREFIX}{workspace_mark(_workspace_id(connection))}{secrets.token_urlsafe(32)}"
        connection.execute(TOKENS.insert().values(row | {"token_sha256": hashed(secret)}))
    return secret


def _checked_scopes(scopes: Iterable[str] | None) -> str | None:
    if scopes is None:
        return None
    given = sorted(set(scopes))
    if unknown := [scope for scope in given if scope not in DEEDS]:
        raise RequestInvalid(
            f"scope {unknown[0][:40]!r} is not known; expected some of {', '.join(DEEDS)}. Correct it."
        )
    if not given:
        raise RequestInvalid(f"a token without a scope opens nothing; expected some of {', '.join(DEEDS)}. Name one.")
    return " ".join(given)


def workspace_mark(workspace_id: str) -> str:
    """What tokens of a workspace carry in front, so that one sent to another workspace can be told from a wrong one.

    >>> workspace_mark("w1")
    'w60c559.'
    """
    return f"w{hashed(workspace_id)[:6]}."


def is_of_another_workspace(secret: str, workspace_id: str) -> bool:
    """Whether the token says that it was made for another workspace."""
    found = re.match(r"w[0-9a-f]{6}\.", secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else None
    return found is not None and found[0] != workspace_mark(workspace_id)


def _workspace_id(connection: sa.Connection) -> str:
    """The id of the history in the same database; empty where there is none yet."""
    if not sa.inspect(connection).has_table("meta"):
        return ""
    return connection.execute(sa.text("SELECT value FROM meta WHERE name = 'workspace_id'")).scalar() or ""


def list_tokens(store_url: str) -> list[Token]:
    """Every token ever made, oldest first."""
    with _tables(store_url) as engine, engine.connect() as connection:
        rows = connection.execute(sa.select(TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.token_id)).all()
    return [_token(row) for row in rows]


def revoke(store_url: str, name: str, now: dt.datetime | None = None) -> None:
    """Ends every working token called `name` (or of that token_id); raises `RequestInvalid` when there is none."""
    moment = now or utc_now()
    chosen = ((TOKENS.c.name == name) | (TOKENS.c.token_id == name)) & TOKENS.c.revoked_at.is_(None)
    with _tables(store_url) as engine, engine.execution_options(writes=True).begin() as connection:
        ended = connection.execute(TOKENS.update().where(chosen).values(revoked_at=moment)).rowcount
    if not ended:
        raise RequestInvalid(f"no working token is called {name!r}; expected a name or id from `dealcast user list`.")


def find_token(engine: sa.Engine, secret: str, now: dt.datetime | None = None) -> Token | None:
    """The working token that `secret` is, or None. The database is asked by hash, so timing tells nothing of use."""
    if not secret.startswith(PREFIX) or len(secret) > 200:
        return None
    with engine.connect() as connection:
        row = connection.execute(sa.select(TOKENS).where(TOKENS.c.token_sha256 == hashed(secret))).first()
    token = _token(row) if row is not None else None
    return token if token is not None and token.works_at(now or utc_now()) else None


def hashed(secret: str) -> str:
    """SHA-256 of the token in hex: enough for 256 random bits, which no dictionary holds."""
    return hashlib.sha256(secret.encode()).hexdigest()


def utc_now() -> dt.datetime:
    """The present instant, naive UTC."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


@contextmanager
def _tables(store_url: str) -> Iterator[sa.Engine]:
    engine = open_tables(store_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _token(row: sa.Row) -> Token:
    scopes = frozenset(row.scopes.split()) if row.scopes is not None else None
    return Token(row.token_id, row.name, row.created_at, row.expires_at, row.revoked_at, row.person_id, scopes)
