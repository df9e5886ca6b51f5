from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from history.fiscal import bounds, parse_period
from history.record import History
from history.settings import Settings
from tests.lib.deal_log import at, deal, told
from training.attainment.arrivals import arrivals, kept_per_period
from training.attainment.position import position
from training.attainment.recency import period_weights, periods_per_year
from training.attainment.replay import past_periods


def seasonal() -> History:
    """Thirty quick deals are won in every second quarter from 2023 on, ten in the others."""
    stories = []
    for quarter in range(13):
        year, month = 2023 + quarter // 4, 3 * (quarter % 4) + 1
        for number in range(30 if quarter % 2 else 10):
            day = dt.datetime(year, month, 5) + dt.timedelta(days=number)
            won = day + dt.timedelta(days=20)
            stories.append(deal(f"d{quarter}-{number}", day.isoformat(), ("Won", won.isoformat()), amount=100))
    return told(*stories)


def expected(period: str) -> float:
    history = seasonal()
    start, end = bounds(parse_period(period, Settings()), history.settings)
    now = position(history, start, end, start)
    return arrivals(now, past_periods(now.past, parse_period(period, Settings()), start)).count_mean


def test_a_quarter_is_foretold_more_by_the_same_quarter_of_last_year_than_by_the_quarters_around_it():
    assert expected("2026Q1") < 20.0 < expected("2025Q4")


def test_a_period_of_the_same_season_counts_on_top():
    weights = period_weights(np.arange(1, 9), 0.7, 4)
    assert weights[[3, 7]] == pytest.approx(0.7 ** np.array([3, 7]) + 1.5)
    assert weights[[0, 1, 2]] == pytest.approx(0.7 ** np.array([0, 1, 2]))


def test_years_know_no_season():
    assert period_weights(np.arange(1, 4), 0.5, 1).tolist() == [1.0, 0.5, 0.25]
    assert [periods_per_year(dt.timedelta(days=days)) for days in (30, 91, 182, 365, 366)] == [12, 4, 2, 1, 1]


def test_a_company_that_changes_is_told_by_its_newest_periods_and_a_steady_one_by_all():
    growing, steady = np.array([80, 70, 60, 50, 40, 30, 20, 10.0]), np.array([9, 11, 9, 11, 9, 11, 9, 11.0])
    assert kept_per_period(growing, 4) == 0.5
    assert kept_per_period(steady, 4) > 0.5


def test_a_period_far_ahead_is_told_by_the_same_season():
    """From 2025Q4 two quarters ahead, the newest quarter that is over lies three quarters before."""
    history = seasonal()
    as_of = at("2025-10-02")
    start, end = bounds(parse_period("2026Q2", Settings()), history.settings)
    now = position(history, start, end, as_of)
    earlier = past_periods(now.past, parse_period("2026Q2", Settings()), as_of)
    assert earlier[0].period.name == "2025Q3"
    assert arrivals(now, earlier).count_mean > 0
