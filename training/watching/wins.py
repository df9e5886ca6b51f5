"""Who wins: the share of wins by region, segment, product line and kind of deal, a quarter beside the year before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from history.as_of import known
from history.deals import closings, ordered_changes
from history.record import History
from training.watching.binning import MISSING, of_texts
from training.watching.course import Course
from training.watching.populations import Population, course_of
from training.watching.windows import WINS, distinct

FIELDS = {
    "region": ("region", "区域"),
    "segment": ("segment", "客户细分"),
    "product_line": ("product line", "产品线"),
    "kind": ("kind of deal", "商机类型"),
}


def win_courses(history: History, weeks: Sequence[dt.datetime]) -> list[Course]:
    """One course per field; `weeks` are the instants looked from, a week apart, the last is the as-of date.

    A win counts in the week in which it was known, with the values that were known with it.
    """
    past = known(history, weeks[-1])
    past = History(past.settings, {name: past[name] for name in ("deals", "deal_changes")})
    wins = wins_known(past).filter(pl.col("known_at") >= weeks[0] - dt.timedelta(days=7))
    if wins.is_empty():
        return []
    week = week_of(wins["known_at"], weeks)
    deal = wins["deal_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    sizes = distinct(deal, week, len(weeks), WINS)
    population = Population(week, len(weeks), sizes, WINS, "wins", "赢单")
    own = {name: (name, name) for name in history.settings.feature_fields if name not in FIELDS}
    fields = {**FIELDS, **own}
    return [
        course_of(population, "wins", (name, en, zh), of_texts(values_then(past, wins, name)), len(fields), None)
        for name, (en, zh) in fields.items()
    ]


def wins_known(past: History) -> pl.DataFrame:
    """Every win of a deal that had been open: deal_id and known_at, when it had happened and was on record."""
    won = closings(past).filter((pl.col("outcome") == "won") & pl.col("from_open"))
    known_at = pl.max_horizontal("closed_at", "recorded_at")
    return won.select("deal_id", known_at=known_at).sort("known_at", "deal_id")


def values_then(past: History, wins: pl.DataFrame, field: str) -> np.ndarray:
    """The value of a field of each win as it was known with it."""
    told = ordered_changes(past).filter(pl.col("field") == field)
    told = told.select("deal_id", "new_value", known_at=pl.max_horizontal("changed_at", "recorded_at"))
    rows = wins.with_row_index("_row").join(told, on="deal_id", suffix="_told", maintain_order="left_right")
    last = rows.filter(pl.col("known_at_told") <= pl.col("known_at")).group_by("_row").agg(pl.col("new_value").last())
    found = wins.with_row_index("_row").join(last, on="_row", how="left", maintain_order="left")
    return found["new_value"].fill_null(MISSING).to_numpy()


def week_of(instants: pl.Series, weeks: Sequence[dt.datetime]) -> np.ndarray:
    """The first week (a place in `weeks`) at whose instant each of `instants` lay in the past."""
    ends = np.array(list(weeks), dtype="datetime64[us]")
    return np.searchsorted(ends, instants.to_numpy().astype("datetime64[us]"), side="right")
