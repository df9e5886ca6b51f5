"""By how much results scatter around forecasts, told by small boosted trees (LightGBM) for every kind of scope.

The trees learn the squares of earlier misses, each in the spread its forecast was given, over all levels and points:
how far the period has run, how large the scope is, and on what its forecast hangs. They are used where they would have
told the scatter of periods they had not seen better than the usual scatter of the level near the same point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import polars as pl
from scipy.stats import norm

LEAST_OLDER, LEAST_ROWS, LEAST_TESTED = 2, 200, 3
AROUND, HURDLE = 0.1, 0.5
LEAST_SQUARE, MOST_SQUARE = 0.02, 9.0
LEAST_SCALE, MOST_SCALE = 0.5, 2.0
KEPT_PER_PERIOD, ROUNDS, NOW = 0.9, 60, -1
CLUES = ("passed", "age", "wins", "from_open", "from_new", "spread")
_COLUMNS = ("age", "point", "scope", "share", "mean", "open_expected", "new_expected", "spread", "miss")
PARAMETERS: dict[str, object] = {
    "objective": "gamma",
    "learning_rate": 0.05,
    "num_leaves": 5,
    "min_data_in_leaf": 80,
    "lambda_l2": 20.0,
    "feature_fraction": 0.8,
    "num_threads": 1,
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Scatter:
    """What the trees say of the present; `scores`: the mean log score of `tested` earlier results, by what is usual
    and by trees. `size` is what a win is worth in size-weighted mean.
    """

    trees: lgb.Booster
    size: float
    scores: Mapping[str, float]
    tested: int

    def scale(self, passed: float, parts: tuple[float, float, float], spread: float) -> float:
        """By what a scope's spread is multiplied; `parts`: booked, from open deals, still to come."""
        mean = sum(parts)
        if mean <= 0 or spread <= 0:
            return 1.0
        from_open, from_new = parts[1] / mean, parts[2] / mean
        row = np.array([[passed, NOW, np.log1p(mean / self.size), from_open, from_new, spread / mean]])
        return float(_scales(self.trees, row)[0])


def scatter(missed: Mapping[str, pl.DataFrame], share: float, size: float) -> Scatter | None:
    """Trees on the misses of every level, where they tell the scatter near `share` of the period better."""
    rows = _every(missed)
    if rows.height < LEAST_ROWS:
        return None
    trial = held_out(rows, size).filter((pl.col("share") - share).abs() <= AROUND)
    if trial["age"].n_unique() < LEAST_TESTED:
        return None
    usual, trees = (_log_score(trial["miss"].to_numpy(), trial[name].to_numpy()) for name in ("usual", "trees"))
    gains = trial.select("age", gain=pl.Series(trees - usual)).group_by("age", maintain_order=True).mean()["gain"]
    gain = gains.to_numpy()
    if gain.mean() <= HURDLE * gain.std(ddof=1) / np.sqrt(len(gain)):
        return None
    scores = {"usual": float(usual.mean()), "trees": float(trees.mean())}
    return Scatter(fitted(rows, size), size, scores, trial.height)


def checked(missed: Mapping[str, pl.DataFrame], size: float) -> dict[str, pl.DataFrame]:
    """The misses that are left in spreads scaled by trees which know older periods only; the oldest are left out."""
    rows = held_out(_every(missed), size).with_columns(miss=pl.col("miss") / pl.col("trees"))
    return {kind: rows.filter(pl.col("level") == kind) for kind in missed}


def _every(missed: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    named = [frame.with_columns(level=pl.lit(kind)) for kind, frame in missed.items()]
    return pl.concat([frame.select("level", *_COLUMNS) for frame in named])


def held_out(rows: pl.DataFrame, size: float) -> pl.DataFrame:
    """`rows` of the newer periods with the scales that older periods ask for: `usual` by level, and by `trees`."""
    parts = []
    for age in rows["age"].unique().sort():
        older, here = rows.filter(pl.col("age") > age), rows.filter(pl.col("age") == age)
        if older["age"].n_unique() >= LEAST_OLDER and older.height >= LEAST_ROWS:
            by_trees = pl.Series(_scales(fitted(older, size), clues(here, size)))
            parts.append(_with_usual(here, older).with_columns(trees=by_trees))
    columns = {"usual": pl.Float64(), "trees": pl.Float64()}
    return pl.concat([pl.DataFrame(schema={**rows.schema, **columns}), *parts])


def _with_usual(here: pl.DataFrame, older: pl.DataFrame) -> pl.DataFrame:
    """`here` in its order with the root mean square of the level's older misses at the same point of the period."""
    square = pl.col("miss").pow(2).clip(LEAST_SQUARE, MOST_SQUARE).mean().sqrt()
    at_point = older.group_by("level", "point", maintain_order=True).agg(usual=square)
    found = here.join(at_point, on=["level", "point"], how="left", maintain_order="left")
    return found.with_columns(pl.col("usual").fill_null(1.0).clip(LEAST_SCALE, MOST_SCALE))


def fitted(rows: pl.DataFrame, size: float) -> lgb.Booster:
    """Trees on the squares of misses; newer periods and levels with few scopes weigh more."""
    square = np.clip(rows["miss"].to_numpy() ** 2, LEAST_SQUARE, MOST_SQUARE)
    scopes = rows.select(pl.col("scope").n_unique().over("level").cast(pl.Float64)).to_series().to_numpy()
    weight = KEPT_PER_PERIOD ** rows["age"].to_numpy() / np.sqrt(scopes)
    data = lgb.Dataset(clues(rows, size), square, weight=weight / weight.mean(), params={"verbose": -1})
    return lgb.train(PARAMETERS, data, ROUNDS)


def clues(rows: pl.DataFrame, size: float) -> np.ndarray:
    """(rows, clues) in the order of `CLUES`; `rows` as `misses` gives them."""
    mean = np.maximum(rows["mean"].to_numpy(), 1e-9)
    from_open, from_new = (rows[name].to_numpy() / mean for name in ("open_expected", "new_expected"))
    apart = rows["spread"].to_numpy() / mean
    return np.column_stack(
        [rows["share"].to_numpy(), rows["age"].to_numpy(), np.log1p(mean / size), from_open, from_new, apart]
    )


def _scales(trees: lgb.Booster, values: np.ndarray) -> np.ndarray:
    return np.clip(np.sqrt(np.asarray(trees.predict(values, num_threads=1))), LEAST_SCALE, MOST_SCALE)


def _log_score(miss: np.ndarray, scale: np.ndarray) -> np.ndarray:
    clipped = np.clip(miss, -np.sqrt(MOST_SQUARE), np.sqrt(MOST_SQUARE))
    return np.asarray(norm.logpdf(clipped / scale) - np.log(scale))
