"""From a booster's margin to an honest chance, and the table that shows how honest it is.

Beta calibration (Kull, Silva Filho, Flach 2017) where there are rows enough, one temperature below, nothing where there
is next to nothing; on top of it a step per stage, shrunk towards none where few deals were seen there. Slopes are kept
positive, so a calibrated chance keeps the order of the margins, of horizons too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit

BETA_FROM_ROWS, TEMPERATURE_FROM_ROWS = 1_500, 200
LEAST_CHANCE, MOST_CHANCE = 0.001, 0.999
_LEAST_SLOPE = 0.05
_STAGE_PRIOR = 20.0
"""What the belief weighs that a stage needs no step of its own: as much as eighty deals of even chance."""
_LONGEST_STEP = 2.0
"""No stage is moved further than this in log odds, whatever its few deals say."""


@dataclass(frozen=True)
class Calibration:
    """margin -> a ln p - b ln(1 - p) + c with p the margin's own chance, plus the step of the deal's stage.

    "temperature" has a = b and c = 0. A stage without a step of its own takes none.
    """

    kind: str = "none"
    a: float = 1.0
    b: float = 1.0
    c: float = 0.0
    steps: Mapping[str, float] = field(default_factory=dict)

    def margin(self, margin: np.ndarray, stages: np.ndarray) -> np.ndarray:
        """The calibrated log odds of rows in `stages` (names)."""
        names, place = np.unique(np.asarray(stages, dtype=str), return_inverse=True)
        step = np.array([self.steps.get(str(name), 0.0) for name in names] or [0.0])
        return -self.a * np.logaddexp(0, -margin) + self.b * np.logaddexp(0, margin) + self.c + step[place]

    def halfway(self) -> Calibration:
        """The calibration half as far from leaving the margin alone.

        >>> Calibration("beta", 1.4, 0.8, 0.2, {"Design": 0.3}).halfway()
        Calibration(kind='beta', a=1.2, b=0.9, c=0.1, steps={'Design': 0.15})
        """
        steps = {stage: step / 2 for stage, step in self.steps.items()}
        return Calibration(self.kind, (1 + self.a) / 2, (1 + self.b) / 2, self.c / 2, steps)

    def chance(self, margin: np.ndarray, stages: np.ndarray) -> np.ndarray:
        """The calibrated chance, from 0.001 to 0.999; never falls as the margin grows.

        >>> Calibration().chance(np.array([-50.0, 0.0, 50.0]), np.array(["Design"] * 3)).tolist()
        [0.001, 0.5, 0.999]
        """
        return np.clip(expit(self.margin(margin, stages)), LEAST_CHANCE, MOST_CHANCE)


def fit_calibration(margin: np.ndarray, happened: np.ndarray, weight: np.ndarray, resolved_rows: int) -> Calibration:
    """The calibration of `margin` (log odds) to `happened` (0 or 1), by weighted log loss.

    `resolved_rows` is how many different deals-on-a-day stand behind the rows; it decides between beta, temperature
    and none, whatever number of horizons each was asked for.
    """
    both = 0 < happened.mean() < 1 if len(happened) else False
    if resolved_rows < TEMPERATURE_FROM_ROWS or not both:
        return Calibration()
    if resolved_rows < BETA_FROM_ROWS:
        return _fitted("temperature", margin, happened, weight, np.array([1.0]))
    return _fitted("beta", margin, happened, weight, np.array([1.0, 1.0, 0.0]))


def _fitted(kind: str, margin: np.ndarray, happened: np.ndarray, weight: np.ndarray, start: np.ndarray) -> Calibration:
    share = weight / weight.sum()
    sign = 1 - 2 * happened

    here = np.zeros(len(margin), dtype=str)

    def loss(theta: np.ndarray) -> float:
        # A little pull towards leaving the chance alone keeps slopes finite where outcomes are separable.
        pull = 1e-4 * float(np.sum((theta - start) ** 2))
        return float(share @ np.logaddexp(0, sign * _shape(kind, theta).margin(margin, here))) + pull

    bounds = [(_LEAST_SLOPE, 5.0)] * min(2, len(start)) + [(-5.0, 5.0)] * (len(start) - 2)
    return _shape(kind, minimize(loss, start, method="L-BFGS-B", bounds=bounds).x)


def with_steps(
    found: Calibration,
    margin: np.ndarray,
    happened: np.ndarray,
    weight: np.ndarray,
    stages: np.ndarray,
    deal: np.ndarray,
) -> Calibration:
    """`found` with a step in log odds per stage, so that what is said of a stage's rows is on average what came.

    A stage's rows count for as much as their distinct deals and are met by a prior of no step (a penalised fit of
    one number), so a stage seen on few deals keeps the common calibration. "none" stays as it is.
    """
    if found.kind == "none":
        return found
    said = found.margin(margin, stages)
    steps = {}
    for stage in sorted({str(name) for name in stages}):
        here = np.asarray(stages, dtype=str) == stage
        worth = weight[here] * len(np.unique(deal[here])) / max(float(weight[here].sum()), 1e-12)
        steps[stage] = round(_step(said[here], happened[here], worth), 12)
    return Calibration(found.kind, found.a, found.b, found.c, steps)


def _step(margin: np.ndarray, happened: np.ndarray, worth: np.ndarray) -> float:
    """The step at which the pull of the rows and that of the prior are even; the pull falls as the step grows."""

    def pull(step: float) -> float:
        return float(worth @ (happened - expit(margin + step))) - _STAGE_PRIOR * step

    if pull(-_LONGEST_STEP) > 0 > pull(_LONGEST_STEP):
        return float(brentq(pull, -_LONGEST_STEP, _LONGEST_STEP))
    return float(np.copysign(_LONGEST_STEP, pull(0.0)))


def _shape(kind: str, theta: np.ndarray) -> Calibration:
    values = [round(float(value), 12) for value in theta]
    a, b, c = (values[0], values[0], 0.0) if kind == "temperature" else values
    return Calibration(kind, a, b, c)


def slope_and_intercept(chance: np.ndarray, happened: np.ndarray) -> tuple[float, float]:
    """Of the logistic regression of what happened on the log odds that were shown: 1 and 0 are perfect (Cox 1958)."""
    shown = logit(np.clip(chance, 1e-6, 1 - 1e-6))
    sign = 1 - 2 * happened

    def loss(theta: np.ndarray) -> float:
        return float(np.mean(np.logaddexp(0, sign * (theta[0] * shown + theta[1]))))

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), method="BFGS").x
    return float(slope), float(intercept)


def reliability(
    chance: np.ndarray, happened: np.ndarray, group: np.ndarray, deal: np.ndarray, bins: int = 10
) -> pl.DataFrame:
    """What was shown against what came, with counts: group, bin, n, deals, shown (mean chance), came, low, high.

    Bins hold equally many rows within each group. A deal's rows come out alike, so low and high are the 90 % Wilson
    interval of `came` for as many trials as there are deals, not rows.
    """
    frame = pl.DataFrame({"group": [str(name) for name in group], "chance": chance, "happened": happened, "deal": deal})
    ranked = frame.with_columns(
        bin=((pl.col("chance").rank("ordinal") - 1).over("group") * bins // pl.len().over("group")).cast(pl.Int64)
    )
    table = ranked.group_by("group", "bin").agg(
        n=pl.len(), deals=pl.col("deal").n_unique(), shown=pl.col("chance").mean(), came=pl.col("happened").mean()
    )
    low, high = wilson(table["came"].to_numpy(), table["deals"].to_numpy())
    return table.with_columns(low=low, high=high).sort("group", "bin")


def reliability_by_range(chance: np.ndarray, happened: np.ndarray, deal: np.ndarray, ranges: int = 10) -> pl.DataFrame:
    """What was shown against what came, by equal ranges of the chance: from, to, n, deals, shown, came, low, high.

    Ranges that hold no row are left out. Low and high are as in `reliability`.

    >>> found = reliability_by_range(np.array([0.05, 0.15, 0.12]), np.array([0.0, 1.0, 0.0]), np.array(["a", "b", "b"]))
    >>> found.select("from", "to", "n", "deals").rows()
    [(0.0, 0.1, 1, 1), (0.1, 0.2, 2, 1)]
    """
    place = np.clip(np.floor(chance * ranges + 1e-9), 0, ranges - 1).astype(np.int64)
    frame = pl.DataFrame({"place": place, "chance": chance, "happened": happened, "deal": deal})
    table = (
        frame.group_by("place")
        .agg(n=pl.len(), deals=pl.col("deal").n_unique(), shown=pl.col("chance").mean(), came=pl.col("happened").mean())
        .sort("place")
    )
    low, high = wilson(table["came"].to_numpy(), table["deals"].to_numpy())
    bounds = {"from": pl.col("place") / ranges, "to": (pl.col("place") + 1) / ranges}
    return table.select(**bounds, n="n", deals="deals", shown="shown", came="came").with_columns(low=low, high=high)


def wilson(share: np.ndarray, n: np.ndarray, z: float = 1.645) -> tuple[np.ndarray, np.ndarray]:
    """The Wilson score interval of a share of `n`; z = 1.645 is 90 %.

    >>> [round(float(x), 3) for x in wilson(np.array(0.5), np.array(100))]
    [0.419, 0.581]
    """
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return middle - half, middle + half
