"""The open deals of each week as they were known then, with what the model says of them: what drift is measured on."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl

from features.catalogue import feature_of
from features.matrix import build_matrix
from features.spine import open_spine
from history.record import History
from training.bundle import Model
from training.frames import spine_of
from training.watching.binning import binned, of_numbers
from training.watching.course import Course
from training.watching.populations import Population, course_of
from training.watching.windows import DEALS, distinct

MOST_ROWS = 120_000
"""Of more rows deals are drawn, the same ones in every run."""
HORIZON_DAYS = 28
"""Short enough that outcomes come soon, and a whole number of weeks."""
NOT_WATCHED = frozenset({"calendar"})
"""Groups of features that tell of the date alone."""


@dataclass(frozen=True)
class OpenDeals:
    """Features of the deals open in each week, and the chance to be won within HORIZON_DAYS according to the model.

    `spine` has row, deal_id, as_of and the rest of `training.frames.spine_of`; `week` is the place of each row's week,
    the last of `weeks` being the as-of date.
    """

    matrix: pd.DataFrame
    spine: pl.DataFrame
    chance: np.ndarray
    week: np.ndarray
    weeks: int

    @property
    def population(self) -> Population:
        deal = self.spine["deal_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
        return Population(
            self.week, self.weeks, distinct(deal, self.week, self.weeks, DEALS), DEALS, "open deals", "在途商机"
        )


def open_deals(history: History, model: Model, weeks: Sequence[dt.datetime]) -> OpenDeals:
    """The deals open at each of `weeks` (instants a week apart), as known then."""
    spine = _drawn(open_spine(history, list(weeks)))
    matrix = build_matrix(history, spine)
    rows = spine_of(matrix)
    chance = model.predict(matrix, float(HORIZON_DAYS))["win_by_horizon"].to_numpy()
    week = np.searchsorted(np.array(list(weeks), dtype="datetime64[us]"), rows["as_of"].to_numpy())
    return OpenDeals(matrix, rows, chance, week, len(weeks))


def _drawn(spine: pl.DataFrame) -> pl.DataFrame:
    share = max(1, -(-spine.height // MOST_ROWS))
    if share == 1:
        return spine
    kept = [name for name in spine["deal_id"].unique().to_list() if zlib.crc32(name.encode()) % share == 0]
    return spine.filter(pl.col("deal_id").is_in(kept))


def feature_courses(deals: OpenDeals) -> list[Course]:
    """One course per feature that tells of more than the date."""
    population, earlier = deals.population, deals.week < deals.weeks - DEALS.now
    names = [str(name) for name in deals.matrix.columns if feature_of(str(name)).group not in NOT_WATCHED]
    found = []
    for name in names:
        column, told = deals.matrix[name], feature_of(name)
        bins = binned(column, earlier)
        values = column.to_numpy(np.float64) if bins.is_number else None
        found.append(course_of(population, "feature", (name, told.en, told.zh), bins, len(names), values))
    return found


def score_courses(deals: OpenDeals) -> list[Course]:
    """The distribution of the model's chances."""
    bins = of_numbers(deals.chance, deals.week < deals.weeks - DEALS.now)
    name = ("win_chance", f"chance to be won within {HORIZON_DAYS} days", f"{HORIZON_DAYS} 天内赢单概率")
    return [course_of(deals.population, "score", name, bins, 1, deals.chance)]
