"""The stretches of time that a sheet may be of: weeks beside the fiscal periods."""

from __future__ import annotations

import datetime as dt
import re

from history.errors import DateInvalid
from history.fiscal import Period, cadence_of, parse_period, period_of, previous
from history.settings import Settings

_WEEK = re.compile(r"^([1-9]\d{3})-W(\d{2})$")
ONE_WEEK = dt.timedelta(days=7)
FINEST_FIRST = ("week", "month", "quarter", "half", "year")
CADENCES = {"W": "week", "M": "month", "Q": "quarter", "Y": "year"}
"""How often an indicator is read, as the kind of the shortest span that it is told for."""
IN_A_YEAR = {"week": 52, "month": 12, "quarter": 4, "half": 2, "year": 1}


def parse_span(name: str, settings: Settings) -> Period:
    """The week (from Monday) or fiscal period called `name`; raises `DateInvalid`.

    >>> parse_span("2026-W01", Settings()).first_day
    datetime.date(2025, 12, 29)
    """
    match = _WEEK.match(name)
    if match is None:
        return parse_period(name, settings)
    try:
        return _week(dt.date.fromisocalendar(int(match[1]), int(match[2]), 1))
    except ValueError as error:
        raise DateInvalid(f"period {name!r} is not known; expected a week of that year such as 2026-W14.") from error


def kind_of(span: Period) -> str:
    """ "week", "month", "quarter", "half" or "year"."""
    return "week" if _WEEK.match(span.name) else cadence_of(span)


def span_of(day: dt.date, settings: Settings, kind: str) -> Period:
    """The span of `kind` that holds `day`.

    >>> span_of(dt.date(2026, 4, 5), Settings(), "week").name
    '2026-W14'
    """
    return _week(day - dt.timedelta(days=day.weekday())) if kind == "week" else period_of(day, settings, kind)


def earlier(span: Period, settings: Settings, back: int = 1) -> Period:
    """The span of the same kind that lies `back` spans earlier."""
    return _week(span.first_day - back * ONE_WEEK) if kind_of(span) == "week" else previous(span, settings, back)


def told_for(cadence: str, span: Period) -> bool:
    """Whether an indicator of `cadence` (W, M, Q, Y) is told for a span of this length: it is at least as long."""
    return FINEST_FIRST.index(kind_of(span)) >= FINEST_FIRST.index(CADENCES[cadence])


def _week(monday: dt.date) -> Period:
    year, week, _ = monday.isocalendar()
    return Period(monday, monday + ONE_WEEK, f"{year}-W{week:02}")
