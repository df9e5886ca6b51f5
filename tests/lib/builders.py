"""Builders of small histories: one call makes one row of one table, `history_of` puts the rows together.

Instants are told as people tell them, "2026-01-10" or "2026-01-10 15:30" on the wall in Shanghai.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from history.record import History, make_history
from history.settings import Settings, Stage
from history.tables import TABLES

SETTINGS = Settings(
    currency="CNY",
    timezone="Asia/Shanghai",
    stages=(Stage("Qualify"), Stage("Propose"), Stage("Negotiate"), Stage("Won", "won"), Stage("Lost", "lost")),
)


@dataclass(frozen=True)
class Row:
    """One row of one canonical table."""

    table: str
    values: dict[str, Any] = field(default_factory=dict)


def instant(text: str, settings: Settings = SETTINGS) -> dt.datetime:
    """The UTC instant (naive) at a wall time, the day's start where no time is given.

    >>> instant("2026-01-10")
    datetime.datetime(2026, 1, 9, 16, 0)
    """
    wall = dt.datetime.fromisoformat(text).replace(tzinfo=settings.zone)
    return wall.astimezone(dt.UTC).replace(tzinfo=None)


def make_deal(deal_id: str = "D1", created: str = "2026-01-01", known: str | None = None, **values: Any) -> Row:
    """A deal; `values` are further columns such as source and account_id."""
    return _row("deals", known, {"deal_id": deal_id, "created_at": instant(created), **values})


def make_change(
    name: str, new: str | None, at: str, *, old: str | None = None, deal_id: str = "D1", known: str | None = None
) -> Row:
    """Field `name` of the deal takes the value `new` at `at`; `known` says when that was recorded, if later."""
    values = {"deal_id": deal_id, "changed_at": instant(at), "field": name, "old_value": old, "new_value": new}
    return _row("deal_changes", known, values)


def make_touch(
    kind: str, at: str, *, activity_id: str = "T1", deal_id: str = "D1", known: str | None = None, **values: Any
) -> Row:
    """A touch on the deal; `values` are further columns such as direction and duration_minutes."""
    own = {"activity_id": activity_id, "deal_id": deal_id, "happened_at": instant(at), "kind": kind}
    return _row("activities", known, {**own, **values})


def make_contact(
    contact_id: str, at: str, *, role: str | None = None, deal_id: str = "D1", known: str | None = None
) -> Row:
    """A person added to the deal."""
    values = {"deal_id": deal_id, "contact_id": contact_id, "role": role, "added_at": instant(at)}
    return _row("contacts", known, values)


def make_account(account_id: str = "A1", known: str | None = None, **values: Any) -> Row:
    """What is known of a customer from `known` on, or always."""
    return _row("accounts", known, {"account_id": account_id, **values})


def make_rep(
    rep_id: str = "R1",
    valid_from: str | None = None,
    *,
    hired: str | None = None,
    known: str | None = None,
    **values: Any,
) -> Row:
    """What is known of a person, holding from `valid_from` on, or always."""
    own = {"rep_id": rep_id, "valid_from": valid_from and instant(valid_from), "hired_at": hired and instant(hired)}
    return _row("reps", known, {**own, **values})


def _row(table: str, known: str | None, values: dict[str, Any]) -> Row:
    return Row(table, {**values, **({"recorded_at": instant(known)} if known else {})})


def history_of(*rows: Row, settings: Settings = SETTINGS) -> History:
    """The history that holds exactly these rows."""
    by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_table[row.table].append(row.values)
    return make_history(settings, **{name: _frame(name, found) for name, found in by_table.items()})


def _frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    given = {column for row in rows for column in row}
    schema = {column: dtype for column, dtype in TABLES[name].polars_schema.items() if column in given}
    return pl.DataFrame(rows, schema=schema)
