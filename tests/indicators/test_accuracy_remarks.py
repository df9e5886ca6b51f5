"""Calls that are odd are named, each kind in one line, and the record stands on the rest."""

import datetime as dt

import polars as pl
import pytest

from history.record import History
from indicators.accuracy import accuracy
from indicators.by_period import by_period
from indicators.remarks import remarks
from tests.indicators.test_accuracy import ANN, AS_OF, calls, company, row
from tests.lib.deal_log import at


def said(history: History) -> dict[str, str]:
    found = remarks(history, AS_OF)
    assert all("\n" not in one.en + one.zh for one in found)
    return {one.code: one.en for one in found}


def with_more(text: str) -> History:
    more = calls(text)
    return company(pl.concat([ANN, more], how="diagonal_relaxed"))


def test_ordinary_calls_call_for_no_remark():
    assert said(company(ANN)) == {}


def test_a_forecaster_who_is_not_in_reps_is_named_and_measured():
    history = with_more("""
    | forecaster_id | scope_id | period | called_at  | value |
    | zoe           | ann      | 2025Q4 | 2025-11-01 |    50 |
    """)
    assert said(history) == {
        "forecaster_unknown": "1 call by zoe, not in reps, measured all the same, without a team; add this "
        "person to reps."
    }
    assert row(history, "zoe")["actual_sum"] == 100


def test_a_period_that_does_not_parse_is_named_and_not_counted():
    history = with_more("""
    | forecaster_id | period | called_at  | value |
    | ann           | 2025Q7 | 2025-11-01 |    50 |
    | ann           | Q4-25  | 2025-11-01 |    50 |
    """)
    assert said(history) == {
        "period_unknown": "2 calls for period '2025Q7', 'Q4-25', which is none: kept and not counted; expected a "
        "period such as 2026Q4, 2026-11, 2026H2 or 2026. Correct it where the calls come from."
    }
    assert row(history) == row(company(ANN))


def test_calls_after_the_periods_end_are_kept_not_counted_and_said():
    history = with_more("""
    | forecaster_id | period | called_at  | recorded_at | value |
    | ann           | 2025Q1 | 2025-04-01 | 2025-04-01  |   100 |
    | bo            | 2025Q1 | 2025-03-01 | 2025-04-02  |   400 |
    """)
    assert said(history) == {
        "after_the_end": "2 calls said or entered after the period's end (ann 2025Q1, bo 2025Q1): kept and not "
        "counted, for what is said then is no forecast."
    }
    assert row(history)["wape"] == row(company(ANN))["wape"]
    assert "bo" not in set(accuracy(history, AS_OF)["forecaster_id"])
    assert history["forecast_calls"].height == 6


@pytest.mark.parametrize("value", [-50.0, float("inf")])
def test_a_value_below_zero_is_named_and_the_call_before_stands(value: float):
    history = with_more("""
    | forecaster_id | period | called_at  | value |
    | ann           | 2025Q4 | 2025-11-01 |     1 |
    """)
    odd = pl.when(pl.col("called_at") == at("2025-11-01")).then(pl.lit(value)).otherwise("value")
    history = history.with_tables(forecast_calls=history["forecast_calls"].with_columns(value=odd))
    assert said(history) == {
        "value_negative": f"1 call below 0 or not a number (ann 2025Q4 {value:g}): kept and not counted, so the call "
        "before stands; expected 0 or more. Correct it where the calls come from."
    }
    assert row(history)["forecast_sum"] == 400


def test_two_calls_at_one_instant_are_named_with_which_one_counts():
    history = with_more("""
    | forecaster_id | period | called_at  | recorded_at         | value |
    | ann           | 2025Q4 | 2025-11-01 | 2025-11-01T00:00:05 |    50 |
    | ann           | 2025Q4 | 2025-11-01 | 2025-11-01T00:00:04 |    90 |
    """)
    assert said(history) == {
        "at_one_instant": "2 calls made by one forecaster at one instant with unlike values (ann 2025Q4); the one "
        "recorded last counts, of those recorded together the higher."
    }
    assert row(history)["forecast_sum"] == 400 - 110 + 50


def test_of_two_calls_recorded_together_the_higher_counts():
    history = with_more("""
    | forecaster_id | period | called_at  | recorded_at | value |
    | ann           | 2025Q4 | 2025-11-01 | 2025-11-01  |    90 |
    | ann           | 2025Q4 | 2025-11-01 | 2025-11-01  |    50 |
    """)
    assert row(history)["forecast_sum"] == 400 - 110 + 90


def moved(day: str) -> History:
    """Bo, who won 400 on 2025-02-20, goes from North to South on a day; both managers call."""
    history = with_more("""
    | forecaster_kind | forecaster_id | scope_kind | scope_id | period | called_at  | value |
    | manager         | ann           | team       | North    | 2025Q1 | 2025-02-01 |   500 |
    | manager         | cy            | team       | South    | 2025Q1 | 2025-02-01 |   400 |
    """)
    people = history["reps"].with_columns(valid_from=pl.lit(None, dtype=pl.Datetime("us")))
    later = people.filter(pl.col("rep_id") == "bo").with_columns(team=pl.lit("South"), valid_from=pl.lit(at(day)))
    return history.with_tables(reps=pl.concat([people, later]))


@pytest.mark.parametrize(("day", "north", "south"), [("2025-02-21", 500, 0), ("2025-02-20", 100, 400)])
def test_who_changed_team_within_a_period_is_named_and_credited_by_the_day(day: str, north: int, south: int):
    history = moved(day)
    assert said(history) == {
        "team_changed": f"1 move to another team within a period (bo {day} North > South (2025Q1)): wins count for the "
        "team of the day on which they were won."
    }
    rows = by_period(history, AS_OF, "team", (15,)).filter(pl.col("forecaster_kind") == "manager")
    assert dict(rows.select("scope_id", "actual").iter_rows()) == {"North": north, "South": south}


def test_only_what_was_known_is_remarked_on():
    history = with_more("""
    | forecaster_id | period | called_at  | value |
    | zoe           | 2026Q1 | 2026-01-20 |    50 |
    """)
    assert said(history) == {}
    assert [one.code for one in remarks(history, AS_OF + dt.timedelta(days=20))] == ["forecaster_unknown"]


def test_many_are_named_by_the_first_three():
    history = with_more("""
    | forecaster_id | period | called_at  | value |
    | z1            | 2025Q4 | 2025-11-01 |    50 |
    | z2            | 2025Q4 | 2025-11-01 |    50 |
    | z3            | 2025Q4 | 2025-11-01 |    50 |
    | z4            | 2025Q4 | 2025-11-01 |    50 |
    """)
    assert said(history)["forecaster_unknown"].startswith("4 calls by z1, z2, z3 and 1 more, not in reps")
