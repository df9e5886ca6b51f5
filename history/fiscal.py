"""Fiscal months, quarters and days left in a period; pure date arithmetic.

A fiscal year is named after the calendar year in which it ends, so with a year that starts in April `2026Q4` runs
from January to March 2026. A month is always a calendar month.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from history.errors import DateInvalid
from history.settings import Settings

_QUARTER = re.compile(r"^(\d{4})Q([1-4])$")
_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")


@dataclass(frozen=True, order=True)
class Period:
    """A named stretch of days: `first_day` belongs to it, `end_day` is the day after it."""

    first_day: dt.date
    end_day: dt.date
    name: str

    def contains(self, day: dt.date) -> bool:
        return self.first_day <= day < self.end_day

    @property
    def days(self) -> int:
        return (self.end_day - self.first_day).days


def _month_plus(year: int, month: int, months: int) -> dt.date:
    index = year * 12 + (month - 1) + months
    return dt.date(index // 12, index % 12 + 1, 1)


def parse_period(name: str, settings: Settings) -> Period:
    """The period called `name`; raises `DateInvalid` when the name is of no known form.

    >>> parse_period("2026Q4", Settings(fiscal_year_starts=4)).first_day
    datetime.date(2026, 1, 1)
    >>> parse_period("2026-02", Settings()).end_day
    datetime.date(2026, 3, 1)
    """
    if match := _QUARTER.match(name):
        year, quarter = int(match[1]), int(match[2])
        start_year = year if settings.fiscal_year_starts == 1 else year - 1
        first = _month_plus(start_year, settings.fiscal_year_starts, 3 * (quarter - 1))
        return Period(first, _month_plus(first.year, first.month, 3), name)
    if match := _MONTH.match(name):
        first = dt.date(int(match[1]), int(match[2]), 1)
        return Period(first, _month_plus(first.year, first.month, 1), name)
    raise DateInvalid(f"period {name!r} is not known; expected a quarter such as 2026Q4 or a month such as 2026-11.")


def quarter_of(day: dt.date, settings: Settings) -> Period:
    """The fiscal quarter that holds `day`.

    >>> quarter_of(dt.date(2026, 2, 14), Settings()).name
    '2026Q1'
    """
    months_in = (day.month - settings.fiscal_year_starts) % 12
    first = _month_plus(day.year, day.month, -(months_in % 3))
    year_start = _month_plus(day.year, day.month, -months_in)
    year = year_start.year if settings.fiscal_year_starts == 1 else year_start.year + 1
    return Period(first, _month_plus(first.year, first.month, 3), f"{year}Q{months_in // 3 + 1}")


def month_of(day: dt.date) -> Period:
    """The calendar month that holds `day`."""
    first = day.replace(day=1)
    return Period(first, _month_plus(first.year, first.month, 1), f"{first:%Y-%m}")


def period_of(day: dt.date, settings: Settings, cadence: str) -> Period:
    """The period of `cadence` ("quarter" or "month") that holds `day`."""
    return month_of(day) if cadence == "month" else quarter_of(day, settings)


def cadence_of(period: Period) -> str:
    """ "month" or "quarter", by the form of the period's name."""
    return "quarter" if "Q" in period.name else "month"


def previous(period: Period, settings: Settings, back: int = 1) -> Period:
    """The period of the same kind that lies `back` periods earlier (later when negative)."""
    months = 3 if cadence_of(period) == "quarter" else 1
    day = _month_plus(period.first_day.year, period.first_day.month, -months * back)
    return period_of(day, settings, cadence_of(period))


def bounds(period: Period, settings: Settings) -> tuple[dt.datetime, dt.datetime]:
    """Start and exclusive end of the period as UTC instants (naive)."""
    return settings.start_of(period.first_day), settings.start_of(period.end_day)
