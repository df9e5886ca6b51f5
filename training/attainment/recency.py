"""How much each earlier period tells of one: newer ones more, and those of the same season of earlier years."""

from __future__ import annotations

import datetime as dt

import numpy as np

SEASON = 1.5
"""What a period a whole number of years before counts on top, the period just before counting one."""
YEAR_DAYS = 365.25


def period_weights(back: np.ndarray, kept: float, per_year: int) -> np.ndarray:
    """(periods,) weights of the periods that lie `back` before (1 is the last), each `kept` times the one after it.

    `per_year`: how many periods make a year. Years know no season.

    >>> period_weights(np.arange(1, 6), 0.5, 4).tolist()
    [1.0, 0.5, 0.25, 1.625, 0.0625]
    """
    season = (back % per_year == 0) & (per_year > 1)
    return np.asarray(kept ** (back - 1.0) + SEASON * season)


def periods_per_year(length: dt.timedelta) -> int:
    """How many periods of a length make a year, at least one.

    >>> periods_per_year(dt.timedelta(days=91)), periods_per_year(dt.timedelta(days=30))
    (4, 12)
    """
    return max(1, round(YEAR_DAYS / (length / dt.timedelta(days=1))))
