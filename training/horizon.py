"""What a horizon adds to a deal's features: columns that never fall as the horizon grows.

A model that is constrained to rise in each of these columns, and reads nothing else of the horizon, can never give a
longer horizon a smaller chance. The place of the horizon's end in the quarter is therefore told by how many quarter
ends and how many of the busy days before them the horizon covers, not by a number that starts again each quarter.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from history.fiscal import bounds, previous, quarter_of
from history.settings import Settings

HORIZON_COLUMNS = ("horizon_days", "horizon_quarter_ends", "horizon_busy_days", "horizon_past_close_date")
BUSY_DAYS = 14
"""The days before a quarter's end in which closings crowd."""
_DAY_US = 86_400_000_000


def quarter_ends(first: dt.datetime, last: dt.datetime, settings: Settings) -> np.ndarray:
    """UTC instants (datetime64[us]) at which fiscal quarters end, from before `first` to after `last`."""
    quarter = previous(quarter_of(settings.day_of(first), settings), settings)
    ends: list[dt.datetime] = []
    while not ends or ends[-1] <= last:
        ends.append(bounds(quarter, settings)[1])
        quarter = previous(quarter, settings, back=-1)
    return np.array(ends, dtype="datetime64[us]")


def horizon_columns(
    as_of: np.ndarray, horizon_days: np.ndarray, days_to_close_date: np.ndarray, settings: Settings
) -> np.ndarray:
    """The four columns of `HORIZON_COLUMNS` (rows x 4); all are in days or counts and rise with the horizon.

    `as_of` is datetime64[us] (UTC), the others are floats in days; `days_to_close_date` may be NaN.
    """
    if len(as_of) == 0:
        return np.empty((0, len(HORIZON_COLUMNS)))
    starts = as_of.astype("datetime64[us]")
    stops = starts + (horizon_days * _DAY_US).astype("timedelta64[us]")
    ends = quarter_ends(starts.min().item(), stops.max().item(), settings)
    crossed = np.searchsorted(ends, stops, side="right") - np.searchsorted(ends, starts, side="right")
    busy = _busy(stops, ends) - _busy(starts, ends)
    return np.column_stack([horizon_days, crossed, busy, horizon_days - days_to_close_date])


def _busy(instants: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Days that lie in a quarter's last `BUSY_DAYS` days, from the first quarter end to each instant."""
    passed = np.searchsorted(ends, instants, side="right")
    left = (ends[np.minimum(passed, len(ends) - 1)] - instants).astype(np.int64) / _DAY_US
    return passed * BUSY_DAYS + np.clip(BUSY_DAYS - left, 0, BUSY_DAYS)
