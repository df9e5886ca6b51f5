"""One scope's landing: booked + open deals under the common shock + still to come, as one distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.attainment.arrivals import NOTHING, ScopeArrivals
from training.attainment.lattice import SPREAD_KEPT, Lattice, bernoulli_sum, compound_sum, point, reach, step_for
from training.attainment.shock import shifted

LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90)


@dataclass(frozen=True)
class Landing:
    """What a period will come to in one scope, in the measure's unit; the three parts of the mean add up to it."""

    booked: float
    open_expected: float
    new_expected: float
    total: Lattice

    @property
    def mean(self) -> float:
        return self.booked + self.open_expected + self.new_expected

    def quantiles(self) -> list[float]:
        """p10, p25, p50, p75 and p90; never below what is booked."""
        return [self.total.quantile(level) for level in LEVELS]

    def chance_of(self, target: float) -> float:
        """The chance that the period comes to `target` or more."""
        return self.total.at_least(target)


def landing(
    booked: float, amounts: np.ndarray, chances: np.ndarray, new: ScopeArrivals = NOTHING, shock: float = 0.0
) -> Landing:
    """The distribution of booked + Σ open deals won in the period + what is still to come.

    `amounts`: (deals,), at least 0; `chances`: (deals,) of being won in the period; `shock`: spread on the logit scale
    of what all deals share (0: deals are independent).
    """
    counting = (amounts > 0) & (chances > 0)
    worth, likely = amounts[counting], chances[counting]
    if not len(worth) and new.count_mean <= 0:
        return Landing(booked, 0.0, 0.0, point(booked))
    under, weights = shifted(likely, shock)
    open_top = reach(worth, under[weights > 1e-7]) if len(worth) else 0.0
    new_top = _new_top(new)
    step = step_for(worth, open_top + new_top, new.sizes)
    open_part = bernoulli_sum(worth, under, weights, step, open_top)
    new_part = compound_sum(new.count_mean, new.dispersion, new.sizes, new.weights, step, new_top)
    total = point(booked, step).plus(open_part).plus(new_part)
    return Landing(booked, float(worth @ likely), new.mean, total)


def _new_top(new: ScopeArrivals) -> float:
    if new.count_mean <= 0:
        return 0.0
    return new.mean + SPREAD_KEPT * float(np.sqrt(new.variance)) + 2.0 * float(new.sizes.max(initial=0.0))
