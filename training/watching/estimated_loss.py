"""How good the model is likely to be on deals whose outcome has not come yet, from its own chances.

If a chance is right, its expected log loss is known before the outcome is: confidence-based performance estimation, as
NannyML calls it (Białek et al. 2024, "Estimating Model Performance Under Covariate Shift Without Labels"). Where deals
have matured, the chances are first corrected by what came of those, as far as these few can tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit, logit
from scipy.stats import norm

from training.watching.calibration import LEAST_ROWS, Fit, apart, regression
from training.watching.course import Course
from training.watching.deals import OpenDeals
from training.watching.populations import LEAST_DEALS
from training.watching.thresholds import level
from training.watching.windows import DEALS

BELIEF_SPREAD = 0.25
"""How far slope and intercept are believed to lie from 1 and 0 (a standard deviation) before any deal has matured."""


def expected_loss(chance: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The log loss to be expected of `chance` where `right` is the true one.

    >>> expected_loss(np.array([0.5]), np.array([0.9])).round(3).tolist()
    [0.693]
    """
    return np.asarray(-right * np.log(chance) - (1 - right) * np.log1p(-chance))


@dataclass(frozen=True)
class Correction:
    """Slope and intercept that lead from a chance to the one that matured deals bear out, and how sure they are."""

    theta: np.ndarray
    covariance: np.ndarray

    def chance(self, chance: np.ndarray) -> np.ndarray:
        return np.asarray(expit(self.theta[0] * logit(chance) + self.theta[1]))

    def loss(self, chance: np.ndarray) -> tuple[float, float, float]:
        """Estimated log loss of `chance`: its mean, its variance from row to row, and the variance that the correction
        brings into the mean.
        """
        right = self.chance(chance)
        loss = expected_loss(chance, right)
        slope = (np.log1p(-chance) - np.log(chance)) * right * (1 - right)
        bend = np.array([(slope * logit(chance)).mean(), slope.mean()])
        return float(loss.mean()), float(loss.var()), float(bend @ self.covariance @ bend)


AS_THEY_ARE = Correction(np.array([1.0, 0.0]), np.zeros((2, 2)))


def correction(rows: pl.DataFrame) -> Correction:
    """What matured `rows` (chance, won) bear out; chances as they are where there are few such rows."""
    if rows.height < LEAST_ROWS:
        return AS_THEY_ARE
    shown = logit(rows["chance"].to_numpy())
    return Correction(*regression(shown, rows["won"].to_numpy(), pull=BELIEF_SPREAD**-2))


def loss_courses(deals: OpenDeals, rows: pl.DataFrame, fit: Fit | None) -> list[Course]:
    """By how much the estimated loss of the newest weeks lies above what the model promised of those before."""
    sizes = deals.population.sizes
    value, noise, estimate = (np.full(deals.weeks, np.nan) for _ in range(3))
    z = float(norm.isf(level(1)))
    for at in range(deals.weeks):
        cut = at - DEALS.now + 1
        if cut < DEALS.least or min(sizes.before[at], sizes.now[at]) < LEAST_DEALS:
            continue
        early = deals.chance[(deals.week >= cut - DEALS.before) & (deals.week < cut)]
        late = deals.chance[(deals.week >= cut) & (deals.week <= at)]
        promised, spread, _ = AS_THEY_ARE.loss(early)
        estimate[at], spread_now, unsure = correction(apart(rows, at)).loss(late)
        value[at] = estimate[at] - promised
        noise[at] = z * np.sqrt(spread / sizes.before[at] + spread_now / sizes.now[at] + unsure)
    if not np.isfinite(value[-1]):
        return []
    was = estimate[-1] - value[-1]
    came = "" if fit is None else f"; {fit.log_loss:.3f} came on {fit.n:,} matured"
    came_zh = "" if fit is None else f"；已到期 {fit.n:,} 行实际 {fit.log_loss:.3f}"
    en = f"estimated log loss {was:.3f} → {estimate[-1]:.3f} before outcomes are in{came}"
    zh = f"结果未出前估计的对数损失 {was:.3f} → {estimate[-1]:.3f}{came_zh}"
    return [Course("loss", "estimated_log_loss", value, noise, int(sizes.now[-1]), en, zh)]
