"""Where each deal stood: open, won, lost, reopened, as known on a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from history.deals import closings, field_values, ordered_changes, snapshot, spells
from history.record import History
from tests.lib.builders import Row, history_of, instant, make_change, make_deal


def _life(*steps: tuple[str, str], deal_id: str = "D1") -> list[Row]:
    """Stage changes of one deal: (at, stage), each from the stage before."""
    before = [None, *[stage for _, stage in steps]]
    return [
        make_change("stage", stage, at, old=old, deal_id=deal_id)
        for (at, stage), old in zip(steps, before, strict=False)
    ]


def _history(*rows: Row) -> History:
    return history_of(make_deal(), *rows)


def _at(history: History, day: str) -> dict[str, Any]:
    return snapshot(history, instant(day)).row(0, named=True)


def test_a_deal_closes_with_its_first_change_into_a_won_stage() -> None:
    history = _history(*_life(("2026-01-01", "Qualify"), ("2026-02-01", "Won")))
    assert closings(history).select("closed_at", "outcome", "from_open", "reopened_at").rows() == [
        (instant("2026-02-01"), "won", True, None)
    ]


def test_a_closing_counts_from_the_moment_after_it() -> None:
    history = _history(*_life(("2026-01-01", "Qualify"), ("2026-02-01", "Won")))
    assert _at(history, "2026-02-01")["outcome"] is None
    assert _at(history, "2026-02-01 00:01")["outcome"] == "won"


def test_a_reopened_deal_is_open_again() -> None:
    steps = [("2026-01-01", "Qualify"), ("2026-02-01", "Lost"), ("2026-03-01", "Propose"), ("2026-04-01", "Won")]
    history = _history(*_life(*steps))
    assert [(_at(history, day)["outcome"], _at(history, day)["stage"]) for day in ("2026-02-15", "2026-03-15")] == [
        ("lost", "Lost"),
        (None, "Propose"),
    ]
    assert closings(history).select("outcome", "from_open", "reopened_at").rows() == [
        ("lost", True, instant("2026-03-01")),
        ("won", True, None),
    ]
    assert _at(history, "2026-04-02")["closed_at"] == instant("2026-04-01")


def test_a_win_that_becomes_a_loss_is_a_flip_not_a_second_closing_from_open() -> None:
    history = _history(*_life(("2026-01-01", "Qualify"), ("2026-02-01", "Won"), ("2026-03-01", "Lost")))
    assert closings(history).select("outcome", "from_open").rows() == [("won", True), ("lost", False)]
    assert _at(history, "2026-03-02")["outcome"] == "lost"


def test_a_deal_closed_at_first_sight_never_was_open() -> None:
    history = _history(*_life(("2026-01-01", "Won")))
    assert closings(history)["from_open"].to_list() == [False]


def test_moving_between_two_open_stages_starts_no_spell() -> None:
    steps = [("2026-01-01", "Qualify"), ("2026-01-05", "Propose"), ("2026-01-09", "Negotiate"), ("2026-02-01", "Won")]
    assert spells(_history(*_life(*steps))).select("stage", "outcome").rows() == [("Qualify", None), ("Won", "won")]


def test_a_stage_that_is_cleared_leaves_the_deal_open() -> None:
    history = _history(
        *_life(("2026-01-01", "Qualify"), ("2026-02-01", "Won")),
        make_change("stage", None, "2026-03-01", old="Won"),
    )
    assert (_at(history, "2026-03-02")["outcome"], _at(history, "2026-03-02")["stage"]) == (None, None)


def test_a_closing_recorded_late_is_not_seen_before() -> None:
    history = _history(
        make_change("stage", "Qualify", "2026-01-01"),
        make_change("stage", "Won", "2026-02-01", old="Qualify", known="2026-02-20"),
    )
    assert _at(history, "2026-02-10")["outcome"] is None
    assert _at(history, "2026-02-21")["closed_at"] == instant("2026-02-01")


def test_two_changes_at_one_instant_follow_each_other_by_their_values() -> None:
    one = make_change("stage", "Propose", "2026-01-02", old="Qualify")
    two = make_change("stage", "Negotiate", "2026-01-02", old="Propose")
    for rows in ([one, two], [two, one]):
        history = _history(make_change("stage", "Qualify", "2026-01-01"), *rows)
        assert ordered_changes(history)["new_value"].to_list() == ["Qualify", "Propose", "Negotiate"]
        assert _at(history, "2026-01-03")["stage"] == "Negotiate"


def test_unrelated_amounts_of_one_instant_are_ordered_by_size_whatever_the_currency_unit() -> None:
    for unit in ("", "00"):
        small, large = (make_change("amount", f"{n}{unit}", "2026-01-02") for n in (900, 4100))
        history = _history(make_change("stage", "Qualify", "2026-01-01"), large, small)
        assert _at(history, "2026-01-03")["amount"] == float(f"4100{unit}")


def test_a_change_of_later_effect_that_was_recorded_already_has_not_happened_yet() -> None:
    history = _history(
        make_change("amount", "100", "2026-01-01"),
        make_change("amount", "200", "2026-06-01", old="100", known="2026-02-01"),
    )
    assert _at(history, "2026-03-01")["amount"] == 100.0
    assert _at(history, "2026-06-02")["amount"] == 200.0


def test_a_snapshot_reads_amount_and_close_date_in_the_time_zone() -> None:
    history = _history(
        make_change("amount", "1234.5", "2026-01-01"), make_change("close_date", "2026-03-31", "2026-01-01")
    )
    row = _at(history, "2026-01-02")
    assert (row["amount"], row["close_date"]) == (1234.5, instant("2026-03-31"))


@pytest.mark.parametrize("value", ["soon", "2026-02-30"])
def test_a_close_date_that_is_none_is_missing_not_an_error(value: str) -> None:
    assert _at(_history(make_change("close_date", value, "2026-01-01")), "2026-01-02")["close_date"] is None


def test_a_deal_without_changes_is_open_without_a_stage() -> None:
    row = _at(history_of(make_deal(source="web")), "2026-01-02")
    assert (row["stage"], row["outcome"], row["amount"], row["source"]) == (None, None, None, "web")


def test_a_deal_is_in_no_snapshot_before_it_was_created_or_known() -> None:
    history = history_of(make_deal("D1", "2026-01-05"), make_deal("D2", "2026-01-01", known="2026-01-20"))
    assert snapshot(history, instant("2026-01-05"))["deal_id"].to_list() == []
    assert snapshot(history, instant("2026-01-06"))["deal_id"].to_list() == ["D1"]
    assert snapshot(history, instant("2026-01-21"))["deal_id"].to_list() == ["D1", "D2"]


def test_an_amount_of_an_unknown_deal_makes_no_deal() -> None:
    history = _history(make_change("amount", "5", "2026-01-01", deal_id="X9"))
    assert snapshot(history, instant("2026-02-01"))["deal_id"].to_list() == ["D1"]
    assert closings(history).is_empty()


def test_the_account_of_the_deal_stands_in_until_a_change_names_one() -> None:
    history = history_of(make_deal(account_id="A1"), make_change("account_id", "A2", "2026-02-01"))
    assert [_at(history, day)["account_id"] for day in ("2026-01-15", "2026-02-02")] == ["A1", "A2"]


def test_the_latest_value_of_a_field_is_found_per_deal() -> None:
    history = _history(
        make_change("owner_id", "R2", "2026-02-01", old="R1"),
        make_change("owner_id", "R1", "2026-01-01"),
        make_change("owner_id", "R9", "2026-01-01", deal_id="D2"),
    )
    assert field_values(history, "owner_id").sort("deal_id").rows() == [("D1", "R2"), ("D2", "R9")]


def test_what_happens_later_changes_no_snapshot() -> None:
    early = [*_life(("2026-01-01", "Qualify")), make_change("amount", "5", "2026-01-01")]
    late = [
        make_change("stage", "Lost", "2026-03-01", old="Qualify"),
        make_change("amount", "9", "2026-03-01", old="5"),
    ]
    at = instant("2026-02-01")
    assert snapshot(_history(*early), at).equals(snapshot(_history(*early, *late), at))
    assert isinstance(snapshot(_history(*early), at), pl.DataFrame)
    assert at < dt.datetime(2026, 3, 1)
