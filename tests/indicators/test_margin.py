"""Margin by product line and by customer: a second count in plain Python, and the indicator's own total."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import pytest

from history.errors import RequestInvalid
from history.record import History
from history.synthetic import generate
from indicators.margin import BY, COLUMNS, margin_by

PERIOD = "2026Q1"


@pytest.fixture(scope="module")
def history() -> History:
    return generate(250, seed=9).history


@pytest.fixture(scope="module")
def as_of(history: History) -> dt.datetime:
    return history.settings.start_of(dt.date(2026, 4, 1))


def counted(history: History, as_of: dt.datetime, by: str) -> dict[str, tuple[float, float, int]]:
    start = history.settings.start_of(dt.date(2026, 1, 1))
    changes = history["deal_changes"].sort("changed_at").iter_rows(named=True)
    lines = {
        row["deal_id"]: row["new_value"]
        for row in changes
        if row["field"] == "product_line" and row["changed_at"] < as_of and row["recorded_at"] < as_of
    }
    accounts = dict(history["deals"].select("deal_id", "account_id").iter_rows())
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0])
    for row in history["invoices"].iter_rows(named=True):
        known = row["recorded_at"] < as_of and start <= row["issued_at"] < as_of
        if not known or row["amount"] is None or row["cost"] is None:
            continue
        cell = found[(lines if by == "product_line" else accounts).get(row["deal_id"]) or "(none)"]
        cell[0], cell[1], cell[2] = cell[0] + row["amount"], cell[1] + row["cost"], cell[2] + 1
    return {key: (amount, cost, n) for key, (amount, cost, n) in found.items()}


@pytest.mark.parametrize("by", BY)
def test_what_is_left_is_that_of_a_second_count(by: str, history: History, as_of: dt.datetime) -> None:
    rows = margin_by(history, PERIOD, as_of, by)
    expected = counted(history, as_of, by)
    assert rows.columns == list(COLUMNS)
    assert set(rows["key"]) == set(expected)
    for row in rows.iter_rows(named=True):
        amount, cost, n = expected[row["key"]]
        assert (row["amount"], row["cost"], row["n"]) == (pytest.approx(amount), pytest.approx(cost), n)
        assert row["gross_margin"] == pytest.approx((amount - cost) / amount)
    assert rows["share_of_margin"].sum() == pytest.approx(1.0)
    assert rows["margin"].to_list() == sorted(rows["margin"], reverse=True)


def test_another_grouping_is_refused_in_one_line(history: History, as_of: dt.datetime) -> None:
    with pytest.raises(RequestInvalid, match="margin by 'weekday' is not offered; expected"):
        margin_by(history, PERIOD, as_of, "weekday")
