"""The forecasts that a retraining asks for: where a past period would have been said to land, and where it landed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from history.record import History
from serving.forecasting import WinModel, outlook, table
from training.attainment.record import learned_document

LEVELS = ("team", "region", "company")
COLUMNS = ("scope_kind", "scope_id", "period", "as_of", "booked", "mean", "p10", "p50", "p90")


def landings(history: History, model: WinModel | None, period: str, as_of: dt.datetime) -> pl.DataFrame:
    """Amounts of `period` by team, region and company as known at `as_of` (naive UTC), one row per scope."""
    seen = outlook(history, model, period, as_of)
    return pl.concat([table(seen, by, "amount").select(COLUMNS) for by in LEVELS])


def learned(history: History, model: WinModel | None, period: str, as_of: dt.datetime) -> dict[str, Any]:
    """What a forecast of `period` made at `as_of` has learned of amounts, hand-overs, new deals, misses and ranges."""
    seen = outlook(history, model, period, as_of)
    return learned_document(period, as_of, seen.lessons, seen.new, seen.shock, seen.shock_periods)
