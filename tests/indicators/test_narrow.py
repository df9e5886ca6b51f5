import datetime as dt

import polars as pl
import pytest

from history.as_of import known
from history.deals import closings, snapshot
from indicators.narrow import closing_since, perhaps_open
from tests.lib.deal_log import at, company, deal, told


@pytest.mark.parametrize("day", ["2024-06-01", "2025-02-14", "2026-03-01"])
def test_no_open_deal_and_no_closing_is_lost(day: str):
    past = known(company(150, seed=2), at(day))
    open_then = snapshot(past, at(day)).filter(pl.col("outcome").is_null())
    assert snapshot(perhaps_open(past, at(day)), at(day)).filter(pl.col("outcome").is_null()).equals(open_then)
    since = at(day) - dt.timedelta(days=40)
    recent = closings(past).filter(pl.col("closed_at") >= since)
    assert closings(closing_since(past, since)).filter(pl.col("closed_at") >= since).equals(recent)


def test_a_deal_that_was_reopened_is_read_again():
    past = told(
        deal("shut", "2025-01-01", ("Won", "2025-02-01")),
        deal("back", "2025-01-01", ("Won", "2025-02-01"), ("Offer", "2025-03-01")),
    )
    assert perhaps_open(past, at("2025-04-01"))["deals"]["deal_id"].to_list() == ["back"]
    assert perhaps_open(past, at("2025-02-15"))["deals"]["deal_id"].to_list() == []
