"""Drift of populations: open deals by feature and by score, wins by region, segment, product line and kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.watching.binning import MISSING, Binned
from training.watching.course import Course
from training.watching.psi import index_and_noise
from training.watching.thresholds import level
from training.watching.windows import Sizes, Windows, by_week, sides

LEAST_DEALS = 20


@dataclass(frozen=True)
class Population:
    """Rows by week (0 is the oldest of `weeks`) with the deals behind them, compared over `windows`."""

    week: np.ndarray
    weeks: int
    sizes: Sizes
    windows: Windows
    en: str
    zh: str
    """What the rows are, as "open deals"."""


def course_of(
    population: Population,
    kind: str,
    name: tuple[str, str, str],
    found: Binned,
    figures: int,
    values: np.ndarray | None,
) -> Course:
    """The PSI of one column by week; `name` is its code and what it is in both languages, `figures` how many columns
    are watched. `values` are the numbers behind the bins, for their medians.
    """
    counts = by_week(found.codes, population.week, len(found.labels), population.weeks)
    value, noise = np.full(population.weeks, np.nan), np.full(population.weeks, np.nan)
    for at in range(population.windows.now - 1, population.weeks):
        if (pair := _scaled(population, counts, at)) is not None:
            value[at], noise[at] = index_and_noise(*pair, level(figures))
    code, en, zh = name
    last = _scaled(population, counts, population.weeks - 1)
    said = ("", "") if last is None else _words(population, found, *last, values)
    n = int(population.sizes.now[-1])
    return Course(kind, code, value, noise, n, f"{en}: {said[0]}", f"{zh}：{said[1]}")


def _scaled(population: Population, counts: np.ndarray, at: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Counts of rows scaled to the deals behind them; None where either side has too few."""
    pair = sides(counts, at, population.windows)
    deals = population.sizes.before[at], population.sizes.now[at]
    if pair is None or min(deals) < LEAST_DEALS:
        return None
    return pair[0] * deals[0] / pair[0].sum(), pair[1] * deals[1] / pair[1].sum()


def _words(
    population: Population, found: Binned, before: np.ndarray, now: np.ndarray, values: np.ndarray | None
) -> tuple[str, str]:
    was, is_now = before / before.sum(), now / now.sum()
    moved = np.abs(is_now - was)
    missing = found.labels[-1] == MISSING and moved[-1] >= 0.1
    if found.is_number and not missing and values is not None:
        return _medians(population, values)
    at = len(moved) - 1 if found.is_number else _largest(is_now - was)
    return (
        f"{found.labels[at]}: {was[at]:.0%} → {is_now[at]:.0%} of {population.en}",
        f"{found.labels[at]}，占{population.zh} {was[at]:.0%} → {is_now[at]:.0%}",
    )


def _largest(change: np.ndarray) -> int:
    """The value that moved most; of two that moved alike the one that grew."""
    return int(np.argmax(np.abs(change) + 1e-9 * change))


def _medians(population: Population, values: np.ndarray) -> tuple[str, str]:
    cut = population.weeks - population.windows.now
    late, early = population.week >= cut, population.week < cut
    early &= population.week >= cut - population.windows.before
    was, is_now = (_middle(values[side]) for side in (early, late))
    return (
        f"median {was} → {is_now} over {population.en}",
        f"{population.zh}中位数 {was} → {is_now}",
    )


def _middle(values: np.ndarray) -> str:
    known = values[~np.isnan(values)]
    return number(float(np.median(known))) if len(known) else "–"


def number(value: float) -> str:
    """
    >>> number(1234.5), number(0.12345)
    ('1,234', '0.123')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
