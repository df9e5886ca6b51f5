"""Replaying many days over a long history is quick when only the deals that matter on a day are read."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.record import History


def closing_since(past: History, start: dt.datetime) -> History:
    """`past` with only the deals that moved into a won or lost stage at or after `start` (naive UTC)."""
    changes = past["deal_changes"]
    moved = (pl.col("field") == "stage") & (pl.col("changed_at") >= start)
    return of_deals(past, changes.filter(moved & pl.col("new_value").is_in(past.settings.closed_stages))["deal_id"])


def of_deals(past: History, deal_ids: pl.Series) -> History:
    """`past` with the given deals alone, and all of its other tables."""
    chosen = deal_ids.unique().to_frame("deal_id")
    frames = {name: past[name].join(chosen, on="deal_id", how="semi") for name in ("deals", "deal_changes")}
    return History(past.settings, {**past.tables, **frames})
