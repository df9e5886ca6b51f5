"""The plain conversion of the pipe: how often deals at a stage, of an age and size, were won from a point on.

It stands in for the deal model in past periods, for which no deal model was trained: what of each period is said here
is learnt from the periods before it alone. Of today's deals it is a second opinion on what they bring together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from training.attainment.course import Course

KEPT_PER_PERIOD = 0.8
PRIOR_DEALS = 8.0
AGES_DAYS = (30.0, 90.0)
SIZES = (1.0 / 3.0, 2.0 / 3.0)
CLASSES = (len(AGES_DAYS) + 1) * (len(SIZES) + 1)
POINTS_REACHED = 2
NOW = -1


@dataclass(frozen=True)
class Conversion:
    """Deals seen and won by (period, point, stage, class of age and size), each point lent something by the next."""

    stages: Mapping[str, int]
    edges: np.ndarray
    seen: np.ndarray
    won: np.ndarray

    def chances(self, rows: pl.DataFrame, age: int, points: np.ndarray) -> np.ndarray:
        """(rows,) chance to be won within the period by the periods before `age`; an unknown stage has the average."""
        stage, kind = _cells(rows, self.stages, self.edges)
        point_rates, rates = self._rates(age)
        known = rates[points, np.maximum(stage, 0), kind]
        return np.where(stage >= 0, known, point_rates[points])

    def _rates(self, age: int) -> tuple[np.ndarray, np.ndarray]:
        """Rates by point and by (point, stage, class), each drawn to the coarser one."""
        ages = np.arange(self.seen.shape[0])
        kept = np.where(ages > age, KEPT_PER_PERIOD ** (ages - age - 1.0), 0.0)
        n, k = np.tensordot(kept, self.seen, (0, 0)), np.tensordot(kept, self.won, (0, 0))
        point = (k.sum((1, 2)) + 0.5) / (n.sum((1, 2)) + 2.0)
        stage = (k.sum(2) + PRIOR_DEALS * point[:, None]) / (n.sum(2) + PRIOR_DEALS)
        return point, (k + PRIOR_DEALS * stage[:, :, None]) / (n + PRIOR_DEALS)


def conversion(course: Course) -> Conversion:
    """The conversion in the periods of `course`."""
    rows = course.open
    names = rows["stage"].fill_null("").unique().sort().to_list()
    stages = {name: number for number, name in enumerate(names)}
    amounts = rows["amount"].to_numpy()
    edges = np.quantile(amounts, SIZES) if len(amounts) else np.zeros(len(SIZES))
    where = (rows["age"].to_numpy(), rows["point"].to_numpy(), *_cells(rows, stages, edges))
    points = int(course.points["point"].max()) + 1  # type: ignore[arg-type]
    shape = (int(course.points["age"].max()) + 1, points, max(len(stages), 1), CLASSES)  # type: ignore[arg-type]
    won = rows["won"].cast(pl.Float64).to_numpy()
    return Conversion(stages, edges, *(_counted(where, worth, shape) for worth in (np.ones(len(won)), won)))


def conversions(course: Course, found: Conversion) -> np.ndarray:
    """(open rows of `course`,) chance to be won within the period, by earlier periods; NaN for the oldest period."""
    chances = np.full(course.open.height, np.nan)
    ages, points = course.open["age"].to_numpy(), course.open["point"].to_numpy()
    for age in range(found.seen.shape[0] - 1):
        here = np.flatnonzero(ages == age)
        chances[here] = found.chances(course.open[here], age, points[here])
    return chances


def _cells(rows: pl.DataFrame, stages: Mapping[str, int], edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    stage = rows["stage"].fill_null("").replace_strict(dict(stages), default=-1, return_dtype=pl.Int64).to_numpy()
    ages = np.digitize(rows["age_days"].to_numpy(), AGES_DAYS)
    return stage, ages * (len(SIZES) + 1) + np.digitize(rows["amount"].to_numpy(), edges)


def _counted(where: tuple[np.ndarray, ...], worth: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    sums = np.zeros(shape)
    np.add.at(sums, where, worth)
    apart = np.abs(np.subtract.outer(np.arange(shape[1]), np.arange(shape[1])))
    return np.einsum("ij,ajsb->aisb", np.maximum(0.0, 1.0 - apart / POINTS_REACHED), sums)
