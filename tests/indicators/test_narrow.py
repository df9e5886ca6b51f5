import datetime as dt

import polars as pl
import pytest

from history.as_of import known
from history.deals import closings
from indicators.narrow import closing_since
from tests.lib.deal_log import at, company


@pytest.mark.parametrize("day", ["2024-06-01", "2025-02-14", "2026-03-01"])
def test_no_closing_is_lost(day: str):
    past = known(company(150, seed=2), at(day))
    since = at(day) - dt.timedelta(days=40)
    recent = closings(past).filter(pl.col("closed_at") >= since)
    assert closings(closing_since(past, since)).filter(pl.col("closed_at") >= since).equals(recent)
    assert recent.height > 0
