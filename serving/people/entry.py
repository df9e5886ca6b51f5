"""Signing in with name and password, and the lock that falls after too many failures in a row."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from serving.people.passwords import hasher, matches
from serving.people.roll import Person, name_key, person_of
from serving.store import PEOPLE

MOST_FAILURES = 5
LOCK_MINUTES = 15


class Refused(Exception):
    """Nobody came in; `locked` when it would not have helped to know the password."""

    def __init__(self, locked: bool) -> None:
        super().__init__()
        self.locked = locked


def enter(engine: sa.Engine, name: str, password: str, now: dt.datetime) -> Person:
    """The person of that name and password; raises `Refused`.

    Takes as long for a name that does not exist. Five failures in a row lock the account for 15 minutes, in which the
    right password is refused too; each further failure after that locks it again.
    """
    name = name.replace("\x00", "\N{REPLACEMENT CHARACTER}")  # PostgreSQL takes no NUL, and nobody is called so.
    with engine.connect() as connection:
        row = connection.execute(sa.select(PEOPLE).where(PEOPLE.c.name_key == name_key(name))).first()
    locked = row is not None and row.locked_until is not None and row.locked_until > now
    right = matches(row.password_hash if row is not None else None, password)
    if row is None or row.ended_at is not None or locked:
        raise Refused(locked)
    if not right:
        raise Refused(_count_failure(engine, row.person_id, now))
    _forget_failures(engine, row, password)
    return person_of(row)


def _count_failure(engine: sa.Engine, person_id: str, now: dt.datetime) -> bool:
    """Counts in the database, so that guesses sent at once, or to several processes, all count."""
    mine = PEOPLE.c.person_id == person_id
    until = now + dt.timedelta(minutes=LOCK_MINUTES)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(PEOPLE.update().where(mine).values(failures=PEOPLE.c.failures + 1))
        full = mine & (PEOPLE.c.failures >= MOST_FAILURES)
        return bool(connection.execute(PEOPLE.update().where(full).values(locked_until=until)).rowcount)


def _forget_failures(engine: sa.Engine, row: sa.Row, password: str) -> None:
    """Starts the count anew, and keeps the password at today's cost where it was kept at an earlier one."""
    values: dict[str, object] = {"failures": 0, "locked_until": None} if row.failures else {}
    if hasher().check_needs_rehash(row.password_hash):
        values["password_hash"] = hasher().hash(password)
    if values:
        with engine.execution_options(writes=True).begin() as connection:
            connection.execute(PEOPLE.update().where(PEOPLE.c.person_id == row.person_id).values(values))
