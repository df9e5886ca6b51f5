"""Won and lost compete: a deal is one or the other in the end, so the chances of both leave room for each other.

They are learned apart, and far ahead they may pass one together. From the horizon at which they would, both stay as
they are there; nearer horizons keep what was learned, and neither chance ever falls.
"""

from __future__ import annotations

import numpy as np

MOST_TOGETHER = 0.999
LATTICE_DAYS = (7.0, 14.0, 30.0, 60.0, 90.0, 135.0, 180.0, 270.0)
"""Horizons between which the place is sought at which both chances pass `MOST_TOGETHER`."""


def too_much(win: np.ndarray, lose: np.ndarray) -> np.ndarray:
    """Which rows pass `MOST_TOGETHER` at the last of their horizons (horizons x rows)."""
    return win[-1] + lose[-1] > MOST_TOGETHER


def limits(win: np.ndarray, lose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most that each chance may reach, per row, from both at rising horizons (horizons x rows).

    Between the last horizon at which there is room for both and the first at which there is none, the place where they
    fill it is found on a straight line. Rows with room at every horizon have their last chances as limits.

    >>> most = limits(np.array([[0.2], [0.6]]), np.array([[0.1], [0.899]]))
    >>> [round(float(one[0]), 3) for one in most]
    [0.433, 0.566]
    """
    nothing = np.zeros((1, win.shape[1]))
    win, lose = np.vstack([nothing, win]), np.vstack([nothing, lose])
    both = win + lose
    over = both > MOST_TOGETHER
    after = np.where(over.any(axis=0), over.argmax(axis=0), len(both) - 1)
    rows = np.arange(both.shape[1])
    low, high = both[after - 1, rows], both[after, rows]
    grown = np.where(high > low, (MOST_TOGETHER - low) / np.where(high > low, high - low, 1.0), 1.0).clip(0, 1)
    most = [part[after - 1, rows] + grown * (part[after, rows] - part[after - 1, rows]) for part in (win, lose)]
    return most[0], most[1]
