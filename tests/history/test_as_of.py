"""The one door to the past: known at t means recorded before t."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from history.as_of import known
from history.record import History, make_history
from history.tables import TABLES
from tests.lib.builders import (
    SETTINGS,
    history_of,
    instant,
    make_account,
    make_change,
    make_contact,
    make_deal,
    make_rep,
    make_touch,
)


def _values(history: History, table: str, column: str, at: str) -> list[object]:
    return known(history, instant(at))[table][column].to_list()


def test_a_row_recorded_at_the_instant_itself_is_not_known_yet() -> None:
    history = history_of(make_deal(created="2026-01-10 09:00"))
    assert known(history, instant("2026-01-10 09:00"))["deals"].is_empty()
    assert known(history, instant("2026-01-10 09:01"))["deals"].height == 1


def test_a_late_row_is_known_from_its_recording_on_not_from_its_event() -> None:
    history = history_of(make_touch("call", "2026-01-10", known="2026-01-20"))
    assert _values(history, "activities", "activity_id", "2026-01-15") == []
    assert _values(history, "activities", "activity_id", "2026-01-21") == ["T1"]


def test_a_row_without_a_recorded_time_was_known_when_it_happened() -> None:
    history = history_of(make_change("stage", "Qualify", "2026-01-10"))
    assert history["deal_changes"]["recorded_at"].to_list() == [instant("2026-01-10")]


def test_a_row_without_any_time_was_always_known() -> None:
    history = history_of(make_account("A1", industry="steel"))
    assert _values(history, "accounts", "industry", "1999-01-01") == ["steel"]


def test_the_newest_version_known_by_the_date_counts() -> None:
    history = history_of(
        make_account("A1", industry="steel"),
        make_account("A1", known="2026-02-01", industry="energy"),
        make_account("A1", known="2026-03-01", industry="water"),
    )
    assert _values(history, "accounts", "industry", "2026-02-01") == ["steel"]
    assert _values(history, "accounts", "industry", "2026-02-02") == ["energy"]
    assert _values(history, "accounts", "industry", "2026-03-02") == ["water"]


def test_periods_of_validity_are_rows_of_their_own_not_versions() -> None:
    history = history_of(make_rep("R1", "2026-01-01", team="East"), make_rep("R1", "2026-02-01", team="West"))
    assert sorted(_values(history, "reps", "team", "2026-03-01")) == ["East", "West"]
    assert _values(history, "reps", "team", "2026-01-15") == ["East"]


def test_a_value_that_came_to_be_later_is_blank_until_then() -> None:
    invoice = {
        "invoice_id": ["I1"],
        "deal_id": ["D1"],
        "issued_at": [instant("2026-01-10")],
        "amount": [100.0],
        "paid_at": [instant("2026-03-01")],
        "paid_amount": [100.0],
    }
    history = make_history(SETTINGS, invoices=pl.DataFrame(invoice))
    before, after = known(history, instant("2026-02-01")), known(history, instant("2026-03-02"))
    assert before["invoices"].select("amount", "paid_at", "paid_amount").rows() == [(100.0, None, None)]
    assert after["invoices"]["paid_amount"].to_list() == [100.0]


def test_a_person_who_leaves_is_not_known_to_leave_before() -> None:
    history = history_of(make_rep("R1", hired="2025-01-01", left_at=instant("2026-05-01")))
    assert _values(history, "reps", "left_at", "2026-04-01") == [None]
    assert _values(history, "reps", "left_at", "2026-05-02") == [instant("2026-05-01")]


def test_extra_columns_pass_through_the_door() -> None:
    history = history_of(make_contact("C1", "2026-01-01"))
    with_more = history.with_tables(contacts=history["contacts"].with_columns(mood=pl.lit("warm")))
    assert _values(with_more, "contacts", "mood", "2026-02-01") == ["warm"]


instants = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 6)).map(lambda t: t.replace(microsecond=0))
accounts = st.lists(
    st.tuples(st.sampled_from(["A1", "A2"]), st.sampled_from(["x", "y", None]), st.none() | instants), max_size=8
)
touches = st.lists(st.tuples(st.sampled_from(["T1", "T2", "T3"]), instants, st.none() | instants), max_size=8)


def _history(account_rows: list[tuple], touch_rows: list[tuple]) -> History:
    instant_type = pl.Datetime("us")
    account_schema = {"account_id": pl.String, "industry": pl.String, "recorded_at": instant_type}
    touch_schema = {"activity_id": pl.String, "happened_at": instant_type, "recorded_at": instant_type}
    return make_history(
        SETTINGS,
        accounts=pl.DataFrame(account_rows, schema=account_schema, orient="row"),
        activities=pl.DataFrame(touch_rows, schema=touch_schema, orient="row").with_columns(kind=pl.lit("call")),
    )


@settings(max_examples=60, deadline=None)
@given(accounts, touches, instants)
def test_nothing_recorded_at_or_after_the_instant_is_ever_known(a: list, t: list, instant: dt.datetime) -> None:
    past = known(_history(a, t), instant)
    for name, frame in past.tables.items():
        assert frame.filter(pl.col("recorded_at") >= instant).is_empty()
        assert not frame.select(TABLES[name].key).is_duplicated().any()


@settings(max_examples=60, deadline=None)
@given(accounts, touches, instants, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_doors_changes_nothing(a: list, t: list, instant: dt.datetime, order: object) -> None:
    history = _history(a, t)
    order.shuffle(a)  # type: ignore[attr-defined]
    order.shuffle(t)  # type: ignore[attr-defined]
    shuffled, later = _history(a, t), instant + dt.timedelta(days=1)
    for name in ("accounts", "activities"):
        here = known(history, instant)[name].sort(pl.all())
        assert here.equals(known(shuffled, instant)[name].sort(pl.all()))
        twice = known(known(history, instant), later)[name].sort(pl.all())
        assert here.equals(twice)
