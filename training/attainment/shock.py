"""The common shock of a period: deals that are good or bad together, those yet to come among them, and how large that
has been.

Deals share one shift on the logit scale, of mean zero. How large such shifts are is itself known from a few periods
only, which makes it a Student-t: large shifts are likelier than a normal has them. Each deal's own chance is kept: the
shift is laid around an intercept at which the average over all shifts is the chance the deal model gave.

How many deals are still to come may go with the shift or not: their correlation is known from a few periods only, so it
is taken at two values around its likeliest, as far apart as it is uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.special import expit, logit
from scipy.stats import t as student

DEFAULT_SIZE = 0.35
LEAST_PERIODS = 3
PRIOR_PERIODS = 4.0
NODES = 15
DEFAULT_RATE_SPREAD = 0.2
CORRELATIONS = np.linspace(-0.8, 0.8, 17)
MOST_CORRELATED = 0.9


def nodes(size: float, periods: int = 0, count: int = NODES) -> tuple[np.ndarray, np.ndarray]:
    """Shifts on the logit scale and their weights: Gauss-Legendre quadrature over a Student-t's chances.

    `size` is its scale; the fewer `periods` it was estimated from, the heavier the tails.
    """
    if size <= 0:
        return np.zeros(1), np.ones(1)
    at, weights = np.polynomial.legendre.leggauss(count)
    return size * student.ppf((at + 1.0) / 2.0, PRIOR_PERIODS + periods), weights / weights.sum()


def shifted(chances: np.ndarray, size: float, periods: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Each deal's chance under every shift, (nodes, deals), and the nodes' weights; weighted rows give `chances` back.

    >>> under, weights = shifted(np.array([0.2, 0.9]), 0.5)
    >>> np.round(weights @ under, 12).tolist()
    [0.2, 0.9]
    """
    shifts, weights = nodes(size, periods)
    if len(shifts) == 1:
        return chances[None, :].copy(), weights
    inside = np.clip(chances, 1e-12, 1.0 - 1e-12)
    centre = logit(inside)
    for _ in range(30):
        under = expit(centre[None, :] + shifts[:, None])
        slope = weights @ (under * (1.0 - under))
        centre += np.clip((inside - weights @ under) / np.maximum(slope, 1e-300), -2.0, 2.0)
    under = expit(centre[None, :] + shifts[:, None])
    certain = (chances <= 1e-12) | (chances >= 1.0 - 1e-12)
    return np.where(certain[None, :], chances[None, :], under), weights


def estimated_size(past_open: Sequence[pl.DataFrame]) -> float:
    """Spread of the shift on the logit scale, from how past periods' open deals did against their stage's usual rate.

    `past_open`: per past period the deals open at the same point, with `stage` and `won` (in the period). The usual
    rate comes from the other periods; what sampling alone explains is taken off; the rest is shrunk to
    `DEFAULT_SIZE`, which stands alone below `LEAST_PERIODS` periods.
    """
    periods = [frame for frame in past_open if frame["won"].any() and not frame["won"].all()]
    if len(periods) < LEAST_PERIODS:
        return DEFAULT_SIZE
    excess = [_excess(frame, pl.concat(periods[:i] + periods[i + 1 :])) for i, frame in enumerate(periods)]
    found = max(0.0, float(np.mean(excess)))
    mixed = (PRIOR_PERIODS * DEFAULT_SIZE**2 + len(periods) * found) / (PRIOR_PERIODS + len(periods))
    return float(np.sqrt(mixed))


