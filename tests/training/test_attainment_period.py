from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from history.as_of import known
from history.fiscal import bounds, parse_period
from history.record import History
from tests.lib.deal_log import SETTINGS, TEAMS, at, company, deal, told
from training.attainment.arrivals import arrivals, scope_arrivals
from training.attainment.position import Position, position
from training.attainment.replay import past_periods, same_point

Q1 = parse_period("2026Q1", SETTINGS)


def standing(history: History, as_of: str) -> Position:
    return position(history, *bounds(Q1, SETTINGS), at(as_of))


def booked(history: History, as_of: str) -> list[str]:
    return standing(history, as_of).booked["deal_id"].to_list()


def still_to_come(history: History, as_of: str):
    now = standing(history, as_of)
    return arrivals(now, past_periods(now.past, Q1, at(as_of)))


def test_a_win_is_booked_in_the_period_in_which_it_took_place():
    history = told(
        deal("before", "2025-11-01", ("Won", "2025-12-31")),
        deal("first_day", "2025-11-01", ("Won", "2026-01-01")),
        deal("after", "2025-11-01", ("Won", "2026-04-01")),
        deal("lost", "2025-11-01", ("Lost", "2026-02-01")),
    )
    assert booked(history, "2026-03-01") == ["first_day"]
    assert booked(history, "2026-06-01") == ["first_day"]


def test_a_win_recorded_late_is_booked_once_it_is_known_and_open_until_then():
    history = told(deal("d1", "2025-11-01", ("Won", "2026-02-01"), recorded="2026-04-10"))
    assert booked(history, "2026-03-01") == []
    assert standing(history, "2026-03-01").open["deal_id"].to_list() == ["d1"]
    assert booked(history, "2026-04-11") == ["d1"]


def test_a_deal_reopened_in_the_period_is_not_booked_and_one_reopened_later_is():
    within = told(deal("d1", "2025-11-01", ("Won", "2026-01-10"), ("Offer", "2026-02-10")))
    later = told(deal("d1", "2025-11-01", ("Won", "2026-01-10"), ("Offer", "2026-05-10")))
    assert booked(within, "2026-02-01") == ["d1"]
    assert booked(within, "2026-03-01") == booked(within, "2026-06-01") == []
    assert standing(within, "2026-03-01").open["deal_id"].to_list() == ["d1"]
    assert booked(later, "2026-06-01") == ["d1"]


def test_a_win_stays_with_the_owner_who_won_it():
    story = deal("d1", "2025-11-01", ("Won", "2026-01-10"), owner_id="ann", amount=5)
    moved = ("d1", at("2026-01-20"), "owner_id", "cy", at("2026-01-20"))
    row = standing(told([*story, moved]), "2026-03-01").booked.row(0, named=True)
    assert (row["rep"], row["team"], row["region"]) == ("ann", "North", "East")


def test_an_unknown_amount_takes_the_norm_of_its_segment_where_enough_was_won_there():
    large = [deal(f"l{n}", "2025-06-01", ("Won", "2025-08-01"), segment="Large", amount=900 + n) for n in range(5)]
    small = [deal(f"s{n}", "2025-06-01", ("Won", "2025-08-01"), segment="Small", amount=10) for n in range(9)]
    history = told(*large, *small, deal("x", "2025-12-01", segment="Large"), deal("y", "2025-12-01", segment="New"))
    rows = standing(history, "2026-01-10").open.sort("deal_id").select("deal_id", "amount", "amount_unknown")
    assert rows.rows() == [("x", 902.0, True), ("y", 10.0, True)]


def test_an_unknown_amount_takes_the_norm_of_its_team_where_enough_was_won_there():
    north = [deal(f"n{n}", "2025-06-01", ("Won", "2025-08-01"), owner_id="ann", amount=100 + n) for n in range(5)]
    south = [deal("s1", "2025-06-01", ("Won", "2025-08-01"), owner_id="cy", amount=900)]
    unknown = [deal("x", "2025-12-01", owner_id="bo"), deal("y", "2025-12-01", owner_id="cy")]
    rows = standing(told(*north, *south, *unknown), "2026-01-10").open.select("deal_id", "amount", "amount_unknown")
    assert rows.rows() == [("x", 102.0, True), ("y", 102.5, True)]


def test_amounts_are_in_the_workspace_currency():
    rates = pl.DataFrame(
        {"currency": ["USD", "USD"], "rate_date": [at("2025-01-01"), at("2026-02-01")], "rate": [7.0, 8.0]}
    )
    history = told(deal("d1", "2025-12-01", amount=10), fx_rates=rates)
    history = history.with_tables(deals=history["deals"].with_columns(currency=pl.lit("USD")))
    assert standing(history, "2026-01-10").open["amount"].to_list() == [70.0]
    assert standing(history, "2026-02-10").open["amount"].to_list() == [80.0]


