"""Fiscal calendars that start in any month."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.errors import DateInvalid
from history.fiscal import bounds, cadence_of, month_of, parse_period, parts, period_of, previous, quarter_of
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


@pytest.mark.parametrize(
    ("starts", "name", "first", "end"),
    [
        (1, "2026H1", dt.date(2026, 1, 1), dt.date(2026, 7, 1)),
        (1, "2026H2", dt.date(2026, 7, 1), dt.date(2027, 1, 1)),
        (4, "2026H1", dt.date(2025, 4, 1), dt.date(2025, 10, 1)),
        (4, "2026H2", dt.date(2025, 10, 1), dt.date(2026, 4, 1)),
        (1, "2026", dt.date(2026, 1, 1), dt.date(2027, 1, 1)),
        (7, "2026", dt.date(2025, 7, 1), dt.date(2026, 7, 1)),
        (12, "FY2026", dt.date(2025, 12, 1), dt.date(2026, 12, 1)),
    ],
)
def test_half_years_and_years_follow_the_fiscal_calendar(starts: int, name: str, first: dt.date, end: dt.date) -> None:
    period = parse_period(name, Settings(fiscal_year_starts=starts))
    assert (period.first_day, period.end_day) == (first, end)
    assert period.name == name.removeprefix("FY")


@given(days, months)
def test_a_year_is_its_halves_and_each_half_its_quarters(day: dt.date, starts: int) -> None:
    settings = Settings(fiscal_year_starts=starts)
    year, half = (period_of(day, settings, cadence) for cadence in ("year", "half"))
    parts = [parse_period(f"{year.name}{part}", settings) for part in ("H1", "H2", "Q1", "Q2", "Q3", "Q4")]
    edges = [(part.first_day, part.end_day) for part in parts]
    assert edges[0] == (year.first_day, parts[1].first_day)
    assert edges[1][1] == year.end_day
    assert edges[2][0] == edges[0][0]
    assert edges[3][1] == edges[0][1] == edges[4][0]
    assert edges[5][1] == year.end_day
    assert half in parts[:2]
    assert half.contains(day)
    for period in (year, half):
        assert parse_period(period.name, settings) == period
        assert previous(period, settings).end_day == period.first_day
        assert previous(previous(period, settings, 3), settings, -3) == period


@given(days, months, st.sampled_from(["month", "quarter", "half", "year"]))
def test_the_parts_of_a_period_make_it_up_whole(day: dt.date, starts: int, cadence: str) -> None:
    settings = Settings(fiscal_year_starts=starts)
    period = period_of(day, settings, cadence)
    made = parts(period, settings)
    assert [len(one) for one in made] == {"month": [], "quarter": [3], "half": [2, 6], "year": [2, 4, 12]}[cadence]
    for one in made:
        assert (one[0].first_day, one[-1].end_day) == (period.first_day, period.end_day)
        assert all(before.end_day == after.first_day for before, after in itertools.pairwise(one))


@pytest.mark.parametrize(
    "name", ["2026Q5", "2026H3", "2026-13", "Q1 2026", "26Q1", "", "2026-1", "0000", "9999Q4", "FY"]
)
def test_a_period_of_no_known_form_is_refused(name: str) -> None:
    with pytest.raises(
        DateInvalid, match=r"expected a quarter such as 2026Q4, a month such as 2026-11, .*2026H2 .*2026"
    ):
        parse_period(name, Settings())
