"""People with an account: added, listed, given another password, ended. Nobody is ever deleted."""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata
from dataclasses import dataclass

import sqlalchemy as sa

from history.errors import RequestInvalid
from serving.deeds import OWN_SUBTREE, ROLES
from serving.people.passwords import hashed_password
from serving.store import PEOPLE, SESSIONS, TOKENS

LONGEST_NAME = 200


@dataclass(frozen=True)
class Person:
    """One account. `rep_id` is who the person is in the history, if anybody. Instants are naive UTC."""

    person_id: str
    name: str
    role: str
    rep_id: str | None
    created_at: dt.datetime
    ended_at: dt.datetime | None
    locked_until: dt.datetime | None
    has_password: bool
    oidc_subject: str | None

    def locked_at(self, instant: dt.datetime) -> bool:
        """Whether too many failures keep the person out."""
        return self.locked_until is not None and self.locked_until > instant


def add_person(
    engine: sa.Engine, name: str, role: str, now: dt.datetime, rep_id: str | None = None, password: str | None = None
) -> Person:
    """A new account; one that was ended under this name comes back to life with what is given now.

    Raises `RequestInvalid` for a name, role, rep_id or password that cannot be used.
    """
    label = checked_name(name)
    _check_role(label, role, rep_id)
    kept = find_person(engine, label)
    if kept is not None and kept.ended_at is None:
        raise RequestInvalid(f"an account called {kept.name!r} exists; expected a new name. Choose another.")
    row = {
        "name": label,
        "role": role,
        "rep_id": rep_id,
        "password_hash": hashed_password(password, label) if password is not None else None,
        "oidc_subject": None,
        "ended_at": None,
        "failures": 0,
        "locked_until": None,
    }
    with engine.execution_options(writes=True).begin() as connection:
        if kept is not None:
            connection.execute(PEOPLE.update().where(PEOPLE.c.person_id == kept.person_id).values(row))
        else:
            made = {"person_id": secrets.token_hex(4), "name_key": name_key(label), "created_at": now}
            connection.execute(PEOPLE.insert().values(row | made))
    return require_person(engine, label)


def _check_role(name: str, role: str, rep_id: str | None) -> None:
    if role not in ROLES:
        raise RequestInvalid(f"role {role[:80]!r} is not known; expected one of {', '.join(ROLES)}. Correct it.")
    if role in OWN_SUBTREE and not rep_id:
        raise RequestInvalid(
            f"{name!r} as {role} sees what belongs to one rep_id, and none was given; expected --rep-id ID. Name it."
        )


def checked_name(name: str) -> str:
    """The name to sign in with, trimmed; raises `RequestInvalid` for one that cannot be used."""
    label = unicodedata.normalize("NFC", name).strip()
    if not label or len(label) > LONGEST_NAME or not label.isprintable():
        raise RequestInvalid(
            f"name {name[:80]!r} cannot be used; expected 1 to {LONGEST_NAME} printable characters. Choose another."
        )
    return label


def name_key(name: str) -> str:
    """What two spellings of one name have in common.

    >>> name_key(" Ann ") == name_key("ANN")
    True
    """
    return unicodedata.normalize("NFKC", name).strip().casefold()[:LONGEST_NAME]


def find_person(engine: sa.Engine, name: str) -> Person | None:
    """The account of that name, ended or not."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(PEOPLE).where(PEOPLE.c.name_key == name_key(name))).first()
    return person_of(row) if row is not None else None


def person_by_id(engine: sa.Engine, person_id: str) -> Person | None:
    """The working account with that id."""
    mine = (PEOPLE.c.person_id == person_id) & PEOPLE.c.ended_at.is_(None)
    with engine.connect() as connection:
        row = connection.execute(sa.select(PEOPLE).where(mine)).first()
    return person_of(row) if row is not None else None


def require_person(engine: sa.Engine, name: str) -> Person:
    """The working account of that name; raises `RequestInvalid` when there is none."""
    found = find_person(engine, name)
    if found is None or found.ended_at is not None:
        raise RequestInvalid(f"no account is called {name[:80]!r}; expected a name from `dealcast user list`.")
    return found


def list_people(engine: sa.Engine) -> list[Person]:
    """Every account ever made, by name."""
    with engine.connect() as connection:
        return [person_of(row) for row in connection.execute(sa.select(PEOPLE).order_by(PEOPLE.c.name_key))]


def set_password(engine: sa.Engine, person: Person, password: str, now: dt.datetime) -> None:
    """A new password, at once; ends every session of the person and any lock. Raises `RequestInvalid`."""
    values = {"password_hash": hashed_password(password, person.name), "failures": 0, "locked_until": None}
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(PEOPLE.update().where(PEOPLE.c.person_id == person.person_id).values(values))
        _end(connection, SESSIONS, person, now)


def end_person(engine: sa.Engine, person: Person, now: dt.datetime) -> None:
    """Ends the account with its sessions and tokens."""
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(PEOPLE.update().where(PEOPLE.c.person_id == person.person_id).values(ended_at=now))
        _end(connection, SESSIONS, person, now)
        _end(connection, TOKENS, person, now)


def _end(connection: sa.Connection, table: sa.Table, person: Person, now: dt.datetime) -> None:
    working = (table.c.person_id == person.person_id) & table.c.revoked_at.is_(None)
    connection.execute(table.update().where(working).values(revoked_at=now))


def person_of(row: sa.Row) -> Person:
    """A row of `serving_people` without its secrets."""
    return Person(
        row.person_id,
        row.name,
        row.role,
        row.rep_id,
        row.created_at,
        row.ended_at,
        row.locked_until,
        row.password_hash is not None,
        row.oidc_subject,
    )
