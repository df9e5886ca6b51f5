"""The population stability index of two samples, and how large chance alone makes it.

PSI = sum over bins of (q - p) ln(q / p). Where nothing drifts it is about (1/n + 1/m) times a chi-squared variable of
bins - 1 degrees of freedom (Yurdakul 2018, "Statistical properties of population stability index"), so (bins - 1)
(1/n + 1/m) on average.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.stats import chi2

LEAST_EXPECTED = 5.0
"""A bin of which fewer are expected on the smaller side is counted with the others that are as rare."""


def index_and_noise(before: np.ndarray, now: np.ndarray, level: float) -> tuple[float, float]:
    """PSI of two rows of counts and what noise passes with chance `level`; NaN where there is but one bin.

    >>> index, noise = index_and_noise(np.array([920.0, 80.0]), np.array([63.0, 37.0]), 0.001)
    >>> round(index, 2), round(noise, 2), noise < index
    (0.55, 0.12, True)
    """
    was, is_now = with_rare_together(before, now)
    if len(was) < 2:
        return float("nan"), float("nan")
    return index(was, is_now), _passed(level, len(was) - 1) * float(1 / was.sum() + 1 / is_now.sum())


@lru_cache(maxsize=1_000)
def _passed(level: float, freedom: int) -> float:
    """What a chi-squared variable passes with chance `level`."""
    return float(chi2.isf(level, freedom))


def with_rare_together(before: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The counts with the rare bins as one, the last.

    >>> with_rare_together(np.array([90.0, 8.0, 1.0, 1.0]), np.array([95.0, 3.0, 1.0, 1.0]))
    (array([90.,  8.,  2.]), array([95.,  3.,  2.]))
    """
    both = before / max(before.sum(), 1e-12) + now / max(now.sum(), 1e-12)
    rare = both / 2 * min(before.sum(), now.sum()) < LEAST_EXPECTED
    parts = [np.append(side[~rare], side[rare].sum()) for side in (before, now)]
    some = parts[0] + parts[1] > 0
    return parts[0][some], parts[1][some]


def index(before: np.ndarray, now: np.ndarray) -> float:
    """The index itself; a bin that is empty on one side counts as half a deal.

    >>> index(np.array([50.0, 50.0]), np.array([50.0, 50.0]))
    0.0
    >>> round(index(np.array([92.0, 8.0]), np.array([63.0, 37.0])), 2)
    0.55
    """
    p, q = (np.maximum(counts, 0.5) / np.maximum(counts, 0.5).sum() for counts in (before, now))
    return float(((q - p) * np.log(q / p)).sum())
