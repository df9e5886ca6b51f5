"""The one door to the past: the tables exactly as they were known at an instant. Known at t means recorded before t."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from history.record import History
from history.schema import Table
from history.tables import TABLES

ALWAYS = pl.datetime(1900, 1, 1, time_unit="us")
"""Stands for the recorded time of a row that has none: it was always known."""

FEW = 250
"""So few rows are looked at one by one: a query costs more than they do."""


def known(history: History, instant: dt.datetime) -> History:
    """`history` as it was known at `instant` (naive UTC): nothing recorded at or after it is in the result."""
    return History(
        history.settings,
        {name: known_rows(TABLES[name], frame, instant) for name, frame in history.tables.items()},
    )


def known_rows(table: Table, frame: pl.DataFrame, instant: dt.datetime) -> pl.DataFrame:
    """The rows of one table known at `instant`; values that came to be later are blanked, old versions dropped."""
    last = frame["recorded_at"].max()
    # Most often all of it was known, and nothing need be looked for.
    if isinstance(last, dt.datetime) and last >= instant:
        rows = frame.filter(pl.col("recorded_at").is_null() | (pl.col("recorded_at") < instant))
    else:
        rows = frame
    if table.mode == "version":
        rows = latest_versions(table, rows)
    return blank_unrevealed(table, rows, instant)


def latest_versions(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """One row per key: the version recorded last. A row of no recorded time is the oldest."""
    if not keys_recur(table, rows):
        return rows
    # Few keys come twice and ordering versions is dear, so it is done for those alone.
    repeated = rows.select(table.key).is_duplicated()
    newest = with_replaced_at(table, rows.filter(repeated)).filter(pl.col("replaced_at").is_null())
    return pl.concat([rows.filter(~repeated), newest.drop("replaced_at")])


def keys_recur(table: Table, rows: pl.DataFrame) -> bool:
    """Whether some key of the table has more than one row."""
    keys = pl.DataFrame([rows[name] for name in table.key])
    if rows.height <= FEW:
        return len(set(keys.rows())) < rows.height
    # Different hashes mean different keys, and are found out far sooner than equal keys are.
    hashes = np.sort(keys.hash_rows().to_numpy())
    return bool((hashes[1:] == hashes[:-1]).any()) and bool(keys.is_duplicated().any())


def with_replaced_at(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with `replaced_at`: when the next version of the same key was recorded, null for the newest.

    Versions recorded at one instant follow each other by content, so that row order never matters.
    """
    never = pl.lit(None, dtype=pl.Datetime("us")).alias("replaced_at")
    if table.mode != "version" or not keys_recur(table, rows):
        return rows.with_columns(never)
    key = list(table.key)
    since = pl.col("recorded_at").fill_null(ALWAYS)
    ordered = rows.sort("recorded_at", *sorted(rows.columns), nulls_last=False, maintain_order=True)
    return ordered.with_columns(since.shift(-1).over(key).alias("replaced_at"))


def blank_unrevealed(table: Table, rows: pl.DataFrame, instant: dt.datetime) -> pl.DataFrame:
    """`rows` without the values whose revealing instant lies at or after `instant`."""
    hidden = [column for column in table.columns if column.revealed_by is not None]
    if not hidden:
        return rows
    return rows.with_columns(
        pl.when(pl.col(str(column.revealed_by)) < instant).then(pl.col(column.name)).alias(column.name)
        for column in hidden
    )
