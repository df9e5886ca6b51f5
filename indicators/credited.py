"""To whom what happened to a deal is credited, read from the ledger: the owner at that moment, with team and scopes."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.money import in_workspace_currency
from history.scopes import COMPANY, NONE
from indicators.credit import reps_at
from indicators.ledger import Ledger

CREDITED_FIELDS = ("owner_id", "region", "product_line", "segment")


def owner_at(ledger: Ledger, rows: pl.DataFrame, at: str) -> pl.Series:
    """The owner of each row's deal (by number) as of its instant `at`, "(none)" where there is none."""
    return _filled(ledger.value_at(rows, "owner_id", at))


def credited_at(ledger: Ledger, rows: pl.DataFrame, at: str) -> pl.DataFrame:
    """`rows` (by number) with rep, team, region, product_line, segment, company as of each row's instant `at`.

    So are the workspace's own levels.
    """
    own = ledger.past.settings.own_levels
    fields = {name: ledger.value_at(rows, name, at) for name in (*CREDITED_FIELDS, *own)}
    out = rows.with_columns(
        rep=_filled(fields["owner_id"]),
        product_line=_filled(fields["product_line"]),
        segment=_filled(fields["segment"]),
        company=pl.lit(COMPANY),
        _region=fields["region"],
        **{name: _filled(fields[name]) for name in own},
    )
    people = reps_at(ledger.past, out, at)
    own_region = pl.when(pl.col("_region").str.strip_chars() != "").then("_region")
    return (
        out.with_columns(team=people["team"].fill_null(NONE), _rep_region=people["rep_region"])
        .with_columns(region=pl.coalesce(own_region, "_rep_region", pl.lit(NONE)))
        .drop("_region", "_rep_region")
    )


def closed_in(ledger: Ledger, closings: pl.DataFrame, start: dt.datetime, end: dt.datetime) -> pl.DataFrame:
    """Of credited `closings` those of a stretch of time that stood at its end, with the `amount` of that end.

    The rules are those of `actuals.closed_in`; money is in the workspace's currency at the rates known in the ledger.
    """
    stood = pl.col("reopened_at").is_null() | (pl.col("reopened_at") >= end)
    rows = closings.filter(pl.col("closed_at").is_between(start, end, closed="left") & stood)
    rows = rows.with_columns(_end=pl.lit(end, dtype=pl.Datetime("us")))
    amount = ledger.value_at(rows, "amount", "_end", inclusive=False).cast(pl.Float64, strict=False)
    money = in_workspace_currency(ledger.past, rows.with_columns(amount), "amount", "currency", ledger.before)
    return money.with_columns(count=pl.lit(1.0)).drop("_end")


def credited_closings(ledger: Ledger, since: dt.datetime | None = None) -> pl.DataFrame:
    """Every closing (from `since` on) with its deal's facts and the scopes that it is credited to."""
    closings = ledger.closings if since is None else ledger.closings.filter(pl.col("closed_at") >= since)
    facts = ledger.deals.select("number", "deal_id", "created_at", "currency")
    return credited_at(ledger, closings.join(facts, on="number", maintain_order="left"), "closed_at")


def _filled(series: pl.Series) -> pl.Series:
    return series.set(series.is_null() | (series.str.strip_chars() == ""), NONE)
