"""Fiscal months, quarters, half-years and years; pure date arithmetic.

A fiscal year is named after the calendar year in which it ends, so with a year that starts in April `2026Q4` runs
from January to March 2026, `2026H1` from April to September 2025 and `2026` from April 2025 to March 2026. A month
is always a calendar month.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from history.errors import DateInvalid
from history.settings import Settings

MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
"""The cadences and how many months a period of each has."""
FORMS = "expected a quarter such as 2026Q4, a month such as 2026-11, a half-year such as 2026H2 or a year such as 2026"

_PART = re.compile(r"^([1-9]\d{3})(?:Q([1-4])|H([12]))$")
_MONTH = re.compile(r"^([1-9]\d{3})-(0[1-9]|1[0-2])$")
_YEAR = re.compile(r"^(?:FY)?([1-9]\d{3})$")
LAST_YEAR = 9998
"""A period must end on a day that has a date."""


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
    """The period called `name`; raises `DateInvalid` when the name is of no known form. `FY2026` is called `2026`.

    >>> parse_period("2026Q4", Settings(fiscal_year_starts=4)).first_day
    datetime.date(2026, 1, 1)
    >>> parse_period("2026-02", Settings()).end_day
    datetime.date(2026, 3, 1)
    >>> parse_period("FY2026", Settings(fiscal_year_starts=4)).name
    '2026'
    """
    year, cadence, number = _parts(name)
    months = MONTHS_IN[cadence]
    if cadence == "month":
        first = dt.date(year, number, 1)
    else:
        start_year = year if settings.fiscal_year_starts == 1 else year - 1
        first = _month_plus(start_year, settings.fiscal_year_starts, months * (number - 1))
    return Period(first, _month_plus(first.year, first.month, months), name.removeprefix("FY"))


def _parts(name: str) -> tuple[int, str, int]:
    """Year, cadence and which one of the year; raises `DateInvalid`."""
    found: tuple[int, str, int] | None = None
    if match := _PART.match(name):
        found = (int(match[1]), "quarter", int(match[2])) if match[2] else (int(match[1]), "half", int(match[3]))
    elif match := _MONTH.match(name):
        found = int(match[1]), "month", int(match[2])
    elif match := _YEAR.match(name):
        found = int(match[1]), "year", 1
    if found is None or found[0] > LAST_YEAR:
        raise DateInvalid(f"period {name!r} is not known; {FORMS}.")
    return found


def quarter_of(day: dt.date, settings: Settings) -> Period:
    """The fiscal quarter that holds `day`.

    >>> quarter_of(dt.date(2026, 2, 14), Settings()).name
    '2026Q1'
    """
    return period_of(day, settings, "quarter")


def month_of(day: dt.date) -> Period:
    """The calendar month that holds `day`."""
    first = day.replace(day=1)
    return Period(first, _month_plus(first.year, first.month, 1), f"{first:%Y-%m}")


def period_of(day: dt.date, settings: Settings, cadence: str) -> Period:
    """The period of `cadence` ("month", "quarter", "half" or "year") that holds `day`.

    >>> period_of(dt.date(2026, 2, 14), Settings(fiscal_year_starts=4), "half").name
    '2026H2'
    >>> period_of(dt.date(2026, 4, 1), Settings(fiscal_year_starts=4), "year").name
    '2027'
    """
    if cadence == "month":
        return month_of(day)
    months = MONTHS_IN[cadence]
    months_in = (day.month - settings.fiscal_year_starts) % 12
    first = _month_plus(day.year, day.month, -(months_in % months))
    year_start = _month_plus(day.year, day.month, -months_in)
    year = year_start.year if settings.fiscal_year_starts == 1 else year_start.year + 1
    which = {"quarter": f"Q{months_in // 3 + 1}", "half": f"H{months_in // 6 + 1}", "year": ""}[cadence]
    return Period(first, _month_plus(first.year, first.month, months), f"{year}{which}")


def cadence_of(period: Period) -> str:
    """ "month", "quarter", "half" or "year", by the form of the period's name."""
    return _parts(period.name)[1]


def previous(period: Period, settings: Settings, back: int = 1) -> Period:
    """The period of the same kind that lies `back` periods earlier (later when negative)."""
    cadence = cadence_of(period)
    day = _month_plus(period.first_day.year, period.first_day.month, -MONTHS_IN[cadence] * back)
    return period_of(day, settings, cadence)


def parts(period: Period, settings: Settings) -> list[list[Period]]:
    """The shorter periods that make up `period`, a list per cadence, the longest first.

    >>> [[part.name for part in made] for made in parts(parse_period("2026H1", Settings()), Settings())][0]
    ['2026Q1', '2026Q2']
    """
    months = MONTHS_IN[cadence_of(period)]
    shorter = [cadence for cadence, length in MONTHS_IN.items() if length < months]
    return [_made_of(period, settings, cadence) for cadence in reversed(shorter)]


def _made_of(period: Period, settings: Settings, cadence: str) -> list[Period]:
    found = [period_of(period.first_day, settings, cadence)]
    while found[-1].end_day < period.end_day:
        found.append(period_of(found[-1].end_day, settings, cadence))
    return found


def bounds(period: Period, settings: Settings) -> tuple[dt.datetime, dt.datetime]:
    """Start and exclusive end of the period as UTC instants (naive)."""
    return settings.start_of(period.first_day), settings.start_of(period.end_day)
