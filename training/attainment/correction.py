"""The correction of a scope's forecast, learnt from how forecasts of earlier periods missed.

Two are tried: a ridge regression on the clues, and the same with small boosted trees (LightGBM) on what it leaves.
Each earlier period is forecast by what the periods before it teach; near the same point of the period the better one
is used if it wins there against no correction, and none otherwise. What was tried, and how it did, is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import lightgbm as lgb
import numpy as np
import polars as pl

from training.attainment.clues import CLUES, HIGHEST, LOWEST, Read, read

NONE, LINEAR, TREES = "none", "linear", "trees"
LEAST_PERIODS, MOST_TESTED, LEAST_ROWS = 2, 6, 60
POINTS_AROUND, ENOUGH_CELLS = 1, 12
RIDGE, LEVEL_KEPT, KEPT_PER_PERIOD = 0.1, 0.5, 0.9
HURDLE, HURDLE_UNSPOKEN = 0.5, 1.5
"""Where nobody has said anything yet the correction knows misses of the plain conversion only, which are not the deal
model's own; then more has to speak for it."""
LEAST_FACTOR, MOST_FACTOR = 0.2, 3.0
ROUNDS = 60
PARAMETERS: dict[str, object] = {
    "objective": "l2",
    "learning_rate": 0.05,
    "num_leaves": 5,
    "min_data_in_leaf": 40,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "num_threads": 1,
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Fit:
    """A fitted correction: the miss to be expected, as a share of scale, and what each clue adds to it."""

    level: float
    mean: np.ndarray
    slopes: np.ndarray
    trees: lgb.Booster | None = None

    def miss(self, values: np.ndarray) -> np.ndarray:
        """(rows,) expected miss of the forecast as a share of scale."""
        return self.parts(values).sum(axis=1)

    def parts(self, values: np.ndarray) -> np.ndarray:
        """(rows, clues + 1): what each clue adds to the miss, the level last; of the trees by SHAP (Lundberg 2020)."""
        linear = np.column_stack([(values - self.mean) * self.slopes, np.full(len(values), self.level)])
        if self.trees is None:
            return linear
        return linear + np.asarray(self.trees.predict(values, pred_contrib=True, num_threads=1))


@dataclass(frozen=True)
class Correction:
    """What is done to the open and coming part of each scope's forecast.

    `used`: "none", "linear" or "trees"; `scores`: WAPE of each near this point in periods it had not seen (empty where
    too few periods are known), over `tested` scopes of past periods. `factors` by scope of level `by`; `held_out`
    (age, point, scope, factor) is what the one that is used would have done in those periods; `parts`: scope, clue,
    effect in the measure's unit, which add up to what the correction changes but for its limits; `fit`: what is used.
    """

    by: str
    used: str = NONE
    scores: Mapping[str, float] = field(default_factory=dict)
    tested: int = 0
    factors: Mapping[str, float] = field(default_factory=dict)
    held_out: pl.DataFrame = field(default_factory=pl.DataFrame)
    parts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PARTS))
    fit: Fit | None = field(default=None, repr=False, compare=False)


PARTS: dict[str, pl.DataType] = {"scope": pl.String(), "clue": pl.String(), "effect": pl.Float64()}


def correction(past: pl.DataFrame, now: pl.DataFrame, by: str, point: int) -> Correction:
    """What earlier periods (`past`, snapshot rows with by_reps and by_managers) teach of `now` (rows without came)."""
    learned = past.filter(pl.col("new_expected").is_finite() & pl.col("open_expected").is_finite())
    ages = learned["age"].unique().sort().to_list()
    if len(ages) <= LEAST_PERIODS or learned.height < LEAST_ROWS:
        return Correction(by)
    typical = float(learned["came"].to_numpy().mean())
    tested = [age for age in ages if sum(other > age for other in ages) >= LEAST_PERIODS][:MOST_TESTED]
    trials = {kind: _held_out(learned, tested, typical, kind) for kind in (LINEAR, TREES)}
    near = _near(trials[LINEAR], point)
    scores = {NONE: _wape(trials[LINEAR].filter(near), "base")}
    scores |= {kind: _wape(rows.filter(near), "corrected") for kind, rows in trials.items()}
    best = min(trials, key=lambda kind: scores[kind])
    cells = trials[LINEAR].filter(near).select("age", "scope").n_unique()
    spoken = bool(now.select(pl.any_horizontal(pl.col("by_reps", "by_managers").is_not_null().any())).item())
    if not _wins(trials[best].filter(near), HURDLE if spoken else HURDLE_UNSPOKEN):
        return Correction(by, NONE, scores, cells)
    fit = FITS[best](*_taught(learned, typical))
    return Correction(by, best, scores, cells, *_applied(fit, now, typical, trials[best]), fit)


