"""The forecasts that a retraining asks for: where a past period would have been said to land, and where it landed."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.record import History
from serving.forecasting import WinModel, outlook, table

LEVELS = ("team", "region", "company")
COLUMNS = ("scope_kind", "scope_id", "period", "as_of", "booked", "mean", "p10", "p50", "p90")


def landings(history: History, model: WinModel | None, period: str, as_of: dt.datetime) -> pl.DataFrame:
    """Amounts of `period` by team, region and company as known at `as_of` (naive UTC), one row per scope."""
    seen = outlook(history, model, period, as_of)
    return pl.concat([table(seen, by, "amount").select(COLUMNS) for by in LEVELS])
