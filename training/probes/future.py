"""Does any feature know the future? All that was recorded later is told otherwise, and nothing may move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl

from features.matrix import build_matrix
from features.spine import open_spine
from history.as_of import known
from history.record import History
from history.schema import Table
from history.tables import TABLES

Build = Callable[[History, pl.DataFrame], pd.DataFrame]
MOST_ROWS = 400
_TIMES = ("recorded_at", "valid_from")


@dataclass(frozen=True)
class Future:
    """What came of changing all that was recorded later: which features of how many rows moved."""

    rows: int
    moved: Sequence[str]


def future_probe(history: History, instants: Sequence[dt.datetime], build: Build = build_matrix) -> Future | None:
    """Which features of the deals open at `instants` move when what was recorded from then on is gone or changed.

    `build` makes the features of a spine from a history. None where no deal was open.
    """
    moved: set[str] = set()
    rows = 0
    for at in instants:
        spine = open_spine(history, [at])
        if spine.is_empty():
            continue
        spine = spine[np.unique(np.linspace(0, spine.height - 1, MOST_ROWS).astype(int)).tolist()]
        plain = build(history, spine)
        for other in (known(history, at), told_otherwise(history, at)):
            moved |= set(differing(plain, build(other, spine)))
        rows += spine.height
    return Future(rows, sorted(moved)) if rows else None


def differing(one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    """The columns in which two matrices of the same rows differ anywhere; two missing values are the same."""
    if list(one.columns) != list(other.columns):
        return sorted(set(one.columns) ^ set(other.columns))
    return [str(name) for name in one.columns if not _same(one[name], other[name])]


def _same(one: pd.Series, other: pd.Series) -> bool:
    if isinstance(one.dtype, pd.CategoricalDtype):
        return one.astype(object).fillna("").tolist() == other.astype(object).fillna("").tolist()
    return bool(np.array_equal(one.to_numpy(np.float64), other.to_numpy(np.float64), equal_nan=True))


def told_otherwise(history: History, instant: dt.datetime) -> History:
    """`history` whose rows recorded at or after `instant` tell of other deals, other values and other sums.

    Values that came to be later (such as an invoice's payment) are changed in earlier rows too.
    """
    return History(
        history.settings,
        {name: _table_otherwise(TABLES[name], frame, instant) for name, frame in history.tables.items()},
    )


def _table_otherwise(table: Table, frame: pl.DataFrame, instant: dt.datetime) -> pl.DataFrame:
    late = (pl.col("recorded_at") >= instant).fill_null(False)
    before, after = frame.filter(~late), frame.filter(late)
    turned = after.with_columns(_turned(frame, name) for name in frame.columns if name not in _times(table))
    if "field" in frame.columns:
        # A value is exchanged for another of the same field, so that stages stay stages and amounts amounts.
        values = [pl.col(name).reverse().over("field") for name in ("old_value", "new_value")]
        turned = after.with_columns(pl.col("deal_id").reverse(), *values)
    return pl.concat([_unrevealed_otherwise(table, before, instant), turned])


def _times(table: Table) -> set[str]:
    return {*_TIMES, *([table.happened] if table.happened else [])}


def _turned(frame: pl.DataFrame, name: str) -> pl.Expr:
    if frame.schema[name].is_float():
        return pl.col(name) * -7.0 + 3.0
    return pl.col(name).reverse()


def _unrevealed_otherwise(table: Table, rows: pl.DataFrame, instant: dt.datetime) -> pl.DataFrame:
    hidden = [column for column in table.columns if column.revealed_by is not None and column.dtype.is_float()]
    return rows.with_columns(
        pl.when(pl.col(str(column.revealed_by)) < instant)
        .then(pl.col(column.name))
        .otherwise(pl.col(column.name) * -7.0 + 3.0)
        .alias(column.name)
        for column in hidden
    )