def _near(rows: pl.DataFrame, point: int) -> pl.Series:
    """The rows of the same point, or of the points around it where those are few."""
    apart = (rows["point"] - point).abs()
    return apart == 0 if (apart == 0).sum() >= ENOUGH_CELLS else apart <= POINTS_AROUND


def _applied(
    fit: Fit, now: pl.DataFrame, typical: float, trial: pl.DataFrame
) -> tuple[dict[str, float], pl.DataFrame, pl.DataFrame]:
    seen = read(now, typical)
    parts = fit.parts(seen.values)
    factors = _factors(seen, now["booked"].to_numpy(), parts.sum(axis=1))
    names = [clue.name for clue in CLUES] + ["level"]
    told = pl.DataFrame(parts * seen.scale[:, None], schema=names).with_columns(scope=now["scope"])
    long = told.unpivot(index="scope", variable_name="clue", value_name="effect").sort("scope", "clue")
    return dict(zip(now["scope"], factors.tolist(), strict=True)), trial.select("age", "point", "scope", "factor"), long


def _factors(seen: Read, booked: np.ndarray, miss: np.ndarray) -> np.ndarray:
    """By what the open and coming part is multiplied for the total to change by `miss` × scale."""
    rest = seen.base - booked
    wanted = rest + miss * seen.scale
    return np.clip(np.where(rest > 0, wanted / np.maximum(rest, 1e-12), 1.0), LEAST_FACTOR, MOST_FACTOR)


def _held_out(learned: pl.DataFrame, tested: list[int], typical: float, kind: str) -> pl.DataFrame:
    """Each tested period as corrected by what the periods before it teach: adds base, corrected and factor."""
    parts = []
    for age in tested:
        fit = FITS[kind](*_taught(learned.filter(pl.col("age") > age), typical))
        rows = learned.filter(pl.col("age") == age)
        seen = read(rows, typical)
        booked = rows["booked"].to_numpy()
        factor = _factors(seen, booked, fit.miss(seen.values))
        corrected = booked + factor * (seen.base - booked)
        columns = {"base": seen.base, "corrected": corrected, "factor": factor}
        parts.append(rows.with_columns(**{name: pl.Series(values) for name, values in columns.items()}))
    return pl.concat(parts)


def _wape(rows: pl.DataFrame, said: str) -> float:
    came = rows["came"].to_numpy()
    return float(np.abs(rows[said].to_numpy() - came).sum() / max(came.sum(), 1e-12))


def _wins(rows: pl.DataFrame, hurdle: float) -> bool:
    """Whether the correction brought forecasts nearer, by more than `hurdle` standard errors of the mean gain."""
    came = rows["came"].to_numpy()
    gain = np.abs(rows["base"].to_numpy() - came) - np.abs(rows["corrected"].to_numpy() - came)
    error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
    return bool(gain.mean() > hurdle * error)


def _taught(rows: pl.DataFrame, typical: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clues, misses as shares of scale, and weights: larger scopes and newer periods weigh more."""
    seen = read(rows, typical)
    miss = np.clip((rows["came"].to_numpy() - seen.base) / seen.scale, LOWEST, HIGHEST)
    return seen.values, miss, seen.scale * KEPT_PER_PERIOD ** rows["age"].to_numpy()


def _linear(values: np.ndarray, miss: np.ndarray, weight: np.ndarray) -> Fit:
    weight = weight / weight.mean()
    mean = np.average(values, axis=0, weights=weight)
    spread = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weight)) + 1e-9
    level = float(np.average(miss, weights=weight))
    at = (values - mean) / spread
    normal = at.T @ (at * weight[:, None]) + RIDGE * len(miss) * np.eye(at.shape[1])
    return Fit(LEVEL_KEPT * level, mean, np.linalg.solve(normal, at.T @ (weight * (miss - level))) / spread)


def _trees(values: np.ndarray, miss: np.ndarray, weight: np.ndarray) -> Fit:
    linear = _linear(values, miss, weight)
    left = lgb.Dataset(values, miss - linear.miss(values), weight=weight / weight.mean(), params={"verbose": -1})
    return Fit(linear.level, linear.mean, linear.slopes, lgb.train(PARAMETERS, left, ROUNDS))


FITS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], Fit]] = {LINEAR: _linear, TREES: _trees}
