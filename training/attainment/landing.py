"""One scope's landing: booked + open deals under the common shock + still to come, as one distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.attainment.arrivals import NOTHING, ScopeArrivals
from training.attainment.lattice import SPREAD_KEPT, Lattice, bernoulli_sum, compound_sum, point, reach, step_for
from training.attainment.shock import shifted

LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90)


@dataclass(frozen=True)
class OpenDeals:
    """Deals that may be won: what each may come to (deals, outcomes) with the chances of that, and of being won.

    Worth is at least 0; `parts` of a deal add up to one; `chances`: (deals,).
    """

    worth: np.ndarray
    parts: np.ndarray
    chances: np.ndarray

    @property
    def expected(self) -> float:
        """Σ chance × worth."""
        return float(self.chances @ (self.worth * self.parts).sum(axis=1))

    def counting(self) -> OpenDeals:
        """Those that can make a difference."""
        here = ((self.worth * self.parts).sum(axis=1) > 0) & (self.chances > 0)
        return OpenDeals(self.worth[here], self.parts[here], self.chances[here])


def plain_deals(amounts: np.ndarray, chances: np.ndarray) -> OpenDeals:
    """Deals that come to their amounts or to nothing; (deals,) each."""
    return OpenDeals(amounts[:, None], np.ones((len(amounts), 1)), chances)


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


@dataclass(frozen=True)
class Shared:
    """What all deals of a period share: the shock's spread on the logit scale, from how many earlier periods it was
    estimated, and by what ranges are scaled. The default: deals are independent.
    """

    shock: float = 0.0
    periods: int = 0
    scale: float = 1.0


def landing(
    booked: float,
    deals: OpenDeals,
    new: ScopeArrivals = NOTHING,
    shared: Shared | None = None,
    moved: ScopeArrivals = NOTHING,
) -> Landing:
    """The distribution of booked + Σ open deals won in the period + what is still to come.

    `moved`: wins of deals that are open elsewhere and will count here; they belong to what open deals bring.
    """
    shared = shared or Shared()
    counted = deals.counting()
    expected = deals.expected + moved.mean
    if not len(counted.chances) and new.count_mean <= 0 and moved.count_mean <= 0:
        return Landing(booked, expected, 0.0, point(booked))
    under, weights = shifted(counted.chances, shared.shock, shared.periods)
    coming = [part for part in (new, moved) if part.count_mean > 0]
    open_top = _open_top(counted, under[weights > 1e-7])
    tops = [_new_top(part) for part in coming]
    step = _step(counted, open_top + sum(tops), coming)
    total = point(booked, step).plus(bernoulli_sum(counted.worth, under, weights, step, open_top, counted.parts))
    for part, top in zip(coming, tops, strict=True):
        total = total.plus(compound_sum(part.count_mean, part.dispersion, part.sizes, part.weights, step, top))
    return Landing(booked, expected, new.mean, total.scaled(shared.scale))


def _open_top(deals: OpenDeals, under: np.ndarray) -> float:
    """An end of what open deals bring that is passed with negligible chance."""
    if not len(deals.chances):
        return 0.0
    largest = np.where(deals.parts > 0, deals.worth, 0.0).max(axis=1)
    return reach(largest, under)


def _step(deals: OpenDeals, top: float, coming: list[ScopeArrivals]) -> float:
    """The amounts of today set the step; what they may change to and what is to come fit in as they can."""
    today = deals.worth[:, 0]
    changed = deals.worth[:, 1:][deals.parts[:, 1:] > 0]
    return step_for(today, top, np.concatenate([changed, *(part.sizes for part in coming)]))


def _new_top(new: ScopeArrivals) -> float:
    return new.mean + SPREAD_KEPT * float(np.sqrt(new.variance)) + 2.0 * float(new.sizes.max(initial=0.0))
