"""Implied calls, the naive rule and the model beside them."""

import polars as pl
import pytest

from history.record import History
from history.settings import Settings, Stage
from indicators.accuracy import accuracy
from indicators.cells import statement_cells
from tests.indicators.test_accuracy import calls
from tests.lib.deal_log import SETTINGS, at, deal, told

AS_OF = at("2026-01-10")
FIRST = deal("early", "2024-05-01", ("Lost", "2024-06-01"), owner_id="di", amount=1)


def implied(history: History, who: str = "ann", period: str = "2025Q4", days: int = 15) -> dict:
    cells = statement_cells(history, AS_OF, ("rep",), (days,))
    chosen = (pl.col("forecaster_id") == who) & (pl.col("period") == period) & (pl.col("source") == "implied")
    return cells.row(by_predicate=chosen, named=True)


def test_the_implied_call_is_what_is_booked_plus_the_open_deals_dated_in_the_period_as_of_that_day():
    history = told(
        FIRST,
        deal("won", "2025-10-01", ("Won", "2025-11-01"), owner_id="ann", amount=100, close_date="2025-11-20"),
        deal("in", "2025-10-01", ("Won", "2025-12-30"), owner_id="ann", amount=40, close_date="2025-12-31"),
        deal("next", "2025-10-01", owner_id="ann", amount=1000, close_date="2026-01-01"),
        deal("past", "2025-10-01", owner_id="ann", amount=5000, close_date="2025-09-30"),
        deal("new", "2025-12-18", owner_id="ann", amount=9, close_date="2025-12-31"),
    )
    assert implied(history)["forecast"] == 140
    assert implied(history)["actual"] == 140


def test_a_date_moved_after_the_horizon_day_does_not_help():
    slips = deal("slips", "2025-10-01", owner_id="ann", amount=40, close_date="2025-12-31")
    slips.append(("slips", at("2025-12-20"), "close_date", "2026-03-31", at("2025-12-20")))
    assert implied(told(FIRST, slips))["forecast"] == 40


def test_once_categories_are_in_use_only_the_likely_ones_count():
    def one(name: str, category: str) -> list:
        return deal(name, "2025-10-01", owner_id="ann", amount=40, close_date="2025-12-31", forecast_category=category)

    history = told(FIRST, one("a", "Commit"), one("b", "Best Case"), one("c", "Omitted"), one("d", "Most Likely"))
    assert implied(history)["forecast"] == 80


def test_a_stage_may_give_the_category():
    stages = (Stage("Qualify", category="pipeline"), Stage("Offer", category="commit"), *SETTINGS.stages[2:])
    history = told(
        FIRST,
        deal("q", "2025-10-01", owner_id="ann", amount=40, close_date="2025-12-31"),
        deal("o", "2025-10-01", ("Offer", "2025-10-05"), owner_id="ann", amount=3, close_date="2025-12-31"),
        settings=Settings("CNY", "UTC", 1, stages),
    )
    assert implied(history)["forecast"] == 3


def test_an_open_deal_of_unknown_amount_adds_nothing_but_only_unknown_ones_imply_no_amount():
    dated = {"owner_id": "ann", "close_date": "2025-12-31"}
    known = told(FIRST, deal("a", "2025-10-01", amount=5, **dated), deal("b", "2025-10-01", **dated))
    assert implied(known)["forecast"] == 5
    unknown = told(FIRST, deal("b", "2025-10-01", **dated))
    assert statement_cells(unknown, AS_OF, ("rep",), (15,)).is_empty()
    assert statement_cells(unknown, AS_OF, ("rep",), (15,), "count")["forecast"].to_list() == [1]


def test_a_person_whose_deals_carry_no_date_has_said_nothing():
    history = told(
        FIRST,
        deal("a", "2025-10-01", owner_id="ann", amount=5),
        deal("b", "2025-10-01", owner_id="bo", amount=5, close_date="2025-12-31"),
    )
    assert set(statement_cells(history, AS_OF, ("rep",), (15,))["forecaster_id"]) == {"bo"}


def test_a_team_implies_the_sum_of_its_people():
    history = told(
        FIRST,
        deal("a", "2025-10-01", owner_id="ann", amount=5, close_date="2025-12-31"),
        deal("b", "2025-10-01", owner_id="bo", amount=7, close_date="2025-12-31"),
        deal("c", "2025-10-01", ("Won", "2025-12-30"), owner_id="cy", amount=11, close_date="2025-12-31"),
    )
    found = accuracy(history, AS_OF, by="team", horizons=(15,)).filter(pl.col("n_periods") == 1)
    assert dict(found.select("scope_id", "forecast_sum").iter_rows()) == {"North": 12, "South": 11}
    assert set(found["source"]) == {"implied"}


