"""Statements of people who have not all spoken, and of those whose hand slipped."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from training.attainment.arrivals import MOST_SPREAD, ScopeArrivals, between_periods
from training.attainment.calls import MOST_TIMES, NOW, clipped, for_the_silent
from training.attainment.landing import OpenDeals, landing

PEOPLE = pl.DataFrame({"rep_id": ["ann", "bo", "cy"], "scope": ["North"] * 3})
CAME = pl.DataFrame(
    {
        "scope_kind": ["rep"] * 6,
        "scope_id": ["ann", "bo", "cy"] * 2,
        "age": [0, 0, 0, 1, 1, 1],
        "came": [100.0, 100.0, 200.0] * 2,
    },
    schema_overrides={"age": pl.Int64},
)


def spoken(*who: str, age: int, worth: float = 100.0) -> pl.DataFrame:
    return pl.DataFrame(
        {"scope_kind": "rep", "scope_id": who, "forecaster_kind": "rep", "age": age, "point": 5, "worth": worth},
        schema_overrides={"age": pl.Int64, "point": pl.Int64},
    )


def heard(now: pl.DataFrame, present: pl.DataFrame = PEOPLE) -> dict[str, float]:
    said = pl.concat([now, spoken("ann", "bo", "cy", age=0)])
    told = for_the_silent(now, said, CAME, PEOPLE, present)
    return dict(told.group_by("scope").agg(pl.col("worth").sum()).iter_rows())


def test_those_who_have_spoken_stand_in_for_who_has_not_by_what_each_usually_comes_to() -> None:
    assert heard(spoken("ann", "bo", "cy", age=NOW)) == {"North": pytest.approx(300.0)}
    usual = np.array([100.0, 100.0, 200.0])
    drawn = 1.5 / 3.5
    size = (1 - drawn) * usual + drawn * usual.mean()
    expected = 200.0 * size.sum() / (size[0] + size[2])
    assert heard(spoken("ann", "cy", age=NOW)) == {"North": pytest.approx(expected)}


def test_a_few_voices_are_no_picture_of_a_team() -> None:
    assert heard(spoken("ann", age=NOW)) == {}


def test_nobody_waits_for_who_has_left() -> None:
    here = PEOPLE.filter(pl.col("rep_id") != "cy")
    assert heard(spoken("ann", "bo", age=NOW), here) == {"North": pytest.approx(200.0)}


def test_a_slip_of_the_pen_counts_as_a_few_times_the_most_there_was() -> None:
    told = pl.concat([spoken("ann", age=NOW, worth=100_000.0), spoken("cy", age=NOW, worth=250.0)])
    worth = dict(clipped(told, CAME).select("scope_id", "worth").iter_rows())
    assert worth["cy"] == 250.0
    assert worth["ann"] == pytest.approx(MOST_TIMES * 400.0 / 3)


def test_one_odd_period_spreads_the_number_to_come_only_so_far() -> None:
    counts = np.array([4.0, 2.0, 3.0, 40.0, 2.0, 3.0, 4.0])
    assert between_periods(counts, 0.7, 4) == MOST_SPREAD
    assert between_periods(np.full(7, 4.0), 0.7, 4) < 0.1


@pytest.mark.parametrize("dispersion", [0.1, 1.0, 8.0, 40.0])
def test_the_mean_that_is_told_is_that_of_the_distribution(dispersion: float) -> None:
    """A share of few deals is known loosely: its count has a long tail, which the sum must reach."""
    new = ScopeArrivals(3.0, dispersion, np.array([1.0]), np.array([1.0]))
    none = OpenDeals(np.zeros((0, 1)), np.zeros((0, 1)), np.zeros(0))
    found = landing(0.0, none, new)
    assert found.total.mean == pytest.approx(3.0, rel=3e-3)
