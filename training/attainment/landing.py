"""One scope's landing: booked + open deals under the common shock + still to come, as one distribution."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import gamma

from training.attainment.arrivals import NOTHING, ScopeArrivals
from training.attainment.lattice import (
    SPREAD_KEPT,
    Lattice,
    compound_sum,
    compound_sums,
    paired_sums,
    point,
    reach,
    scenario_sums,
    step_for,
)
from training.attainment.shock import nodes, shifted

LEVELS = (0.10, 0.25, 0.50, 0.75, 0.90)
TAIL_CUT = 1e-5
"""The chance of rates that a sum does not reach up to."""


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

    def parts(self) -> tuple[float, float, float]:
        """Booked, from open deals, still to come."""
        return self.booked, self.open_expected, self.new_expected

    def scaled(self, scale: float) -> Landing:
        """The same mean with ranges `scale` times as wide."""
        return replace(self, total=self.total.scaled(scale))

    def chance_of(self, target: float) -> float:
        """The chance that the period comes to `target` or more."""
        return self.total.at_least(target)


@dataclass(frozen=True)
class Shared:
    """What all deals of a period share: the shock's spread on the logit scale, and from how many earlier periods it was
    estimated. `pulls`: by how much the logarithm of the rate of deals yet to come goes up with one such spread, each
    with its chance. The default: deals are independent.
    """

    shock: float = 0.0
    periods: int = 0
    pulls: tuple[tuple[float, float], ...] = ()


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
    open_top = _open_top(counted, under[weights > 1e-7])
    parts = [part for part in (new, moved) if part.count_mean > 0]
    step = _step(counted, open_top + sum(_new_top(part) for part in parts), parts)
    sums, split = scenario_sums(counted.worth, under, step, open_top, counted.parts)
    total = point(booked, step).plus(_with_new(sums, split, new, shared, weights, step))
    if moved.count_mean > 0:
        top = _new_top(moved)
        total = total.plus(compound_sum(moved.count_mean, moved.dispersion, moved.sizes, moved.weights, step, top))
    return Landing(booked, expected, new.mean, total)


def _with_new(
    sums: np.ndarray, split: bool, new: ScopeArrivals, shared: Shared, weights: np.ndarray, step: float
) -> Lattice:
    """Open deals, (shifts, points), and what is still to come under the same shift, all shifts together."""
    if new.count_mean <= 0:
        return Lattice(0.0, step, weights @ sums, split)
    means, dispersions, mixed = _rates(new, shared, weights)
    coming, cut = compound_sums(means, dispersions, mixed, new.sizes, new.weights, step, _new_top(new))
    if len(coming) == 1:
        return Lattice(0.0, step, weights @ sums, split).plus(Lattice(0.0, step, coming[0], cut))
    mass = paired_sums(sums, coming, weights)
    return Lattice(0.0, step, mass / mass.sum(), split or cut)


def _rates(new: ScopeArrivals, shared: Shared, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(shifts, pulls) mean counts that keep the mean, (pulls,) what spread of the rate is left, (pulls,) chances.

    One shift stands for all where nothing pulls.
    """
    if not shared.pulls or len(weights) == 1:
        return np.full((1, 1), new.count_mean), np.array([new.dispersion]), np.ones(1)
    at = nodes(1.0, shared.periods)[0]
    pulls, mixed = np.array(shared.pulls).T
    ratio = np.exp(at[:, None] * pulls)
    ratio /= weights @ ratio
    left = np.maximum((1.0 + new.dispersion) / (weights @ ratio**2) - 1.0, 0.0)
    return new.count_mean * ratio, left, mixed


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
    """An end of what is to come that is passed with negligible chance, also where the rate has a long tail."""
    usual = new.mean + SPREAD_KEPT * float(np.sqrt(new.variance))
    highest = 0.0
    if new.dispersion > 0:
        highest = new.mean * float(gamma.isf(TAIL_CUT, 1.0 / new.dispersion)) * new.dispersion
    return max(usual, highest) + 2.0 * float(new.sizes.max(initial=0.0))
