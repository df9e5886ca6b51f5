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


def perhaps_open(past: History, instant: dt.datetime) -> History:
    """`past` without the deals whose last stage before `instant` (naive UTC) is a closed one beyond doubt.

    Where several stages were entered at the last moment and one of them is open, the deal stays in.
    """
    stages = past["deal_changes"].filter((pl.col("field") == "stage") & (pl.col("changed_at") < instant))
    latest = pl.col("changed_at") == pl.col("changed_at").max()
    is_closed = pl.col("new_value").is_in(past.settings.closed_stages)
    closed = stages.group_by("deal_id").agg(over=is_closed.filter(latest).all()).filter("over")
    return of_deals(past, past["deals"]["deal_id"].filter(~past["deals"]["deal_id"].is_in(closed["deal_id"].implode())))


def of_deals(past: History, deal_ids: pl.Series) -> History:
    """`past` with the given deals alone, and all of its other tables."""
    chosen = deal_ids.unique().to_frame("deal_id")
    frames = {name: past[name].join(chosen, on="deal_id", how="semi") for name in ("deals", "deal_changes")}
    return History(past.settings, {**past.tables, **frames})
