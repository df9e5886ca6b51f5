"""Takes in what a CRM's webhook sends: checked as an import is, kept in one transaction, known by its event id."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl
import sqlalchemy as sa
from pydantic import BaseModel

from history.bulk import insert_new
from history.intake import append_some, stored_deals
from history.settings import Settings
from history.source_file import LINE, SourceFile
from history.store import Store
from history.tables import TABLES
from history.validate import check
from serving.store import EVENTS

TABLE_OF = {"deal": "deals", "change": "deal_changes", "activity": "activities", "contact": "contacts"}
CLOCKS_DIFFER_BY = dt.timedelta(minutes=5)
TICK = dt.timedelta(microseconds=1)
ONE_AT_A_TIME = 0x65766E74
"""The key of the lock under which processes on PostgreSQL number events, so that no lower number appears later."""
Fate = Literal["taken", "repeated", "refused"]


@dataclass
class Batch:
    """Events on their way in: the row that each becomes, and the reason of each that is refused, by place."""

    ids: list[str]
    tables: list[str]
    rows: list[dict[str, Any]]
    digests: list[str]
    refused: dict[int, str] = field(default_factory=dict)
    repeated: set[int] = field(default_factory=set)

    @property
    def waiting(self) -> list[int]:
        """Places of the events that may still be kept."""
        return [at for at in range(len(self.ids)) if at not in self.refused and at not in self.repeated]

    def fate(self, at: int) -> Fate:
        return "refused" if at in self.refused else "repeated" if at in self.repeated else "taken"


def take(store: Store, settings: Settings, events: Sequence[BaseModel], now: dt.datetime) -> Batch:
    """Keeps the events that can be kept, at `now` (naive UTC); when it returns they are durable.

    An event that does not say when it was recorded was recorded now: what was said of earlier days stays as it was.
    An event is refused that was recorded in the future, whose values its field cannot take, whose deal nobody knows,
    which contradicts the facts of a deal, or whose id came before with other content.
    """
    batch = _batch(events, now)
    _refuse_future(batch, now)
    frames = _checked(batch, settings)
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        _set_repeats_apart(batch, connection)
        _refuse_strangers(batch, connection, frames)
        _keep(batch, connection, frames, now)
    return batch


def _batch(events: Sequence[BaseModel], now: dt.datetime) -> Batch:
    batch = Batch([], [], [], [])
    for place, event in enumerate(events):
        values = {name: _utc(getattr(event, name)) for name in type(event).model_fields}
        text = json.dumps(values, default=str, ensure_ascii=False, sort_keys=True)
        batch.digests.append(hashlib.sha256(text.encode()).hexdigest())
        batch.ids.append(values.pop("event_id"))
        batch.tables.append(TABLE_OF[values.pop("type")])
        # A microsecond apart, so that of two versions of one activity the one sent last counts.
        batch.rows.append({**values, "recorded_at": values["recorded_at"] or now + place * TICK})
    return batch


def _utc(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _refuse_future(batch: Batch, now: dt.datetime) -> None:
    for at, row in enumerate(batch.rows):
        if row["recorded_at"] > now + CLOCKS_DIFFER_BY:
            batch.refused[at] = (
                f"recorded_at is {row['recorded_at'].isoformat()}Z, which is ahead of {now:%Y-%m-%dT%H:%M:%S}Z; nobody "
                "knew it yet. Send when it was recorded, or leave it out."
            )


def _checked(batch: Batch, settings: Settings) -> dict[str, pl.DataFrame]:
    """The rows by table, in the one form of each field, with `_line`: the event's place; bad ones are refused."""
    frames = {}
    for name in dict.fromkeys(batch.tables):
        places = [at for at in batch.waiting if batch.tables[at] == name]
        schema = TABLES[name].polars_schema
        rows = pl.DataFrame([batch.rows[at] for at in places], schema=schema).with_columns(
            pl.Series(LINE, places, dtype=pl.Int64)
        )
        checked = check(TABLES[name], SourceFile(Path("events"), rows, "event"), settings)
        for bad in checked.found.iter_rows(named=True):
            said = f"{bad['column_name']} is {_short(bad['value'])}; expected {bad['expected']}. Correct it."
            batch.refused.setdefault(bad["line"], said)
        frames[name] = checked.rows
    return frames


def _short(value: str | None) -> str:
    return "missing" if value is None else repr(value[:80])