def won(name: str, day: str, amount: float) -> list:
    return deal(name, "2025-01-05", ("Won", day), owner_id="ann", amount=amount)


@pytest.fixture
def record() -> History:
    """Q3: 30 booked by its horizon day (2025-09-16), 50 after. Q4: 10 booked by its own, 90 after."""
    said = calls("""
    | forecaster_kind | forecaster_id | scope_id | period | called_at  | value |
    | rep             | ann           | ann      | 2025Q3 | 2025-08-01 |    60 |
    | rep             | ann           | ann      | 2025Q4 | 2025-11-01 |   120 |
    | model           | v1            | ann      | 2025Q4 | 2025-11-01 |    70 |
    | model           | v2            | ann      | 2025Q4 | 2025-12-01 |    95 |
    | model           | v2            | ann      | 2025Q4 | 2025-12-24 |   100 |
    """)
    return told(
        deal("early", "2025-05-01", ("Lost", "2025-06-01"), owner_id="di", amount=1),
        won("a", "2025-08-01", 30),
        won("b", "2025-09-20", 50),
        won("c", "2025-10-20", 10),
        won("d", "2025-12-24", 90),
        forecast_calls=said,
    )


def test_the_naive_rule_adds_what_the_last_period_still_won_after_its_horizon_day(record: History):
    cells = statement_cells(record, AS_OF, ("rep",), (15,)).filter(pl.col("forecaster_kind") == "rep")
    by_period = {row["period"]: row["naive"] for row in cells.iter_rows(named=True)}
    assert by_period == {"2025Q3": 30.0, "2025Q4": 10.0 + 50.0}


def test_where_the_last_period_has_no_horizon_day_in_history_there_is_no_naive_value(record: History):
    later = pl.max_horizontal("changed_at", pl.lit(at("2025-06-20")))
    changes = (
        record["deal_changes"].filter(pl.col("deal_id") != "early").with_columns(changed_at=later, recorded_at=later)
    )
    late = record.with_tables(deal_changes=changes)
    cells = statement_cells(late, AS_OF, ("rep",), (15,)).filter(pl.col("forecaster_kind") == "rep")
    assert {row["period"]: row["naive"] for row in cells.iter_rows(named=True)} == {"2025Q3": None, "2025Q4": 60.0}


def test_value_added_compares_on_the_periods_that_both_have(record: History):
    ann = accuracy(record, AS_OF, horizons=(15,)).row(by_predicate=pl.col("forecaster_kind") == "rep", named=True)
    # Misses: ann 20 + 20 over 180 won, the rule 50 + 40. The model spoke of Q4 alone: 5 against her 20 over 100.
    assert ann["fva_naive"] == pytest.approx((90 - 40) / 180)
    assert ann["fva_model"] == pytest.approx((5 - 20) / 100)


def test_the_model_is_a_forecaster_like_any_other(record: History):
    found = accuracy(record, AS_OF, horizons=(15,)).filter(pl.col("forecaster_kind") == "model")
    assert dict(found.select("forecaster_id", "forecast_sum").iter_rows()) == {"v1": 70, "v2": 95}
    assert found.filter(pl.col("forecaster_id") == "v2")["fva_model"].item() == 0


def test_model_calls_may_be_handed_in(record: History):
    own = record.with_tables(forecast_calls=record["forecast_calls"].filter(pl.col("forecaster_kind") == "rep"))
    models = record["forecast_calls"].filter(pl.col("forecaster_kind") == "model")
    handed = accuracy(own, AS_OF, horizons=(15,), model_calls=models)
    assert handed.equals(accuracy(record, AS_OF, horizons=(15,)))
    assert accuracy(own, AS_OF, horizons=(15,))["fva_model"].null_count() == 1


def test_a_horizon_that_lies_before_the_period_looks_to_the_last_one_that_had_ended(record: History):
    # 45 days before October ends is in September, so August (30 won) is the last month to have ended.
    cells = statement_cells(
        record.with_tables(forecast_calls=record["forecast_calls"].with_columns(period=pl.lit("2025-10"))),
        AS_OF,
        ("rep",),
        (45,),
        cadence="month",
    )
    assert cells.filter(pl.col("forecaster_kind") == "rep")["naive"].to_list() == [30.0]
