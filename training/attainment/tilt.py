"""A correction laid on deals: chances moved together on the logit scale until they bring what is wanted.

So every level stays the sum of its deals, whatever level the correction was learnt at.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from scipy.special import expit, logit

HIGHEST_CHANCE = 0.999
STEPS = 50


def tilted(chances: np.ndarray, worth: np.ndarray, groups: pl.Series, factors: Mapping[str, float]) -> np.ndarray:
    """(deals,) chances of which each group's Σ chance × worth is `factors` times what it was, one where not named.

    >>> tilted(np.array([0.2, 0.4]), np.ones(2), pl.Series(["a", "a"]), {"a": 1.5}).sum().round(9)
    np.float64(0.9)
    """
    moved = chances.copy()
    for group, factor in factors.items():
        here = np.flatnonzero((groups == group).to_numpy())
        if len(here) and factor != 1.0:
            moved[here] = _shifted(chances[here], worth[here], factor)
    return moved


def _shifted(chances: np.ndarray, worth: np.ndarray, factor: float) -> np.ndarray:
    inside = (chances > 1e-12) & (chances < HIGHEST_CHANCE) & (worth > 0)
    if not inside.any():
        return chances
    start, weight = logit(chances[inside]), worth[inside]
    fixed = float(chances[~inside] @ worth[~inside])
    wanted = np.clip(factor * float(chances @ worth) - fixed, 0.0, HIGHEST_CHANCE * float(weight.sum()))
    low, high = -20.0, 20.0
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if expit(start + middle) @ weight < wanted else (low, middle)
    out = chances.copy()
    out[inside] = expit(start + (low + high) / 2.0)
    return out
