"""Sessions of signed-in browsers: the secret lives in a cookie, its hash in the store, and the store can end it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

import sqlalchemy as sa

from serving.people.roll import Person, person_of
from serving.store import PEOPLE, SESSIONS

HOURS = 12
LONGEST_SECRET = 100


def open_session(engine: sa.Engine, person: Person, now: dt.datetime) -> str:
    """A new session; its secret, for the cookie. Sessions that ended a month ago are cleared away."""
    secret = secrets.token_urlsafe(32)
    row = {
        "session_sha256": _hashed(secret),
        "person_id": person.person_id,
        "created_at": now,
        "expires_at": now + dt.timedelta(hours=HOURS),
    }
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(SESSIONS.delete().where(SESSIONS.c.expires_at < now - dt.timedelta(days=30)))
        connection.execute(SESSIONS.insert().values(row))
    return secret


def find_session(engine: sa.Engine, secret: str | None, now: dt.datetime) -> Person | None:
    """The person whose working session this is."""
    if not secret or len(secret) > LONGEST_SECRET:
        return None
    works = (
        (SESSIONS.c.session_sha256 == _hashed(secret))
        & SESSIONS.c.revoked_at.is_(None)
        & (SESSIONS.c.expires_at > now)
        & PEOPLE.c.ended_at.is_(None)
    )
    joined = sa.select(PEOPLE).join(SESSIONS, SESSIONS.c.person_id == PEOPLE.c.person_id).where(works)
    with engine.connect() as connection:
        row = connection.execute(joined).first()
    return person_of(row) if row is not None else None


def end_session(engine: sa.Engine, secret: str, now: dt.datetime) -> None:
    """Ends this session."""
    _end(engine, SESSIONS.c.session_sha256 == _hashed(secret), now)


def end_sessions(engine: sa.Engine, person: Person, now: dt.datetime) -> None:
    """Ends every session of the person, on every device."""
    _end(engine, SESSIONS.c.person_id == person.person_id, now)


def _end(engine: sa.Engine, chosen: sa.ColumnElement[bool], now: dt.datetime) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(SESSIONS.update().where(chosen & SESSIONS.c.revoked_at.is_(None)).values(revoked_at=now))


def form_token(secret: str) -> str:
    """What a form of ours carries in its field `csrf`: another site can neither read it nor work it out."""
    return hmac.new(secret.encode(), b"a form of Dealcast", hashlib.sha256).hexdigest()


def is_form_token(secret: str | None, sent: str) -> bool:
    """Whether a form that sent this came from our own page in the same browser."""
    return bool(secret) and hmac.compare_digest(form_token(secret or "").encode(), sent.encode("utf-8", "replace"))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
