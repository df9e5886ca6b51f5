"""Nothing is learned from that had not ended by the cut."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.settings import Settings
from training.fitting import Window
from training.splits import Sampling, calibration_start, long_horizon_days, sample_horizons, thin, weekly_instants

START = dt.datetime(2025, 1, 1)


def a_spine(weeks: int, deals: int) -> pl.DataFrame:
    rows = [(f"D{deal}", START + dt.timedelta(days=7 * week)) for week in range(weeks) for deal in range(deals)]
    return pl.DataFrame(rows, schema={"deal_id": pl.String, "as_of": pl.Datetime("us")}, orient="row")


@settings(deadline=None)
@given(weeks=st.integers(1, 40), days_past=st.integers(1, 200), seed=st.integers(0, 5))
def test_every_sampled_horizon_lies_after_its_day_and_has_ended_by_the_cut(
    weeks: int, days_past: int, seed: int
) -> None:
    cut = START + dt.timedelta(days=days_past)
    spine = a_spine(weeks, 3).filter(pl.col("as_of") < cut)
    rows = sample_horizons(spine, cut, Settings(), 90, Sampling(seed))
    assert rows.filter((pl.col("horizon_end") > cut) | (pl.col("horizon_end") <= pl.col("as_of"))).is_empty()
    assert rows.select("deal_id", "as_of", "horizon_end").is_duplicated().any() is False


def test_the_same_seed_draws_the_same_horizons() -> None:
    cut = START + dt.timedelta(days=300)
    spine = a_spine(20, 5)
    drawn = [sample_horizons(spine, cut, Settings(), 180, Sampling(seed)) for seed in (1, 1, 2)]
    assert drawn[0].equals(drawn[1])
    assert not drawn[0].equals(drawn[2])


def test_the_order_of_rows_does_not_change_what_is_drawn() -> None:
    cut = START + dt.timedelta(days=300)
    spine = a_spine(20, 5)
    straight, shuffled = (sample_horizons(s, cut, Settings(), 180, Sampling()) for s in (spine, spine.reverse()))
    assert straight.equals(shuffled)


def test_the_calibration_window_is_later_than_all_that_the_first_boosters_learned(window: Window) -> None:
    earlier = window.rows.filter(pl.Series(window.earlier))["horizon_end"].max()
    later = window.rows.filter(pl.Series(window.later))["as_of"].min()
    assert earlier <= window.middle <= later  # type: ignore[operator]
    assert window.rows["horizon_end"].max() <= window.cut  # type: ignore[operator]


@pytest.mark.parametrize(("weeks", "expected"), [(2, 30), (30, 90), (120, 365)])
def test_the_long_horizon_is_the_longest_that_enough_deals_have_lived_through(weeks: int, expected: int) -> None:
    rows = [(f"D{week}-{n}", START + dt.timedelta(days=7 * week)) for week in range(weeks) for n in range(20)]
    spine = pl.DataFrame(rows, schema={"deal_id": pl.String, "as_of": pl.Datetime("us")}, orient="row")
    assert long_horizon_days(spine, START + dt.timedelta(days=7 * weeks)) == expected


def test_thinning_drops_whole_days_and_keeps_the_newest() -> None:
    spine = a_spine(50, 10)
    kept = thin(spine, 100)
    assert kept["as_of"].max() == spine["as_of"].max()
    assert set(kept.group_by("as_of").len()["len"]) == {10}
    assert kept.height == pytest.approx(100, abs=20)
    assert thin(spine, 1_000).equals(spine)


def test_weekly_days_do_not_depend_on_the_cut() -> None:
    early = weekly_instants(START, START + dt.timedelta(days=100), Settings())
    late = weekly_instants(START, START + dt.timedelta(days=200), Settings())
    assert late[: len(early)] == early


def test_the_calibration_window_is_at_most_half_a_year() -> None:
    cut = dt.datetime(2026, 1, 1)
    assert cut - calibration_start(dt.datetime(2010, 1, 1), cut) == dt.timedelta(days=182)
    assert cut - calibration_start(dt.datetime(2025, 12, 22), cut) == dt.timedelta(days=3)