def _set_repeats_apart(batch: Batch, connection: sa.Connection) -> None:
    """Events that came before, in an earlier request or earlier in this one."""
    rows = connection.execute(
        sa.select(EVENTS.c.event_id, EVENTS.c.digest).where(EVENTS.c.event_id.in_(sorted(set(batch.ids))))
    )
    seen = {row.event_id: row.digest for row in rows}
    for at in batch.waiting:
        before = seen.setdefault(batch.ids[at], batch.digests[at] + " here")
        if before == batch.digests[at] + " here":
            seen[batch.ids[at]] = batch.digests[at]
        elif before == batch.digests[at]:
            batch.repeated.add(at)
        else:
            batch.refused[at] = (
                f"event_id {batch.ids[at][:80]!r} came before with other content; an event never changes. Send the "
                "correction as an event of its own."
            )


def _refuse_strangers(batch: Batch, connection: sa.Connection, frames: dict[str, pl.DataFrame]) -> None:
    """Refuses what speaks of a deal that nobody knows, and deals whose facts are known to be others."""
    named = sorted({row["deal_id"].strip() for row in batch.rows if row["deal_id"] is not None})
    stored = {row["deal_id"]: row for row in stored_deals(connection, named).iter_rows(named=True)}
    deals = _kept(frames, "deals", batch.waiting)
    for row in deals.iter_rows(named=True):
        other = next((name for name, value in row.items() if _contradicts(stored, row, name, value)), None)
        if other is not None:
            batch.refused[row[LINE]] = (
                f"deal {row['deal_id'][:80]!r} is known with another {other}; facts of a deal never change. Send a "
                "`change` event instead."
            )
    known = {*stored, *_kept(frames, "deals", batch.waiting)["deal_id"]}
    for name in ("deal_changes", "activities", "contacts"):
        for row in _kept(frames, name, batch.waiting).iter_rows(named=True):
            if row["deal_id"] is not None and row["deal_id"] not in known:
                batch.refused[row[LINE]] = (
                    f"deal {row['deal_id'][:80]!r} is not known; expected one that was imported or sent before. Send "
                    "its `deal` event with this one."
                )


def _contradicts(stored: dict[str, dict[str, Any]], row: dict[str, Any], name: str, value: Any) -> bool:
    if row["deal_id"] not in stored or name in (LINE, "recorded_at") or value is None:
        return False
    return bool(stored[row["deal_id"]][name] != value)


def _kept(frames: dict[str, pl.DataFrame], name: str, places: Iterable[int]) -> pl.DataFrame:
    """The rows of a table whose events may still be kept."""
    if name not in frames:
        return TABLES[name].empty().with_columns(pl.lit(0, dtype=pl.Int64).alias(LINE))
    return frames[name].filter(pl.col(LINE).is_in(list(places)))


def _keep(batch: Batch, connection: sa.Connection, frames: dict[str, pl.DataFrame], now: dt.datetime) -> None:
    waiting = batch.waiting
    told: dict[int, str | None] = dict.fromkeys(waiting)
    for name in frames:
        rows = _kept(frames, name, waiting)
        if rows.height:
            append_some(connection, name, rows.drop(LINE))
            told |= {row.pop(LINE): _written(row) for row in rows.iter_rows(named=True)}
    if not waiting:
        return
    ledger = {
        "event_id": [batch.ids[at] for at in waiting],
        "digest": [batch.digests[at] for at in waiting],
        "received_at": [now] * len(waiting),
        "table_name": [batch.tables[at] for at in waiting],
        "row_json": [told[at] for at in waiting],
    }
    insert_new(connection, EVENTS.name, pl.DataFrame(ledger, schema_overrides={"row_json": pl.String}))


def _written(row: dict[str, Any]) -> str:
    return json.dumps(row, default=dt.datetime.isoformat, ensure_ascii=False)


def last_number(connection: sa.Connection) -> int:
    """The number of the newest event; 0 where none came yet."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.number), 0))).scalar_one())


def rows_after(connection: sa.Connection, number: int) -> tuple[int, dict[str, pl.DataFrame]]:
    """The number of the newest event, and the rows of those after `number` by table."""
    found = connection.execute(
        sa.select(EVENTS.c.number, EVENTS.c.table_name, EVENTS.c.row_json)
        .where(EVENTS.c.number > number)
        .order_by(EVENTS.c.number)
    ).all()
    by_table: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        if row.row_json is not None:
            by_table.setdefault(row.table_name, []).append(_read(row.table_name, row.row_json))
    frames = {name: pl.DataFrame(rows, schema=TABLES[name].polars_schema) for name, rows in by_table.items()}
    return max((row.number for row in found), default=number), frames


def _read(table_name: str, text: str) -> dict[str, Any]:
    row = json.loads(text)
    instants = [column.name for column in TABLES[table_name].columns if column.kind == "instant"]
    return {**row, **{name: dt.datetime.fromisoformat(row[name]) for name in instants if row[name] is not None}}
