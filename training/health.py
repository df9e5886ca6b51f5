"""Health: where a deal's win probability stands among past open deals at the same stage and a similar age, 0 to 100.

50 is typical. Where few past deals share stage and age the comparison leans on the stage, and then on all deals: for
how deals spread around what is usual, not for what is usual, so that an early deal is not ill for being early.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

AGE_EDGES_DAYS = (14.0, 30.0, 60.0, 120.0, 240.0, 480.0)
"""Ages up to the first edge are the youngest group, from the last on the oldest."""
BANDS = (("healthy", 60.0), ("watch", 35.0), ("at_risk", 15.0), ("critical", 0.0))
"""The band of a deal is the first whose lower bound its health reaches."""
GRID = 201
_LEAN_ROWS = 100.0
"""As many rows as the wider comparison counts for within the narrower one."""
_MIDDLE_ROWS = 5.0
"""A few rows already tell what is usual; how deals spread around it takes many more."""
ALL = ""
_DECIMALS = 6
"""Chances and quantiles are compared after the same rounding, so that equal ones tie."""


@dataclass(frozen=True)
class HealthReference:
    """Quantiles (GRID of them, evenly spaced) of past win probabilities, and rows, by cell.

    Keys are "" for all deals, "stage" for a stage and "stage\\tage group" for a cell.
    """

    quantiles: Mapping[str, tuple[float, ...]]
    rows: Mapping[str, int]

    def health(self, chance: np.ndarray, stages: np.ndarray, age_days: np.ndarray) -> np.ndarray:
        """0 to 100 per row, to 0.1; rises with `chance` (0 to 1) within a stage and age group."""
        chance = np.round(chance, _DECIMALS)
        out = np.empty(len(chance))
        cells = np.array([_cell(stage, age) for stage, age in zip(stages, age_days, strict=True)], dtype=object)
        for cell in sorted(set(cells)):
            here = cells == cell
            out[here] = self._standing(cell, chance[here])
        return np.round(100 * out, 1)

    def _standing(self, cell: str, chance: np.ndarray) -> np.ndarray:
        """Where chances stand (0 to 1): in the narrowest comparison, leaning on the wider ones by how few rows it has.

        A wider comparison is asked at the place that the chance has in the narrower one, counted from the middle: a
        deal that is usual at its stage is usual, whatever is usual of all deals.
        """
        keys = [key for key in (ALL, cell.split("\t")[0], cell) if self.rows.get(key, 0)]
        middles = self._middles(keys)
        standing = np.full(len(chance), 0.5)
        for place, key in enumerate(keys):
            moved = _logit(chance) - middles[-1] + middles[place]
            own = _rank(np.array(self.quantiles[key]), np.round(1 / (1 + np.exp(-moved)), _DECIMALS))
            lean = _LEAN_ROWS if place else 0.0
            standing = (self.rows[key] * own + lean * standing) / (self.rows[key] + lean)
        return standing

    def _middles(self, keys: list[str]) -> list[float]:
        """What is usual (log odds) in each comparison, the wider first; of few rows it leans on the wider one."""
        middles: list[float] = []
        for key in keys:
            own = float(_logit(np.array(self.quantiles[key][GRID // 2])))
            lean = _MIDDLE_ROWS if middles else 0.0
            wider = middles[-1] if middles else 0.0
            middles.append((self.rows[key] * own + lean * wider) / (self.rows[key] + lean))
        return middles


def health_reference(chance: np.ndarray, stages: np.ndarray, age_days: np.ndarray) -> HealthReference:
    """The reference from past open deals: their win probabilities (0 to 1), stages and ages in days."""
    cells = np.array([_cell(stage, age) for stage, age in zip(stages, age_days, strict=True)], dtype=object)
    names = np.array([cell.split("\t")[0] for cell in cells], dtype=object)
    quantiles: dict[str, tuple[float, ...]] = {}
    rows: dict[str, int] = {}
    groups = [(ALL, np.ones(len(chance), bool))]
    groups += [(name, names == name) for name in sorted(set(names))]
    groups += [(cell, cells == cell) for cell in sorted(set(cells))]
    for key, here in groups:
        if here.any():
            found = np.quantile(chance[here], np.linspace(0, 1, GRID))
            quantiles[key] = tuple(round(float(value), _DECIMALS) for value in found)
            rows[key] = int(here.sum())
    return HealthReference(quantiles, rows)


def band_of(health: np.ndarray) -> np.ndarray:
    """The band of each health.

    >>> band_of(np.array([75.0, 50.0, 20.0, 3.0])).tolist()
    ['healthy', 'watch', 'at_risk', 'critical']
    """
    return np.select([health >= least for _, least in BANDS], [name for name, _ in BANDS], default=BANDS[-1][0])


def _cell(stage: object, age_days: float) -> str:
    group = int(np.searchsorted(AGE_EDGES_DAYS, age_days, side="right")) if age_days == age_days else "unknown"
    return f"{'(none)' if stage is None else stage}\t{group}"


def _logit(chance: np.ndarray) -> np.ndarray:
    held = np.clip(chance, 1e-6, 1 - 1e-6)
    logit: np.ndarray = np.log(held / (1 - held))
    return logit


def _rank(quantiles: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """The share of the reference below each chance, ties counted half."""
    below = np.searchsorted(quantiles, chance, side="left")
    up_to = np.searchsorted(quantiles, chance, side="right")
    return (below + up_to) / 2 / len(quantiles)
