"""Health: where a deal's win probability stands among past open deals at the same stage and a similar age, 0 to 100.

50 is typical. Where few past deals share stage and age the comparison leans on the stage, and then on all deals.
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
        standing = np.full(len(chance), 0.5)
        for key in (ALL, cell.split("\t")[0], cell):
            rows = self.rows.get(key, 0)
            if rows:
                own = _rank(np.array(self.quantiles[key]), chance)
                lean = 0.0 if key == ALL else _LEAN_ROWS
                standing = (rows * own + lean * standing) / (rows + lean)
        return standing


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


def _rank(quantiles: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """The share of the reference below each chance, ties counted half."""
    below = np.searchsorted(quantiles, chance, side="left")
    up_to = np.searchsorted(quantiles, chance, side="right")
    return (below + up_to) / 2 / len(quantiles)
