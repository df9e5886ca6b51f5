"""The audit log: who saw, changed, exported, promoted, signed in or was refused. It can only grow.

Lines wait in memory for at most a second and are written together; a line about anything but reading is on disk
before the answer leaves. The same thing seen by the same person within that second is one line with a count.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from dataclasses import dataclass, replace

import polars as pl
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from serving.store import AUDIT

LOG = logging.getLogger("dealcast.serving")

SAW, CHANGED, EXPORTED, PROMOTED = "saw", "changed", "exported", "promoted"
SIGNED_IN, SIGNED_OUT, MANAGED, REFUSED = "signed_in", "signed_out", "managed", "refused"
DONE = (SAW, CHANGED, EXPORTED, PROMOTED, SIGNED_IN, SIGNED_OUT, MANAGED, REFUSED)
"""Every word that may stand in `deed`."""

CAN_WAIT = (SAW, REFUSED)
GATHER_SECONDS = 1.0
RETRY_SECONDS = 2.0
PATIENCE_SECONDS = 5.0
TOO_MANY = 429
MOST_WAITING = 50_000
NOBODY = "-"
SCHEMA = {
    "line_id": pl.Int64(),
    "at": pl.Datetime("us"),
    "who": pl.String(),
    "role": pl.String(),
    "deed": pl.String(),
    "what": pl.String(),
    "status": pl.Int64(),
    "times": pl.Int64(),
    "address": pl.String(),
    "request_id": pl.String(),
}


@dataclass(frozen=True)
class Line:
    """One thing that somebody did or tried; `what` says where, `status` how it was answered (0: no request)."""

    at: dt.datetime
    who: str
    role: str
    deed: str
    what: str
    status: int = 0
    address: str = NOBODY
    request_id: str = NOBODY

    def _is_short(self) -> bool:
        return 0 < len(self.who) <= 200 and 0 < len(self.address) <= 64 and 0 < len(self.request_id) <= 64

    def trimmed(self) -> Line:
        """With every text as the table can hold it."""
        if len(self.what) <= 200 and (self.who + self.what + self.address).isprintable() and self._is_short():
            return self
        short = {"who": 200, "role": 20, "what": 600, "address": 64, "request_id": 64}
        values = {name: _printable(getattr(self, name))[:length] or NOBODY for name, length in short.items()}
        return replace(self, **values)  # type: ignore[arg-type]


class AuditLog:
    """Takes lines from many requests and writes them in batches from a thread of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._changed = threading.Condition()
        self._waiting: list[Line] = []
        self._taken = self._written = 0
        self._hurry = False
        self._thread: threading.Thread | None = None

    def add(self, line: Line) -> bool:
        """Keeps the line; for anything but reading waits until it is on disk, and says whether it is."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                LOG.error("the audit log cannot be written; %d lines wait, and no more are taken", MOST_WAITING)
                return False
            self._waiting.append(line.trimmed())
            self._taken += 1
            number = self._taken
            self._hurry = self._hurry or line.deed not in CAN_WAIT
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            if line.deed in CAN_WAIT:
                return True
            return self._changed.wait_for(lambda: self._written >= number, PATIENCE_SECONDS)

    def flush(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Writes what waits; whether all of it was written in that time."""
        with self._changed:
            number, self._hurry = self._taken, True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._written >= number, seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._hurry, GATHER_SECONDS)
                batch, self._waiting, self._hurry = self._waiting, [], False
                if not batch:
                    self._thread = None
                    return
            self._write_patiently(batch)
            with self._changed:
                self._written += len(batch)
                self._changed.notify_all()

    def _write_patiently(self, batch: list[Line]) -> None:
        """A locked or absent database is tried again: lines are kept, in order, until it is back."""
        while True:
            try:
                write(self.engine, batch)
                return
            except SQLAlchemyError as error:
                LOG.error("the audit log cannot be written (%s); trying again", type(error).__name__)
                time.sleep(RETRY_SECONDS)


def write(engine: sa.Engine, lines: list[Line]) -> None:
    """Appends lines in one transaction, equal ones about reading, or sending too much, as one with a count."""
    counted: dict[tuple[object, ...], tuple[Line, int]] = {}
    for line in lines:
        same = (line.who, line.role, line.deed, line.what, line.status, line.address)
        key = same if line.deed == SAW or line.status == TOO_MANY else (*same, len(counted))
        first, times = counted.get(key, (line, 0))
        counted[key] = (first, times + 1)
    rows = [vars(line) | {"times": times} for line, times in counted.values()]
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(AUDIT.insert(), rows)


def read(
    engine: sa.Engine, since: dt.datetime | None = None, who: str | None = None, deed: str | None = None
) -> pl.DataFrame:
    """Lines from `since` (naive UTC) on, oldest first."""
    chosen = sa.select(AUDIT)
    if since is not None:
        chosen = chosen.where(AUDIT.c.at >= since)
    for column, value in ((AUDIT.c.who, who), (AUDIT.c.deed, deed)):
        chosen = chosen if value is None else chosen.where(column == value)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(chosen.order_by(AUDIT.c.line_id))]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
