"""The as-of aggregates a feature is made of: last, first, count, sum, distinct and the value some days ago.

Each call declares one aggregate over one stream of events and answers with a polars expression that stands for its
value at the as-of instant, so a feature is plain polars over aggregates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import polars as pl

Op = Literal["last", "first", "ago", "count", "sum", "distinct"]
INDEX_OPS = ("last", "first", "ago")
DAY_US = 86_400_000_000
DAYS_A_US = 1.0 / DAY_US
"""What polars multiplies by where it is told to divide by `DAY_US`: the two round alike only in this way."""


@dataclass(frozen=True)
class Stream:
    """A stream of events: its name and the kind of entity whose life it tells."""

    name: str
    entity: str


@dataclass(frozen=True)
class Aggregate:
    """One aggregate of a stream as of an instant.

    `where` is the text of the condition (a polars expression over the stream's columns), `column` the value taken,
    `days` the trailing window (count, sum, distinct) or how long ago (ago).
    """

    stream: Stream
    op: Op
    where: str
    column: str | None = None
    days: float | None = None

    @cached_property
    def key(self) -> str:
        """The column that holds the aggregate's value."""
        window = "" if self.days is None else f"/{self.days:g}d"
        return f"{self.stream.name}.{self.op}({self.column or ''}{window}|{self.where})"


CONDITIONS: dict[str, pl.Expr] = {}
AGGREGATES: dict[str, Aggregate] = {}


def _declare(
    stream: Stream, op: Op, where: pl.Expr | None, column: str | None = None, days: float | None = None
) -> pl.Expr:
    condition = pl.lit(True) if where is None else where
    text = str(condition)
    CONDITIONS[text] = condition
    aggregate = Aggregate(stream, op, text, column, days)
    AGGREGATES[aggregate.key] = aggregate
    return pl.col(aggregate.key)


def last(stream: Stream, column: str, where: pl.Expr | None = None) -> pl.Expr:
    """The value of `column` at the latest event that meets `where`; null when there is none."""
    return _declare(stream, "last", where, column)


def first(stream: Stream, column: str, where: pl.Expr | None = None) -> pl.Expr:
    """The value of `column` at the earliest event that meets `where`; null when there is none."""
    return _declare(stream, "first", where, column)


def value_ago(stream: Stream, column: str, days: float, where: pl.Expr | None = None) -> pl.Expr:
    """The value of `column` that held `days` days before the as-of instant; null when there was none."""
    return _declare(stream, "ago", where, column, days)


def count(stream: Stream, where: pl.Expr | None = None, days: float | None = None) -> pl.Expr:
    """How many events meet `where`, within the trailing `days` if given; 0 when there is none."""
    return _declare(stream, "count", where, None, days)


def total(stream: Stream, column: str, where: pl.Expr | None = None, days: float | None = None) -> pl.Expr:
    """The sum of `column` over events that meet `where`, to a millionth, whatever the order of the events."""
    return _declare(stream, "sum", where, column, days)


def distinct(stream: Stream, column: str, where: pl.Expr | None = None, days: float | None = None) -> pl.Expr:
    """How many different values of `column` occur in events that meet `where`."""
    return _declare(stream, "distinct", where, column, days)


def days_between(later: pl.Expr, earlier: pl.Expr) -> pl.Expr:
    """Days from one instant to another, with fractions; negative when `later` comes first."""
    return (later - earlier).dt.total_microseconds() / DAY_US


def days_since(stream: Stream, where: pl.Expr | None = None) -> pl.Expr:
    """Days since the latest event that meets `where`; null when there is none."""
    return days_between(pl.col("as_of"), last(stream, "happened_at", where))
