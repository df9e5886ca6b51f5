"""Fiscal calendars that start in any month."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.errors import DateInvalid
from history.fiscal import bounds, cadence_of, month_of, parse_period, period_of, previous, quarter_of
from history.settings import Settings

DAY = dt.timedelta(days=1)
days = st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31))
months = st.integers(1, 12)


@pytest.mark.parametrize(
    ("starts", "day", "quarter", "first"),
    [
        (1, dt.date(2026, 2, 14), "2026Q1", dt.date(2026, 1, 1)),
        (1, dt.date(2026, 12, 31), "2026Q4", dt.date(2026, 10, 1)),
        (4, dt.date(2026, 3, 31), "2026Q4", dt.date(2026, 1, 1)),
        (4, dt.date(2026, 4, 1), "2027Q1", dt.date(2026, 4, 1)),
        (2, dt.date(2026, 1, 15), "2026Q4", dt.date(2025, 11, 1)),
        (12, dt.date(2026, 12, 1), "2027Q1", dt.date(2026, 12, 1)),
        (7, dt.date(2026, 6, 30), "2026Q4", dt.date(2026, 4, 1)),
    ],
)
def test_a_fiscal_year_is_named_after_the_year_in_which_it_ends(
    starts: int, day: dt.date, quarter: str, first: dt.date
) -> None:
    period = quarter_of(day, Settings(fiscal_year_starts=starts))
    assert (period.name, period.first_day) == (quarter, first)


@given(days, months)
def test_every_day_lies_in_the_quarter_and_month_that_are_named_for_it(day: dt.date, starts: int) -> None:
    settings = Settings(fiscal_year_starts=starts)
    for period in (quarter_of(day, settings), month_of(day)):
        assert period.contains(day)
        assert parse_period(period.name, settings) == period
        assert period_of(day, settings, cadence_of(period)) == period


@given(days, months)
def test_quarters_follow_each_other_without_gap_or_overlap(day: dt.date, starts: int) -> None:
    settings = Settings(fiscal_year_starts=starts)
    period = quarter_of(day, settings)
    after = previous(period, settings, back=-1)
    assert after.first_day == period.end_day
    assert previous(after, settings) == period
    assert 89 <= period.days <= 92
    assert not period.contains(period.end_day)
    assert quarter_of(period.end_day - DAY, settings) == period


@given(days, months)
def test_four_quarters_make_the_year_that_starts_in_the_month(day: dt.date, starts: int) -> None:
    settings = Settings(fiscal_year_starts=starts)
    year = int(quarter_of(day, settings).name[:4])
    quarters = [parse_period(f"{year}Q{number}", settings) for number in (1, 2, 3, 4)]
    assert quarters[0].first_day.month == starts
    assert sum(quarter.days for quarter in quarters) in (365, 366)
    assert quarters[3].end_day - DAY >= dt.date(year, 1, 1)
    assert (quarters[3].end_day - DAY).year == year


@given(days, st.integers(-40, 40))
def test_going_back_and_forth_is_going_nowhere(day: dt.date, back: int) -> None:
    settings = Settings(fiscal_year_starts=5)
    for period in (quarter_of(day, settings), month_of(day)):
        assert previous(previous(period, settings, back), settings, -back) == period


def test_the_bounds_of_a_period_are_instants_in_utc() -> None:
    settings = Settings(timezone="Asia/Shanghai")
    assert bounds(parse_period("2026Q1", settings), settings) == (
        dt.datetime(2025, 12, 31, 16),
        dt.datetime(2026, 3, 31, 16),
    )


@pytest.mark.parametrize("name", ["2026", "2026Q5", "2026-13", "Q1 2026", "26Q1", "", "2026-1"])
def test_a_period_of_no_known_form_is_refused(name: str) -> None:
    with pytest.raises(DateInvalid, match="expected a quarter such as 2026Q4 or a month such as 2026-11"):
        parse_period(name, Settings())
