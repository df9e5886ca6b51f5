"""The ledger finds in one filter what a replay finds."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from history.as_of import known
from history.deals import closings, snapshot
from history.fiscal import bounds, parse_period
from history.record import History
from history.synthetic import generate
from indicators.actuals import closed_in, one_period
from indicators.book import Record, book_of
from indicators.credit import slim
from indicators.funnel import funnel
from indicators.ledger import open_ledger
from tests.lib.deal_log import SETTINGS, at, company, deal, told

AS_OF = dt.datetime(2026, 1, 10)


@cache
def histories() -> dict[str, History]:
    return {"told": company(150, seed=6), "synthetic": generate(300, 4).history}


@pytest.mark.parametrize("name", ["told", "synthetic"])
def test_deals_stand_where_a_snapshot_has_them_on_any_day(name: str):
    past = slim(known(histories()[name], AS_OF))
    ledger = open_ledger(past, AS_OF)
    for day in (at("2024-06-03"), at("2025-02-14T05:00"), AS_OF):
        whole = snapshot(past, day)
        assert_frame_equal(ledger.standing(day), whole)
        assert_frame_equal(ledger.standing(day, open_only=True), whole.filter(pl.col("outcome").is_null()))
        assert_frame_equal(ledger.known_by(day, past).standing(day), whole)
        few = ["deal_id", "created_at", "currency", "source", "account_id", "amount", "outcome", "closed_at"]
        narrow = ledger.standing(day, fields=("amount", "account_id"))
        assert_frame_equal(narrow, whole.select(few), check_column_order=False)


def test_a_workspaces_own_levels_are_read_and_credited():
    own = replace(SETTINGS, hierarchies=(("market", ("channel",)),))
    stories = [
        deal("d1", "2025-01-02", ("Offer", "2025-01-10"), ("Won", "2025-02-01"), owner_id="ann", channel="Online"),
        deal("d2", "2025-01-02", ("Offer", "2025-01-12"), owner_id="cy"),
    ]
    history = told(*stories, settings=own)
    past = slim(known(history, AS_OF))
    assert_frame_equal(open_ledger(past, AS_OF).standing(AS_OF), snapshot(past, AS_OF))
    won = book_of(Record(history, AS_OF), parse_period("2025Q1", own)).won
    assert won["channel"].to_list() == ["Online"]
    found = funnel(history, at("2025-01-01"), at("2025-02-01"), AS_OF, ["channel"])
    entered = found.group_by("channel").agg(pl.col("entered").sum()).sort("channel")
    assert entered.rows() == [("(none)", 2), ("Online", 2)]


@pytest.mark.parametrize("name", ["told", "synthetic"])
def test_closings_are_those_of_a_replay(name: str):
    past = slim(known(histories()[name], AS_OF))
    changes = past["deal_changes"].filter(pl.col("changed_at") < AS_OF)
    expected = closings(past.with_tables(deal_changes=changes)).drop("recorded_at").sort("closed_at", "deal_id")
    ledger = open_ledger(past, AS_OF)
    found = ledger.closings.join(ledger.deals.select("number", "deal_id"), on="number")
    assert_frame_equal(found.select(expected.columns).sort("closed_at", "deal_id"), expected)


@pytest.mark.parametrize("period", ["2025Q1", "2025-09", "2025", "2026Q1"])
@pytest.mark.parametrize("name", ["told", "synthetic"])
def test_what_closed_in_a_period_is_credited_and_valued_as_forecasts_have_it(name: str, period: str):
    history = histories()[name]
    span = parse_period(period, history.settings)
    record = Record(history, AS_OF)
    expected = closed_in(record.ledger.past, one_period(period, *bounds(span, history.settings)), AS_OF)
    found = book_of(record, span).closed.select(column for column in expected.columns if column != "period")
    order = ["deal_id", "closed_at"]
    assert_frame_equal(found.sort(order), expected.drop("period").sort(order))


def test_a_stay_ends_forward_back_won_or_lost_and_a_stage_written_twice_is_one_stay():
    history = told(
        deal("on", "2025-01-01", ("Offer", "2025-01-11"), ("Offer", "2025-01-12"), ("Won", "2025-01-21")),
        deal("back", "2025-01-01", ("Offer", "2025-01-11"), ("Qualify", "2025-01-15"), ("Lost", "2025-02-01")),
        deal("odd", "2025-01-01", ("Elsewhere", "2025-01-05"), ("Offer", "2025-01-09")),
    )
    ledger = open_ledger(slim(known(history, AS_OF)), AS_OF)
    stays = ledger.spells.join(ledger.deals.select("number", "deal_id"), on="number")
    rows = stays.sort("deal_id", "entered_at").select("deal_id", "stage", "move").rows()
    assert rows == [
        ("back", "Qualify", "forward"),
        ("back", "Offer", "back"),
        ("back", "Qualify", "lost"),
        ("odd", "Qualify", None),
        ("odd", "Offer", None),
        ("on", "Qualify", "forward"),
        ("on", "Offer", "won"),
    ]
    left = stays.filter((pl.col("deal_id") == "odd") & (pl.col("stage") == "Qualify"))["left_at"].item()
    assert left == at("2025-01-05")
