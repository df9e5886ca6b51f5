"""Who a token lets in, remembered until anything is written to the database: one that is ended opens nothing more.

SQLite tells cheaply whether anybody, in this process or another, has written since. PostgreSQL does not; there every
token is looked up each time.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

import sqlalchemy as sa

MOST_KEPT = 2_000
C = TypeVar("C")


class Writes:
    """A number that changes whenever anybody has written to the database; None where it does not tell."""

    def __init__(self, engine: sa.Engine) -> None:
        self._guard = threading.Lock()
        self._connection = engine.raw_connection() if engine.dialect.name == "sqlite" else None
        if self._connection is not None:
            self._connection.detach()

    def now(self) -> int | None:
        with self._guard:
            if self._connection is None:
                return None
            cursor = self._connection.cursor()
            try:
                return int(cursor.execute("PRAGMA data_version").fetchone()[0])
            finally:
                cursor.close()

    def close(self) -> None:
        with self._guard:
            if self._connection is not None:
                self._connection.close()
            self._connection = None


@dataclass(frozen=True)
class _Found(Generic[C]):
    caller: C
    ends: dt.datetime | None
    state: object
    written: int


class Callers(Generic[C]):
    """What was found for the hash of a token, as long as nothing is written and `state` is the same object."""

    def __init__(self, writes: Writes) -> None:
        self.writes = writes
        self._found: OrderedDict[str, _Found[C]] = OrderedDict()
        self._guard = threading.Lock()

    def find(self, key: str, state: object, now: dt.datetime) -> C | None:
        """Who it was; None where that has to be looked up."""
        found = self._found.get(key)
        if found is None or found.state is not state or (found.ends is not None and now >= found.ends):
            return None
        return found.caller if found.written == self.writes.now() else None

    def keep(self, key: str, caller: C, ends: dt.datetime | None, state: object, written: int | None) -> None:
        """Keeps who it was, and until when; `written` was read before anything was looked up."""
        if written is None:
            return
        with self._guard:
            self._found[key] = _Found(caller, ends, state, written)
            self._found.move_to_end(key)
            while len(self._found) > MOST_KEPT:
                self._found.popitem(last=False)