def test_the_same_point_of_another_period_has_the_same_share_passed_or_the_same_time_to_go():
    this, other = (at("2026-01-01"), at("2026-01-31")), (at("2025-11-01"), at("2025-11-16"))
    assert same_point(this, at("2026-01-11"), other) == at("2025-11-06")
    assert same_point(this, at("2025-12-22"), other) == at("2025-10-22")


def test_what_arrived_in_earlier_periods_is_neither_open_nor_booked_at_the_same_point():
    history = told(
        deal("start", "2025-05-01"),
        deal("open", "2025-10-01", ("Won", "2025-12-01")),
        deal("booked", "2025-10-01", ("Won", "2025-10-20")),
        deal("fresh", "2025-11-20", ("Won", "2025-12-20")),
        deal("entered_late", "2025-11-20", ("Won", "2025-12-21")),
        deal("fresh_but_lost", "2025-11-20", ("Lost", "2025-12-20")),
        deal("fresh_but_next", "2025-11-20", ("Won", "2026-01-05")),
    )
    newest = past_periods(known(history, at("2026-02-15")), Q1, at("2026-02-15"))[0]
    assert newest.period.name == "2025Q4"
    assert newest.arrived["deal_id"].to_list() == ["entered_late", "fresh"]
    assert newest.open.rows() == [("open", "Qualify", True), ("start", "Qualify", False)]
    assert newest.won["deal_id"].to_list() == ["booked", "entered_late", "fresh", "open"]


def test_only_periods_teach_that_were_over_and_began_with_a_filled_pipeline() -> None:
    names = [one.period.name for one in past_periods(known(company(80, 1), at("2025-12-20")), Q1, at("2025-12-20"))]
    assert names == ["2025Q3", "2025Q2", "2025Q1", "2024Q4", "2024Q3"]


def test_without_an_earlier_period_nothing_is_added_and_it_is_said():
    new = still_to_come(told(deal("d1", "2025-12-20", amount=10)), "2026-01-10")
    assert (new.count_mean, new.periods) == (0.0, 0)
    assert scope_arrivals(new, "rep", "ann", "amount").mean == 0.0


@pytest.mark.parametrize("measure", ["amount", "count"])
@pytest.mark.parametrize("kind", ["rep", "team", "region", "product_line", "segment"])
def test_what_is_to_come_adds_up_to_the_company(kind: str, measure: str):
    new = still_to_come(company(300, 5), "2026-01-20")
    whole = scope_arrivals(new, "company", "company", measure)
    parts = [scope_arrivals(new, kind, scope, measure) for scope in new.donors[kind].unique()]
    assert whole.mean > 0
    assert sum(part.mean for part in parts) == pytest.approx(whole.mean)
    assert all(part.dispersion >= whole.dispersion - 1e-12 for part in parts)


def test_the_number_to_come_follows_what_came_in_earlier_periods():
    history = company(600, 8)
    seen = [len(one.arrived) for one in past_periods(known(history, at("2026-01-20")), Q1, at("2026-01-20"))]
    new = still_to_come(history, "2026-01-20")
    assert min(seen) < new.count_mean < max(seen)
    assert new.periods == len(seen) == 7


def test_who_has_left_gets_no_new_deals_and_the_team_keeps_them():
    history = company(300, 5)
    gone = history["reps"].with_columns(
        left_at=pl.when(pl.col("rep_id") == "ann").then(pl.lit(dt.datetime(2025, 12, 31)))
    )
    new, after = (still_to_come(h, "2026-01-20") for h in (history, history.with_tables(reps=gone)))
    assert scope_arrivals(new, "rep", "ann", "count").mean > 0
    assert scope_arrivals(after, "rep", "ann", "count").mean == 0
    team = [scope_arrivals(one, "team", "North", "count").mean for one in (new, after)]
    assert team[0] == pytest.approx(team[1])
    assert set(TEAMS) - {"ann"} == set(after.donors.filter(pl.col("weight") > 0)["rep"])


def test_a_scopes_part_has_its_own_amounts_half_way_to_the_companys():
    cheap = [deal(f"c{n}", "2025-11-10", ("Won", "2025-12-01"), owner_id="ann", amount=100) for n in range(10)]
    dear = [deal(f"e{n}", "2025-11-10", ("Won", "2025-12-01"), owner_id="cy", amount=300) for n in range(10)]
    new = still_to_come(told(deal("first", "2025-08-01"), *cheap, *dear), "2026-01-10")
    ann = scope_arrivals(new, "rep", "ann", "amount")
    assert ann.mean / ann.count_mean == pytest.approx(150.0)
    assert np.isclose(ann.weights.sum(), 1.0)