def estimated_pulls(
    past_open: Sequence[pl.DataFrame], arrived: Sequence[int], size: float
) -> tuple[tuple[float, float], ...]:
    """By how much the logarithm of the rate of deals yet to come goes up with a shift of `size`, and with what chance.

    `past_open` as in `estimated_size`, `arrived` how many wins each of those periods got from deals that were not open.
    A flat prior on the correlation and normal residuals of both, with what sampling explains in each.
    """
    told = [
        (frame, wins) for frame, wins in zip(past_open, arrived, strict=True) if 0 < frame["won"].sum() < len(frame)
    ]
    if len(told) < LEAST_PERIODS or size <= 0:
        return ()
    shifts, rates = _residuals([frame for frame, _ in told], np.array([float(wins) for _, wins in told]))
    spread = _rate_spread(rates)
    log_odds = [_likelihood(shifts, rates, (size, spread), correlation) for correlation in CORRELATIONS]
    odds = np.exp(np.array(log_odds) - max(log_odds))
    odds /= odds.sum()
    mean = float(odds @ CORRELATIONS)
    apart = float(np.sqrt(odds @ (CORRELATIONS - mean) ** 2))
    ends = np.clip([mean - apart, mean + apart], -MOST_CORRELATED, MOST_CORRELATED)
    return tuple((float(end) * spread, 0.5) for end in ends)


def _residuals(frames: list[pl.DataFrame], wins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(periods, 2) each: the shift of what was open and the log ratio of what arrived, with their sampling variance."""
    shifts, rates = [], []
    for place, frame in enumerate(frames):
        others = pl.concat(frames[:place] + frames[place + 1 :])
        shifts.append(_shift_of(frame, others))
        usual = float(np.delete(wins, place).mean())
        rates.append((np.log((wins[place] + 0.5) / (usual + 0.5)), 1.0 / (usual + 0.5)))
    return np.array(shifts), np.array(rates)


def _rate_spread(rates: np.ndarray) -> float:
    found = max(0.0, float(np.mean(rates[:, 0] ** 2 - rates[:, 1])))
    mixed = (PRIOR_PERIODS * DEFAULT_RATE_SPREAD**2 + len(rates) * found) / (PRIOR_PERIODS + len(rates))
    return float(np.sqrt(mixed))


def _likelihood(shifts: np.ndarray, rates: np.ndarray, spreads: tuple[float, float], correlation: float) -> float:
    """The log likelihood of the residuals of all periods under a correlation."""
    first, second = spreads[0] ** 2 + shifts[:, 1], spreads[1] ** 2 + rates[:, 1]
    both = correlation * spreads[0] * spreads[1]
    left = first * second - both**2
    far = (second * shifts[:, 0] ** 2 - 2.0 * both * shifts[:, 0] * rates[:, 0] + first * rates[:, 0] ** 2) / left
    return float(-0.5 * np.sum(np.log(left) + far))


def _excess(frame: pl.DataFrame, others: pl.DataFrame) -> float:
    """Squared shift of one period against the others' stage rates, less its sampling variance."""
    shift, variance = _shift_of(frame, others)
    return shift**2 - variance


def _shift_of(frame: pl.DataFrame, others: pl.DataFrame) -> tuple[float, float]:
    chances = _stage_rates(frame, others)
    shift = _shift_to(chances, float(frame["won"].sum()))
    spread = expit(logit(chances) + shift)
    return shift, 1.0 / max(float((spread * (1.0 - spread)).sum()), 1e-9)


def _stage_rates(frame: pl.DataFrame, others: pl.DataFrame) -> np.ndarray:
    overall = (int(others["won"].sum()) + 0.5) / (len(others) + 1.0)
    rates = others.group_by("stage").agg(rate=(pl.col("won").sum() + 5.0 * overall) / (pl.len() + 5.0))
    joined = frame.join(rates, on="stage", how="left", maintain_order="left", nulls_equal=True)
    return joined["rate"].fill_null(overall).to_numpy()


def _shift_to(chances: np.ndarray, won: float) -> float:
    """The logit shift at which the chances add up to `won` (kept half a deal inside the possible)."""
    target = min(max(won, 0.5), len(chances) - 0.5)
    low, high = -12.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if expit(logit(chances) + middle).sum() < target else (low, middle)
    return (low + high) / 2.0
