"""The newest weeks of a weekly history beside the weeks before them, for every week it is seen from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from history.settings import Settings


@dataclass(frozen=True)
class Windows:
    """What is compared in a week: the `now` newest weeks with up to `before` weeks ahead of those, at least `least`."""

    now: int
    before: int
    least: int

    @property
    def span(self) -> int:
        return self.now + self.before


LEARNED = 52
"""So many weeks before the as-of date are looked at for thresholds."""
DEALS = Windows(now=4, before=26, least=8)
"""Open deals: four weeks beside half a year."""
WINS = Windows(now=13, before=52, least=13)
"""Wins: a quarter beside a year, so that the ends of quarters weigh the same on either side."""


def week_starts(as_of: dt.datetime, weeks: int, settings: Settings) -> list[dt.datetime]:
    """The start of the as-of day and of the days 7, 14, ... before it (naive UTC), the oldest first.

    >>> [f"{one:%m-%d}" for one in week_starts(dt.datetime(2026, 1, 15), 3, Settings())]
    ['01-01', '01-08', '01-15']
    """
    day = settings.day_of(as_of)
    return [settings.start_of(day - dt.timedelta(days=7 * back)) for back in range(weeks - 1, -1, -1)]


def by_week(codes: np.ndarray, week: np.ndarray, bins: int, weeks: int) -> np.ndarray:
    """How many rows of each week (0 is the oldest) lie in each bin: weeks x bins."""
    return np.bincount(week * bins + codes, minlength=weeks * bins).reshape(weeks, bins).astype(float)


def sides(counts: np.ndarray, at: int, windows: Windows) -> tuple[np.ndarray, np.ndarray] | None:
    """The counts of the weeks before and of the newest as seen at the end of week `at`; None where there are few."""
    cut = at - windows.now + 1
    first = max(cut - windows.before, 0)
    if cut - first < windows.least:
        return None
    return counts[first:cut].sum(axis=0), counts[cut : at + 1].sum(axis=0)


@dataclass(frozen=True)
class Sizes:
    """How many distinct deals stand behind the rows before and now, by week; the rows of one deal tell little more."""

    before: np.ndarray
    now: np.ndarray


def distinct(deal: np.ndarray, week: np.ndarray, weeks: int, windows: Windows) -> Sizes:
    """The distinct deals (numbered from 0) on either side as seen at the end of each week."""
    deals = int(deal.max()) + 1 if len(deal) else 0
    seen = np.zeros((weeks + 1, deals), np.int32)
    seen[week + 1, deal] = 1
    total = np.cumsum(seen, axis=0)
    cut = np.maximum(np.arange(weeks) - windows.now + 1, 0)
    first = np.maximum(cut - windows.before, 0)
    before = (total[cut] - total[first] > 0).sum(axis=1)
    now = (total[np.arange(weeks) + 1] - total[cut] > 0).sum(axis=1)
    return Sizes(before, now)
