"""The small language that `tables.py` is written in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Kind = Literal["text", "number", "integer", "money", "instant", "boolean"]
Mode = Literal["event", "fact", "version"]

POLARS_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "money": pl.Float64(),
    "instant": pl.Datetime("us"),
    "boolean": pl.Boolean(),
}


@dataclass(frozen=True)
class Column:
    """One column: its type, unit, meaning in both languages and constraint.

    `revealed_by` names the instant column of the same row that says when this value came to be: an
    invoice's payment is not known before `paid_at`, whenever the invoice itself was recorded.
    """

    name: str
    kind: Kind
    unit: str
    en: str
    zh: str
    required: bool = False
    choices: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    revealed_by: str | None = None

    @property
    def dtype(self) -> pl.DataType:
        return POLARS_TYPES[self.kind]


RECORDED_AT = Column(
    "recorded_at",
    "instant",
    "UTC instant",
    en="when the company could first have known this row",
    zh="公司最早可能得知此行的时间",
)


@dataclass(frozen=True)
class Table:
    """One canonical table.

    `mode` says what a second row with the same `key` means: an `event` has its whole content as key, so the same
    row again is the same event; a `fact` may never be contradicted; a `version` may be recorded again with new
    values, and the newest version recorded before the as-of date counts.
    `happened` is the column that holds the event's own time; `recorded_at` falls back to it.
    """

    name: str
    mode: Mode
    key: tuple[str, ...]
    happened: str | None
    en: str
    zh: str
    columns: tuple[Column, ...] = field(default_factory=tuple)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def required(self) -> list[str]:
        return [column.name for column in self.columns if column.required]

    @property
    def polars_schema(self) -> dict[str, pl.DataType]:
        return {column.name: column.dtype for column in self.columns}

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def empty(self) -> pl.DataFrame:
        """A frame of this table with no row and every column typed."""
        return pl.DataFrame(schema=self.polars_schema)
