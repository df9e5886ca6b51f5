"""Which periods count, and up to which instant a statement about them counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from history.errors import NoHistory, RequestInvalid
from history.fiscal import Period, bounds, period_of, previous
from history.record import History

CADENCES = ("quarter", "month", "half", "year")
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Horizon:
    """One period seen from `days` before its end.

    `start` and `end` bound the period and `cut` ends the horizon day (naive UTC, exclusive): what was said or known
    before `cut` counts. `base` is the newest period that had ended by then, for the naive rule.
    """

    period: str
    days: int
    start: dt.datetime
    end: dt.datetime
    cut: dt.datetime
    base: str
    base_start: dt.datetime
    base_end: dt.datetime


def ended_periods(history: History, as_of: dt.datetime, cadence: str) -> list[Period]:
    """The periods that have ended at `as_of` (naive UTC), oldest first, from the one in which history begins.

    Raises `NoHistory` when nothing was recorded before `as_of`, `RequestInvalid` for an unknown cadence.
    """
    if cadence not in CADENCES:
        raise RequestInvalid(f"cadence {cadence!r} is not known; expected one of: {', '.join(CADENCES)}. Correct it.")
    settings = history.settings
    period = period_of(settings.day_of(first_instant(history, as_of)), settings, cadence)
    periods = []
    while bounds(period, settings)[1] <= as_of:
        periods.append(period)
        period = previous(period, settings, -1)
    return periods


def first_instant(history: History, as_of: dt.datetime) -> dt.datetime:
    """When history begins (naive UTC); raises `NoHistory` when that is not before `as_of`."""
    first = history.first_recorded
    if first is None:
        raise NoHistory("The history holds no change of any deal; import data before asking for results.")
    if first >= as_of:
        asked, began = (history.settings.day_of(instant) for instant in (as_of, first))
        raise NoHistory(f"as-of {asked} lies before any data; history begins on {began}. Ask later.")
    return first


def horizons_of(history: History, as_of: dt.datetime, days: Sequence[int], cadence: str) -> list[Horizon]:
    """Every ended period at every horizon whose day begins after history does, oldest first.

    `days` counts from the day after the period's last day: with 15 the horizon day of 2026Q1 is 2026-03-17, and a
    statement of that day still counts, in the workspace's time zone.
    """
    if wrong := [day for day in days if not isinstance(day, int) or day < 1]:
        raise RequestInvalid(
            f"horizon {wrong[0]!r} is not a number of days; expected 1 or more before the period's end."
        )
    first = first_instant(history, as_of)
    seen = [
        _horizon(history, period, day)
        for period in ended_periods(history, as_of, cadence)
        for day in sorted(set(days), reverse=True)
    ]
    return [one for one in seen if one.cut - ONE_DAY > first]


def _horizon(history: History, period: Period, days: int) -> Horizon:
    settings = history.settings
    start, end = bounds(period, settings)
    cut = settings.start_of(period.end_day - dt.timedelta(days=days) + ONE_DAY)
    base = previous(period, settings)
    while bounds(base, settings)[1] > cut:
        base = previous(base, settings)
    return Horizon(period.name, days, start, end, cut, base.name, *bounds(base, settings))
