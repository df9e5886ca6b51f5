"""How wide ranges have to be: a conformal check against what came in earlier periods.

Each earlier forecast has a miss, measured in the spread it was given. Where half of the misses lie within 0.67 spreads
and four in five within 1.28 the ranges hold; else they are scaled by what it takes, level by level, drawn towards all
levels' and to no change, and only where that would have helped in periods it was not learnt from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import norm

PRIOR_CELLS = 15.0
SHARE_HERE, SHARE_AROUND = 0.04, 0.15
LEVELS = (0.5, 0.8)
LEAST_SCALE, MOST_SCALE = 0.4, 2.5
LEAST_CELLS = 8


@dataclass(frozen=True)
class Scale:
    """By what a level's ranges are scaled; `cells` past scopes and periods say so, `helps` whether it is used."""

    asked: float = 1.0
    cells: int = 0
    helps: bool = False

    @property
    def used(self) -> float:
        return self.asked if self.helps else 1.0


@dataclass(frozen=True)
class Width:
    """What makes a forecast's own spread: `shock` and its mean `pull` on what is to come, and the `dispersion` of that,
    as in the landing; `evidence`: wins behind the shares of what is to come.
    """

    shock: float
    pull: float
    dispersion: float
    evidence: float


def misses(rows: pl.DataFrame, width: Width, size: float) -> pl.DataFrame:
    """Snapshot `rows` with mean, spread and `miss`: how far what came lies from the mean, in spreads of its own.

    `size`: what a win is worth in size-weighted mean, 1 for counts.
    """
    new = pl.col("new_expected").fill_nan(0.0).fill_null(0.0)
    whole = pl.max_horizontal(new.sum().over("age", "point"), pl.lit(1e-12))
    share = pl.max_horizontal(new / whole, pl.lit(1e-6))
    loose = (1.0 - share) / (share * (width.evidence + 6.0))
    spread = (1.0 + width.dispersion) * (1.0 + loose) - 1.0
    shift = width.shock * pl.col("lean")
    variance = pl.col("variance") + shift**2 + 2.0 * shift * width.pull * new + new * size + spread * new**2
    mean = pl.col("booked") + pl.col("open_expected") + new
    told = rows.filter(variance.is_finite() & (variance > 0))
    return told.with_columns(
        new_expected=new, mean=mean, spread=variance.sqrt(), miss=(pl.col("came") - mean) / variance.sqrt()
    )


def scales(missed: dict[str, pl.DataFrame], share: float, base: str) -> dict[str, Scale]:
    """Per level the scale of its ranges, from misses near the same share of the period.

    A level with too few results of its own goes with level `base`, at which forecasts are corrected.
    """
    near = {kind: _near(rows, share) for kind, rows in missed.items()}
    found = {kind: _scale(kind, near) for kind in near}
    lent = found[base]
    few = {kind for kind, scale in found.items() if scale.cells < LEAST_CELLS}
    return {kind: Scale(lent.asked, scale.cells, lent.helps) if kind in few else scale for kind, scale in found.items()}


def _near(rows: pl.DataFrame, share: float) -> pl.DataFrame:
    """Rows of about the same share of their period; of a wider stretch where those are few."""
    apart = (rows["share"] - share).abs()
    here = rows.filter(apart <= SHARE_HERE)
    return here if here.select("age", "scope").n_unique() >= LEAST_CELLS else rows.filter(apart <= SHARE_AROUND)


def _scale(kind: str, near: dict[str, pl.DataFrame]) -> Scale:
    own = near[kind]
    cells = own.select("age", "scope").n_unique()
    if cells < LEAST_CELLS:
        return Scale(cells=cells)
    ages = own["age"].unique().to_list()
    gains = []
    for age in ages:
        asked = _asked(kind, {name: rows.filter(pl.col("age") != age) for name, rows in near.items()})
        held = own.filter(pl.col("age") == age)["miss"].to_numpy()
        gains.append(float(np.mean(norm.logpdf(held / asked) - np.log(asked) - norm.logpdf(held))))
    return Scale(_asked(kind, near), cells, bool(np.mean(gains) > 0.0))


def _asked(kind: str, near: dict[str, pl.DataFrame]) -> float:
    every = [(_ratio(rows), rows.select("age", "scope").n_unique()) for rows in near.values() if rows.height]
    weights = np.array([cells for _, cells in every], dtype=float)
    prior = float(np.exp(np.log([ratio for ratio, _ in every]) @ weights / (weights.sum() + PRIOR_CELLS)))
    own = near[kind]
    if own.is_empty():
        return prior
    cells = own.select("age", "scope").n_unique()
    drawn = (cells * np.log(_ratio(own)) + PRIOR_CELLS * np.log(prior)) / (cells + PRIOR_CELLS)
    return float(np.clip(np.exp(drawn), LEAST_SCALE, MOST_SCALE))


def _ratio(rows: pl.DataFrame) -> float:
    """By what spreads would have to be multiplied for half and four fifths of the misses to lie where they should."""
    found = np.quantile(np.abs(rows["miss"].to_numpy()), LEVELS)
    ratio = float(np.mean(found / norm.ppf(0.5 + np.array(LEVELS) / 2.0)))
    return float(np.clip(ratio, LEAST_SCALE, MOST_SCALE))
