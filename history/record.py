"""A company's history in memory: the canonical tables as typed frames, with the settings they are read under."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from history.schema import Table
from history.settings import Settings
from history.tables import TABLES


@dataclass(frozen=True)
class History:
    """The canonical tables under one workspace's settings.

    `history["deals"]` is the table's frame: every declared column present and typed, `recorded_at` filled where the
    row has an event time; a table without rows is an empty typed frame.
    """

    settings: Settings
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in TABLES:
            raise KeyError(name)
        return self.tables[name] if name in self.tables else TABLES[name].empty()

    def with_tables(self, **frames: pl.DataFrame) -> History:
        """The same history with some tables replaced."""
        return History(self.settings, {**self.tables, **{name: complete(name, f) for name, f in frames.items()}})

    @property
    def first_recorded(self) -> dt.datetime | None:
        """The instant before which nothing at all is known of any deal."""
        value = self["deal_changes"]["recorded_at"].min()
        return value if isinstance(value, dt.datetime) else None


def complete(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with every column of canonical table `name`, typed, in order, extras last; `recorded_at` filled.

    A row that carries no `recorded_at` was knowable when it happened. A row without an event time was always known.
    """
    table = TABLES[name]
    if frame.schema == table.polars_schema:
        return with_recorded_at(table, frame)
    columns = [
        pl.col(column.name).cast(column.dtype, strict=True)
        if column.name in frame.columns
        else pl.lit(None, dtype=column.dtype).alias(column.name)
        for column in table.columns
    ]
    extras = [column for column in frame.columns if column not in table.names]
    return with_recorded_at(table, frame.select(*columns, *extras))


def with_recorded_at(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `recorded_at` where the row has none of its own: then it was knowable when it happened."""
    if table.happened is None or not frame["recorded_at"].null_count():
        return frame
    return frame.with_columns(pl.col("recorded_at").fill_null(pl.col(table.happened)))


def own_recorded_at(table: Table) -> pl.Expr:
    """`recorded_at` where the row itself says when it was recorded; null where it was filled in or is unknown."""
    if table.happened is None:
        return pl.col("recorded_at")
    return pl.when(pl.col("recorded_at").ne_missing(pl.col(table.happened))).then("recorded_at")


def make_history(settings: Settings, **frames: pl.DataFrame) -> History:
    """A history from frames by table name, completed and typed."""
    return History(settings, {name: complete(name, frame) for name, frame in frames.items()})
