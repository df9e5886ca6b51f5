"""The board joins what a reader needs, and filters and sorts the same way every time."""

import datetime as dt

import polars as pl
import pytest

from history.errors import RequestInvalid
from serving.board import Wanted, chosen, make_board, ordered, value_at_risk
from tests.lib.builders import history_of, instant, make_account, make_change, make_deal, make_rep

NOW = instant("2026-03-01")


def scores(*deal_ids):
    return pl.DataFrame({"deal_id": list(deal_ids), "band": ["watch"] * len(deal_ids)})


def one_deal(*more):
    return history_of(
        make_deal("D1", "2026-01-01", name="Pumps", account_id="A1"),
        make_change("stage", "Qualify", "2026-01-01"),
        make_change("stage", "Propose", "2026-02-01", old="Qualify"),
        make_change("amount", "1000", "2026-01-01"),
        make_change("owner_id", "R1", "2026-01-01"),
        make_change("close_date", "2026-04-30", "2026-01-01"),
        make_account("A1", name="Acme"),
        make_rep("R1", "2025-01-01", name="Ann", team="East"),
        *more,
    )


def only_row(history):
    return make_board(history, scores("D1"), NOW).row(0, named=True)


def test_a_deal_is_told_with_its_people_money_and_times():
    row = only_row(one_deal())
    assert (row["name"], row["account_name"], row["owner_name"], row["team"]) == ("Pumps", "Acme", "Ann", "East")
    assert (row["amount_home"], row["close_day"]) == (1000.0, dt.date(2026, 4, 30))
    assert (row["days_in_stage"], row["age_days"]) == (28.0, 59.0)


def test_a_stage_set_again_to_the_same_value_does_not_begin_anew():
    row = only_row(one_deal(make_change("stage", "Propose", "2026-02-20", old="Propose")))
    assert row["days_in_stage"] == 28.0


def test_what_became_known_later_is_not_told():
    later = (
        make_change("stage", "Negotiate", "2026-02-20", old="Propose", known="2026-03-01"),
        make_account("A1", name="Acme Holding", known="2026-03-05"),
        make_rep("R1", "2026-02-01", name="Ann", team="West", known="2026-03-02"),
    )
    assert only_row(one_deal(*later)) == only_row(one_deal())


def test_a_foreign_amount_without_a_rate_is_unknown_and_with_one_is_converted():
    from tests.lib.builders import Row

    rate = Row("fx_rates", {"currency": "USD", "rate_date": instant("2026-01-01"), "rate": 7.0})
    deal = make_deal("D1", currency="USD")
    changes = (make_change("stage", "Qualify", "2026-01-01"), make_change("amount", "1000", "2026-01-01"))
    assert only_row(history_of(deal, *changes, rate))["amount_home"] == 7000.0
    euro = history_of(make_deal("D1", currency="EUR"), *changes, rate)
    assert only_row(euro)["amount_home"] is None


BOARD = pl.DataFrame(
    {
        "deal_id": ["a", "b", "c", "d", "e"],
        "owner_id": ["R1", "R1", "R2", None, "R2"],
        "team": ["East", "East", "West", "(none)", "West"],
        "stage": ["Qualify", "Propose", "Qualify", None, "Qualify"],
        "band": ["watch", "critical", "at_risk", "critical", "healthy"],
        "amount_home": [10.0, 20.0, None, 40.0, 5.0],
        "win_probability": [0.3, 0.1, 0.2, 0.1, 0.9],
        "health": [50.0, 5.0, 20.0, 3.0, 90.0],
        "close_day": [dt.date(2026, 5, 1), None, dt.date(2026, 4, 1), None, dt.date(2026, 6, 1)],
    }
)


def ids(frame):
    return "".join(frame["deal_id"])


def test_the_worst_band_stands_first_and_in_it_the_largest_amount():
    assert ids(ordered(BOARD, "risk")) == "dbcae"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("amount", "eabdc"),
        ("-amount", "dbaec"),
        ("win_probability", "bdcae"),
        ("-health", "eacbd"),
        ("close_date", "caebd"),
        ("-deal_id", "edcba"),
    ],
)
def test_a_sort_puts_unknown_values_last_and_ties_by_deal(sort, expected):
    assert ids(ordered(BOARD, sort)) == expected
    assert ids(ordered(BOARD.reverse(), sort)) == expected


@pytest.mark.parametrize("sort", ["price", "", "--amount", "amount;drop"])
def test_an_unknown_sort_is_named(sort):
    with pytest.raises(RequestInvalid, match="expected one of risk, amount"):
        ordered(BOARD, sort)


def test_filters_hold_together():
    assert ids(chosen(BOARD, Wanted(owner="R2", stage="Qualify"))) == "ce"
    assert ids(chosen(BOARD, Wanted(team="East", band="critical"))) == "b"
    assert ids(chosen(BOARD, Wanted(owner="'; drop"))) == ""


def test_an_unknown_band_is_refused_rather_than_empty():
    with pytest.raises(RequestInvalid, match="band 'red' is not known; expected one of critical, at_risk"):
        chosen(BOARD, Wanted(band="red"))


def test_value_at_risk_is_the_amount_in_the_two_worst_bands():
    assert value_at_risk(BOARD) == 60.0
    assert value_at_risk(BOARD.clear()) == 0.0
