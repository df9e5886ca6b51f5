"""The exact distribution of a sum of deals, on evenly spaced values that keep every mean.

An amount between two points of the lattice is split between them so that its mean is exact; when the amounts have a
common divisor that the lattice can carry, nothing is split and every value is exact. Sums of Bernoulli deals are
convolved deal by deal in positive numbers, so no tail is lost to rounding; compound counts go through the FFT.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.signal import fftconvolve

POINTS = 2048
MOST_POINTS = 16384
SPREAD_KEPT = 9.0
NOISE = 1e-13
BLOCK_DEALS = 32
NOTHING = 1e-200
"""A mass so small that no sum of others shows it."""


@dataclass(frozen=True)
class Lattice:
    """A distribution with `mass[k]` at `start + k * step`; `split` says that amounts were split between points."""

    start: float
    step: float
    mass: np.ndarray
    split: bool = False

    @property
    def values(self) -> np.ndarray:
        return self.start + self.step * np.arange(len(self.mass))

    @property
    def mean(self) -> float:
        return self.start + self.step * float(np.arange(len(self.mass)) @ self.mass)

    @property
    def variance(self) -> float:
        return float((self.values - self.mean) ** 2 @ self.mass)

    def quantile(self, level: float) -> float:
        """The smallest value that is not exceeded with a chance of at least `level` (0 to 1).

        >>> Lattice(10.0, 1.0, np.array([0.5, 0.3, 0.2])).quantile(0.8)
        11.0
        """
        reached = np.searchsorted(np.cumsum(self.mass), level - 1e-9)
        return self.start + self.step * float(min(int(reached), len(self.mass) - 1))

    def at_least(self, value: float) -> float:
        """The chance of reaching `value`. A split amount that lies on `value` counts as reaching it.

        >>> Lattice(10.0, 1.0, np.array([0.5, 0.3, 0.2])).at_least(11.0)
        0.5
        """
        slack = 1.0 - 1e-6 if self.split else 1e-6
        first = int(np.ceil((value - self.start) / self.step - slack))
        if first <= 0:
            return 1.0
        return float(np.clip(self.mass[first:].sum(), 0.0, 1.0))

    def scaled(self, scale: float) -> Lattice:
        """The same mean with a spread `scale` times as wide, on the same values: masses to the power of 1 / scale².

        A normal distribution gets exactly `scale` times the spread; what could not happen still cannot.

        >>> wide = Lattice(0.0, 1.0, np.array([0.1, 0.8, 0.1])).scaled(1.5)
        >>> wide.mean.__round__(9), wide.variance > 0.2
        (1.0, True)
        """
        alive = np.flatnonzero(self.mass > NOISE * self.mass.max())
        if scale == 1.0 or len(alive) < 3:
            return self
        power = np.log(self.mass[alive]) / scale**2
        at = (alive - alive.mean()) / max(float(alive[-1] - alive[0]), 1.0)
        wanted = float(np.arange(len(self.mass)) @ self.mass) - float(alive.mean())
        mass = np.zeros(len(self.mass))
        mass[alive] = _leaning(power, at, wanted / max(float(alive[-1] - alive[0]), 1.0))
        return Lattice(self.start, self.step, mass, self.split)

    def plus(self, other: Lattice) -> Lattice:
        """The distribution of the sum with an independent lattice of the same step."""
        if len(other.mass) == 1:
            mass = self.mass * other.mass[0]
        elif len(self.mass) == 1:
            mass = other.mass * self.mass[0]
        else:
            mass = np.maximum(fftconvolve(self.mass, other.mass), 0.0)
        return Lattice(self.start + other.start, self.step, mass / mass.sum(), self.split or other.split)


def _leaning(power: np.ndarray, at: np.ndarray, wanted: float) -> np.ndarray:
    """Masses e^power, leant exponentially until their mean lies at `wanted`."""
    low, high = -1e4, 1e4
    mass = np.exp(power - power.max())
    for _ in range(70):
        lean = (low + high) / 2.0
        leant = power + lean * at
        mass = np.exp(leant - leant.max())
        mass /= mass.sum()
        low, high = (lean, high) if float(mass @ at) < wanted else (low, lean)
    return mass


def point(value: float, step: float = 1.0) -> Lattice:
    """The certain result `value`."""
    return Lattice(value, step, np.ones(1))


def step_for(amounts: np.ndarray, top: float, sizes: np.ndarray | None = None) -> float:
    """The lattice step for sums of `amounts` (at least 0) up to `top`; `sizes` are amounts of deals still to come.

    The greatest common divisor (in hundredths) of all of them where the lattice can carry it; else a whole fraction
    of the divisor of `amounts` alone; else fine enough that splitting amounts does not matter.

    >>> step_for(np.array([30.0, 45.0]), 75.0)
    15.0
    """
    target = max(top, 1e-9) / POINTS
    every = amounts if sizes is None else np.concatenate([amounts, sizes])
    if (divisor := common_divisor(every)) and top / divisor <= MOST_POINTS:
        return divisor
    if (divisor := common_divisor(amounts)) and top / divisor <= MOST_POINTS:
        return float(divisor / np.ceil(divisor / target))
    return float(target)


def common_divisor(amounts: np.ndarray) -> float:
    """The greatest common divisor of `amounts` in hundredths of a unit; 0 where they have none.

    >>> common_divisor(np.array([1.5, 2.25]))
    0.75
    """
    cents = np.round(amounts * 100.0)
    if not len(cents) or cents.max() >= 2**53 or not np.allclose(cents, amounts * 100.0, atol=1e-6, rtol=0.0):
        return 0.0
    return float(np.gcd.reduce(cents.astype(np.int64))) / 100.0


def reach(amounts: np.ndarray, chances: np.ndarray) -> float:
    """An upper end of Σ amounts that is passed with negligible chance (below 1e-9) in every row of `chances`."""
    means = chances @ amounts
    spreads = np.sqrt((chances * (1.0 - chances)) @ amounts**2)
    largest = float(amounts.max(initial=0.0))
    return min(float(amounts.sum()), float(np.max(means + SPREAD_KEPT * spreads, initial=0.0)) + 2.0 * largest)


def bernoulli_sum(
    amounts: np.ndarray,
    chances: np.ndarray,
    weights: np.ndarray,
    step: float,
    top: float,
    parts: np.ndarray | None = None,
) -> Lattice:
    """The distribution of Σ Bernoulli(chance) × amount, mixed over scenarios.

    `amounts`: (deals,) at least 0, or (deals, outcomes) what each may be worth, with `parts`, their chances; `chances`:
    (scenarios, deals) in 0 to 1; `weights`: (scenarios,) that sum to one. Values above `top` are gathered at the last
    point.
    """
    return _of(scenario_sums(amounts, chances, step, top, parts), weights, step)


def _of(sums: tuple[np.ndarray, bool], weights: np.ndarray, step: float) -> Lattice:
    return Lattice(0.0, step, weights @ sums[0], sums[1])


def scenario_sums(
    amounts: np.ndarray, chances: np.ndarray, step: float, top: float, parts: np.ndarray | None = None
) -> tuple[np.ndarray, bool]:
    """As `bernoulli_sum`, but each scenario's masses by themselves, (scenarios, points); and whether any was split."""
    worth = amounts[:, None] if amounts.ndim == 1 else amounts
    parts = np.ones_like(worth) if parts is None else parts
    below, share = split_points(worth, step)
    # Every split amount can reach one point beyond its own; that matters only where nothing is cut off at the top.
    halves = int(((share > 0) & (parts > 0)).any(axis=1).sum())
    largest = np.where(parts > 0, worth, 0.0).max(axis=1, initial=0.0)
    beyond = halves if top >= largest.sum() else 0
    furthest = int(np.where(parts > 0, below, 0).max(axis=1, initial=0).sum())
    size = min(int(np.ceil(top / step - 1e-9)) + beyond, furthest + halves) + 1
    if not len(worth) or size <= 1:
        return np.ones((len(chances), 1)), False
    return _deals_together(below, share, parts, np.ascontiguousarray(chances), size), bool(halves)


