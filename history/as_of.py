"""The one door to the past: the tables exactly as they were known at an instant. Known at t means recorded before t."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.record import History
from history.schema import Table
from history.tables import TABLES


def known(history: History, instant: dt.datetime) -> History:
    """`history` as it was known at `instant` (naive UTC): nothing recorded at or after it is in the result."""
    return History(
        history.settings,
        {name: known_rows(TABLES[name], frame, instant) for name, frame in history.tables.items()},
    )


def known_rows(table: Table, frame: pl.DataFrame, instant: dt.datetime) -> pl.DataFrame:
    """The rows of one table known at `instant`; values that came to be later are blanked, old versions dropped."""
    rows = frame.filter(pl.col("recorded_at").is_null() | (pl.col("recorded_at") < instant))
    if table.mode == "version":
        rows = latest_versions(table, rows)
    return blank_unrevealed(table, rows, instant)


def latest_versions(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """One row per key: the version recorded last. A row of no recorded time is the oldest."""
    if not rows.select(table.key).is_duplicated().any():
        return rows
    order = rows.sort("recorded_at", *sorted(rows.columns), nulls_last=False, maintain_order=True)
    return order.unique(subset=list(table.key), keep="last", maintain_order=True)


def blank_unrevealed(table: Table, rows: pl.DataFrame, instant: dt.datetime) -> pl.DataFrame:
    """`rows` without the values whose revealing instant lies at or after `instant`."""
    hidden = [column for column in table.columns if column.revealed_by is not None]
    if not hidden:
        return rows
    return rows.with_columns(
        pl.when(pl.col(str(column.revealed_by)) < instant).then(pl.col(column.name)).alias(column.name)
        for column in hidden
    )
