"""Still to come, told from what is usual by small boosted trees (LightGBM): pace, season, people, new pipeline.

The trees learn by how much each stretch of time that is over came to more or less than is usual for it, at every scope
of the level at which forecasts are corrected. Stretches overlap, so all that begin in one period count as one. Every
earlier period is foretold by what was over when it began; near the same point of the period the trees are used if that
was nearer than the usual, by more than chance has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import lightgbm as lgb
import numpy as np
import polars as pl

from history.fiscal import Period
from training.attainment.course import Course
from training.attainment.events import Events, events
from training.attainment.position import Position
from training.attainment.stretches import DAY, Stretches, Told, told

USUAL, TREES = "usual", "trees"
PARTS_OF_PERIOD = (0.25, 0.5, 0.75, 1.0)
LEAST_DAYS, LEAST_ROWS, LEAST_TESTED, MOST_TESTED = 2, 200, 3, 8
POINTS_AROUND, HURDLE = 1, 1.0
KEPT_PER_PERIOD = 0.9
LEAST_FACTOR, MOST_FACTOR = 0.5, 2.0
ROUNDS = 80
PARAMETERS: dict[str, object] = {
    "objective": "poisson",
    "learning_rate": 0.05,
    "num_leaves": 4,
    "min_data_in_leaf": 60,
    "min_sum_hessian_in_leaf": 1e-3,
    "lambda_l2": 120.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "num_threads": 1,
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}
HELD_OUT: dict[str, pl.DataType] = {
    "age": pl.Int64(),
    "point": pl.Int64(),
    "scope": pl.String(),
    "factor": pl.Float64(),
}


@dataclass(frozen=True)
class Inflow:
    """What the trees make of what is usual. `scores`: WAPE of the counts of `tested` scopes of earlier periods near
    this point, usual and with the trees (empty where too little is known to try). `factors` by scope and `held_out`
    (age, point, scope, factor) say by what the usual is multiplied; both are empty unless the trees are `used`.
    """

    used: bool = False
    scores: Mapping[str, float] = field(default_factory=dict)
    tested: int = 0
    factors: Mapping[str, float] = field(default_factory=dict)
    held_out: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HELD_OUT))


def inflow(now: Position, period: Period, course: Course, base: str, point: int) -> Inflow:
    """What is to come at scopes of level `base` after `now`; `point` is that of `course` which is like now."""
    of = events(now.past, now.deals, period, base)
    asked = Stretches(*(_us([instant]) for instant in (now.as_of, max(now.as_of, now.start), now.end)))
    cut = int(asked.at[0])
    rows = over(of, cut, int(of.number(asked.start)[0] - of.number(asked.at)[0]))
    if not len(rows.at) or asked.end[0] - asked.start[0] < LEAST_DAYS * DAY:
        return Inflow()
    known = told(of, rows)
    trial = _trial(of, rows, known, course)
    near = trial.filter((pl.col("point") - point).abs() <= POINTS_AROUND)
    if near["age"].n_unique() < LEAST_TESTED:
        return Inflow()
    scores = {name: _wape(near, name) for name in (USUAL, TREES)}
    tested = near.select("age", "scope").n_unique()
    fit = fitted(rows, known, cut)
    if fit is None or not _nearer(near):
        return Inflow(False, scores, tested)
    factors = _factors(fit, told(of, asked))[0]
    return Inflow(True, scores, tested, dict(zip(of.scopes, factors.tolist(), strict=True)), trial.select(*HELD_OUT))


def over(of: Events, cut: int, ahead: int = 0) -> Stretches:
    """Every stretch that was over at `cut`, begun a week apart: the rest of its period, parts of a period's length,
    and with `ahead` the period so many periods later.
    """
    length = of.starts[-1] - of.starts[-2]
    at = np.arange(of.filled + length // 2, cut, 7 * DAY, dtype=np.int64)
    number = of.number(at)
    ends = [_at(of.starts, number + 1), *(at + int(length * part) for part in PARTS_OF_PERIOD)]
    starts = [at] * len(ends)
    if ahead:
        starts, ends = [*starts, _at(of.starts, number + ahead)], [*ends, _at(of.starts, number + ahead + 1)]
    rows = Stretches(np.tile(at, len(ends)), np.concatenate(starts), np.concatenate(ends))
    return rows.only((rows.end <= cut) & (rows.end - rows.start >= LEAST_DAYS * DAY))


def fitted(rows: Stretches, known: Told, cut: int) -> lgb.Booster | None:
    """Trees on the stretches that were over at `cut`; none where those are too few."""
    row, scope = np.nonzero(np.isfinite(known.usual) & (rows.end <= cut)[:, None])
    if len(row) < LEAST_ROWS or not known.came[row, scope].any():
        return None
    quarters_ago = (cut - rows.end[row]) / (91 * DAY)
    per_period = np.maximum(np.bincount(_in_period(rows.at[row])), 1)[_in_period(rows.at[row])] / known.came.shape[1]
    weight = KEPT_PER_PERIOD**quarters_ago / per_period
    usual = np.log(known.usual[row, scope])
    data = lgb.Dataset(known.clues[row, scope], known.came[row, scope], weight=weight, init_score=usual)
    return lgb.train(PARAMETERS, data, ROUNDS)


def _in_period(at: np.ndarray) -> np.ndarray:
    return (at - at.min()) // (91 * DAY)


def _trial(of: Events, rows: Stretches, known: Told, course: Course) -> pl.DataFrame:
    """Every point of earlier periods as told by trees that know what was over when the period began."""
    points = course.points.sort("age", "point")
    parts = []
    for age in points["age"].unique().sort().head(MOST_TESTED):
        here = points.filter(pl.col("age") == age)
        at, start, end = (_us(here[name]) for name in ("at", "start", "end"))
        fit = fitted(rows, known, int(min(at.min(), start.min())))
        if fit is not None:
            seen = told(of, Stretches(at, np.maximum(at, start), end))
            parts.append(_tested(of, here, seen, _factors(fit, seen)))
    columns = {USUAL: pl.Float64(), TREES: pl.Float64(), "came": pl.Float64()}
    return pl.concat([pl.DataFrame(schema={**HELD_OUT, **columns}), *parts])


def _tested(of: Events, points: pl.DataFrame, seen: Told, factors: np.ndarray) -> pl.DataFrame:
    grid = points.select("age", "point").join(
        pl.DataFrame({"scope": of.scopes}), how="cross", maintain_order="left_right"
    )
    rows = grid.with_columns(
        factor=pl.Series(factors.ravel()), usual=pl.Series(seen.usual.ravel()), came=pl.Series(seen.came.ravel())
    )
    rows = rows.filter(pl.col("usual").is_finite()).with_columns(trees=pl.col("usual") * pl.col("factor"))
    return rows.select(*HELD_OUT, USUAL, TREES, "came")


def _factors(fit: lgb.Booster, seen: Told) -> np.ndarray:
    """(rows, scopes) what the trees make of the usual, as a multiple; one where nothing is usual."""
    clues = seen.clues.reshape(-1, seen.clues.shape[2])
    told_by = np.asarray(fit.predict(clues, raw_score=True, num_threads=1)).reshape(seen.usual.shape)
    return np.where(np.isfinite(seen.usual), np.clip(np.exp(told_by), LEAST_FACTOR, MOST_FACTOR), 1.0)


def _wape(rows: pl.DataFrame, said: str) -> float:
    came = rows["came"].to_numpy()
    return float(np.abs(rows[said].to_numpy() - came).sum() / max(came.sum(), 1e-12))


def _nearer(rows: pl.DataFrame) -> bool:
    """Whether the trees came nearer in both ways of measuring it, and beyond the scatter between periods in one."""
    loss = {name: _deviance(rows[name].to_numpy(), rows["came"].to_numpy()) for name in (USUAL, TREES)}
    gains = rows.select("age", gain=pl.Series(loss[USUAL] - loss[TREES])).group_by("age", maintain_order=True).sum()
    gain = gains["gain"].to_numpy()
    beyond = gain.mean() > HURDLE * gain.std(ddof=1) / np.sqrt(len(gain))
    return bool(beyond and _wape(rows, TREES) < _wape(rows, USUAL))


def _deviance(said: np.ndarray, came: np.ndarray) -> np.ndarray:
    """(rows,) the Poisson deviance of counts; 0 is perfect."""
    ratio = np.where(came > 0, came * np.log(np.maximum(came, 1e-12) / said), 0.0)
    return np.asarray(2.0 * (ratio - (came - said)))


def _at(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values at places; a place beyond the end lies ever ahead."""
    return np.where(places < len(values), values[np.minimum(places, len(values) - 1)], np.iinfo(np.int64).max // 2)


def _us(instants: pl.Series | list[object]) -> np.ndarray:
    return pl.Series(instants, dtype=pl.Datetime("us")).cast(pl.Int64).to_numpy()
