"""To whom a closing is credited: the owner at that moment, with the team and territory of that moment."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.deals import TEXT_FIELDS, ordered_changes
from history.money import in_workspace_currency
from history.record import History
from history.scopes import COMPANY, NONE

READ = ("deals", "deal_changes", "reps", "fx_rates")
FIELDS = (*TEXT_FIELDS, "amount", "close_date")
LONG_AGO = dt.datetime(1, 1, 1)
INSTANT = dt.timedelta(microseconds=1)


def slim(history: History) -> History:
    """`history` with only what crediting reads: replaying many days over it costs little."""
    changes = history["deal_changes"].filter(pl.col("field").is_in([*FIELDS, *history.settings.own_levels]))
    return History(history.settings, {name: history[name] for name in READ} | {"deal_changes": changes})


def values_at(changes: pl.DataFrame, spine: pl.DataFrame, field: str, at: str = "at") -> pl.Series:
    """The value of one field at each row's own instant `at` (that instant included), in the row order of `spine`.

    `changes` are ordered changes; `spine` has deal_id and the instant column.
    """
    one = changes.filter(pl.col("field") == field).sort("changed_at", maintain_order=True)
    rows = spine.select("deal_id", at).with_row_index("_row").sort(at)
    found = rows.join_asof(
        one.select("deal_id", "changed_at", value="new_value"),
        left_on=at,
        right_on="changed_at",
        by="deal_id",
        check_sortedness=False,
    )
    return found.sort("_row")["value"].rename(field)


def reps_at(past: History, spine: pl.DataFrame, at: str) -> pl.DataFrame:
    """Team, region and role of column `rep` at each row's own instant: team, rep_region, role, in row order."""
    people = (
        past["reps"]
        .with_columns(pl.col("valid_from").fill_null(LONG_AGO))
        .sort("valid_from", "recorded_at", "team", "region", "role", nulls_last=False)
        .select("valid_from", "team", "role", rep="rep_id", rep_region="region")
    )
    rows = spine.select("rep", at).with_row_index("_row").sort(at)
    found = rows.join_asof(people, left_on=at, right_on="valid_from", by="rep", check_sortedness=False)
    return found.sort("_row").select("team", "rep_region", "role")


def credited(past: History, closings: pl.DataFrame, at: str = "closed_at") -> pl.DataFrame:
    """`closings` with rep, team, region, product_line, segment and company as they were at each row's instant `at`.

    So are the workspace's own levels.
    """
    changes = ordered_changes(past)
    own = past.settings.own_levels
    names = ("owner_id", "region", "product_line", "segment", *own)
    fields = {name: values_at(changes, closings, name, at) for name in names}
    rows = closings.with_columns(
        rep=_filled(fields["owner_id"]),
        product_line=_filled(fields["product_line"]),
        segment=_filled(fields["segment"]),
        company=pl.lit(COMPANY),
        _region=fields["region"],
        **{name: _filled(fields[name]) for name in own},
    )
    rows = rows.with_columns(reps_at(past, rows, at).select("team", "rep_region"))
    own_region = pl.when(pl.col("_region").str.strip_chars() != "").then("_region")
    return rows.with_columns(
        team=pl.col("team").fill_null(NONE), region=pl.coalesce(own_region, "rep_region", pl.lit(NONE))
    ).drop("_region", "rep_region")


def valued(past: History, rows: pl.DataFrame, at: str, before: dt.datetime) -> pl.DataFrame:
    """`rows` with `amount` as it stood just before each row's instant `at`, in the workspace's currency, else null.

    Rates are the ones known at `before`.
    """
    instants = rows.with_columns(pl.col(at) - INSTANT)
    amount = values_at(ordered_changes(past), instants, "amount", at).cast(pl.Float64, strict=False)
    currency = past["deals"].select("deal_id", "currency").unique("deal_id", keep="first", maintain_order=True)
    with_money = rows.with_columns(amount.alias("amount")).join(
        currency, on="deal_id", how="left", maintain_order="left"
    )
    return in_workspace_currency(past, with_money, "amount", "currency", before)


def _filled(series: pl.Series) -> pl.Series:
    return series.set(series.is_null() | (series.str.strip_chars() == ""), NONE)