def split_points(amounts: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The lattice point at or below each amount and the share of its mass that goes to the next, mean kept."""
    exact = amounts / step
    nearest = np.round(exact)
    exact = np.where(np.abs(exact - nearest) < 1e-7, nearest, exact)
    below = np.floor(exact)
    return below.astype(np.int64), exact - below


def compound_sum(
    count_mean: float, dispersion: float, sizes: np.ndarray, weights: np.ndarray, step: float, top: float
) -> Lattice:
    """The distribution of a random number of amounts: Gamma-Poisson count, sizes drawn independently.

    The count has mean `count_mean` and variance mean + dispersion × mean²; `sizes` (at least 0) have chances
    `weights`. Exact on the lattice but for what passes `top` (Panjer's compound distribution, through the FFT).
    """
    if count_mean <= 0 or not len(sizes):
        return point(0.0, step)
    means = np.full((1, 1), count_mean)
    masses, split = compound_sums(means, np.array([dispersion]), np.ones(1), sizes, weights, step, top)
    return Lattice(0.0, step, masses[0], split)


def compound_sums(
    means: np.ndarray,
    dispersions: np.ndarray,
    mixed: np.ndarray,
    sizes: np.ndarray,
    weights: np.ndarray,
    step: float,
    top: float,
) -> tuple[np.ndarray, bool]:
    """As `compound_sum` in each of several scenarios, (scenarios, points), and whether any amount was split.

    `means`: (scenarios, kinds) of counts, each kind with its own of `dispersions`, and with the chance `mixed`.
    """
    below, share = split_points(np.minimum(sizes, top), step)
    length = 1 << int(np.ceil(np.log2(2.0 * (top / step) + 2.0)))
    one = np.bincount(below, weights * (1.0 - share), length) + np.bincount(below + 1, weights * share, length)
    gap = 1.0 - np.fft.rfft(one[:length])
    transform = np.zeros((len(means), len(gap)), dtype=complex)
    for kind, (dispersion, chance) in enumerate(zip(dispersions, mixed, strict=True)):
        apart = means[:, kind, None] * gap
        spread = np.exp(-apart) if dispersion < 1e-9 else np.exp(-np.log1p(dispersion * apart) / dispersion)
        transform += chance * spread
    masses = np.maximum(np.fft.irfft(transform, length), 0.0)[:, : int(np.ceil(top / step)) + 1]
    return masses / masses.sum(axis=1, keepdims=True), bool(share.any())


def paired_sums(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(points,) masses of the sum of two parts that are independent in each scenario: (scenarios, points) each."""
    size = one.shape[1] + other.shape[1] - 1
    length = 1 << (size - 1).bit_length()
    transform = weights @ (np.fft.rfft(one, length) * np.fft.rfft(other, length))
    return np.asarray(np.maximum(np.fft.irfft(transform, length)[:size], 0.0))


def _deals_together(
    below: np.ndarray, share: np.ndarray, parts: np.ndarray, chances: np.ndarray, size: int
) -> np.ndarray:
    """(scenarios, size) masses of all deals.

    Some deals at a time reach few points, so they are added up in blocks first and the blocks then two by two, in
    positive numbers throughout.
    """
    furthest = np.where(parts > 0, below + (share > 0), 0).max(axis=1)
    blocks = []
    for at in range(0, len(below), BLOCK_DEALS):
        some = slice(at, at + BLOCK_DEALS)
        reached = min(size, int(furthest[some].sum()) + 1)
        blocks.append(_convolve_deals(below[some], share[some], parts[some], chances[:, some], reached))
    while len(blocks) > 1:
        pairs = zip(blocks[::2], blocks[1::2], strict=False)
        blocks = [_convolve_pair(*pair, size) for pair in pairs] + blocks[len(blocks) // 2 * 2 :]
    masses = np.zeros((len(chances), size))
    masses[:, : blocks[0].shape[1]] = blocks[0]
    return masses


@njit(cache=True, nogil=True)
def _convolve_pair(one: np.ndarray, other: np.ndarray, most: int) -> np.ndarray:
    """(scenarios, points) masses of the sum of two independent parts; what passes the last point is gathered there."""
    size = min(most, one.shape[1] + other.shape[1] - 1)
    sums = np.zeros((len(one), size))
    for scenario in range(len(one)):
        out, own = sums[scenario], other[scenario]
        last = len(own)
        while last > 0 and own[last - 1] < NOTHING:
            last -= 1
        for at in range(one.shape[1]):
            mass = one[scenario, at]
            if mass < NOTHING:
                continue
            inside = max(0, min(last, size - at))
            for k in range(inside):
                out[at + k] += mass * own[k]
            for k in range(inside, last):
                out[size - 1] += mass * own[k]
    return sums


@njit(cache=True, nogil=True)
def _convolve_deals(
    below: np.ndarray, share: np.ndarray, parts: np.ndarray, chances: np.ndarray, size: int
) -> np.ndarray:
    sums = np.zeros((len(chances), size))
    for scenario in range(len(chances)):
        mass = np.zeros(size)
        mass[0] = 1.0
        used = 1
        for deal in range(len(below)):
            chance = chances[scenario, deal]
            mass, used = _add_deal(mass, used, below[deal], share[deal], parts[deal], chance)
        sums[scenario] = mass
    return sums


@njit(cache=True, nogil=True)
def _add_deal(
    mass: np.ndarray, used: int, below: np.ndarray, share: np.ndarray, parts: np.ndarray, chance: float
) -> tuple[np.ndarray, int]:
    size = len(mass)
    out = np.zeros(size)
    out[:used] = (1.0 - chance) * mass[:used]
    furthest = 0
    for outcome in range(len(parts)):
        for above in range(2):
            part = chance * parts[outcome] * (share[outcome] if above else 1.0 - share[outcome])
            if part == 0.0:
                continue
            shift = below[outcome] + above
            furthest = max(furthest, shift)
            inside = max(0, min(used, size - shift))
            for k in range(inside):
                out[k + shift] += part * mass[k]
            for k in range(inside, used):
                out[size - 1] += part * mass[k]
    return out, min(size, used + furthest)
