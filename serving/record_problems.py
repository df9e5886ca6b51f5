"""What is odd in the record of a deal: events dated ahead, changes that do not fit together, no touch at all."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.deals import ordered_changes
from history.record import History

RECORD_PROBLEMS = ("no_activity", "future_activity", "future_change", "tied_changes", "changes_out_of_order")
_FIELDS = ("stage", "amount", "close_date", "owner_id")
_MOMENT = ("deal_id", "field", "changed_at", "recorded_at")


def record_problems(past: History, deals: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """deal_id and `record_problems`: codes separated by spaces, "" where nothing is odd, in the order of `deals`.

    `past` is the history as known at `as_of` (naive UTC). That a deal has no touch is only odd where some deal has.
    """
    changes = past["deal_changes"].join(deals.select("deal_id"), on="deal_id", how="semi")
    touches = past["activities"].filter(~pl.col("kind").is_in(["review", "task"]))
    own = touches.join(deals.select("deal_id"), on="deal_id", how="semi")
    happened = own.filter(pl.col("happened_at") < as_of)
    chain = changes.filter(pl.col("field").is_in(_FIELDS))
    found = {
        "future_activity": own.filter(pl.col("happened_at") >= as_of),
        "future_change": changes.filter(pl.col("changed_at") >= as_of),
        "tied_changes": _tied(chain),
        "changes_out_of_order": _out_of_order(past.with_tables(deal_changes=chain)),
    }
    odd = {code: pl.col("deal_id").is_in(rows["deal_id"].unique().implode()) for code, rows in found.items()}
    untouched = ~pl.col("deal_id").is_in(happened["deal_id"].unique().implode())
    odd["no_activity"] = untouched if touches.height else pl.lit(False)
    codes = [pl.when(odd[code]).then(pl.lit(code)) for code in RECORD_PROBLEMS]
    return deals.select("deal_id", record_problems=pl.concat_str(codes, separator=" ", ignore_nulls=True))


def _tied(changes: pl.DataFrame) -> pl.DataFrame:
    """Changes of one field at one instant of which it cannot be told which came last."""
    follows = pl.col("old_value").is_in(pl.col("new_value").drop_nulls().implode()).over(*_MOMENT)
    tied = changes.filter(pl.len().over(*_MOMENT) > 1)
    if tied.is_empty():
        return tied
    loose = tied.with_columns(_follows=follows.fill_null(False)).group_by(*_MOMENT)
    counted = loose.agg(values=pl.col("new_value").n_unique(), first=(~pl.col("_follows")).sum())
    return counted.filter((pl.col("values") > 1) & (pl.col("first") != 1))


def _out_of_order(history: History) -> pl.DataFrame:
    """Changes whose old value is not the value that the field had before them."""
    rows = ordered_changes(history).with_columns(
        before=pl.col("new_value").shift(1).over("deal_id", "field"),
        later=pl.int_range(pl.len()).over("deal_id", "field") > 0,
    )
    return rows.filter(
        pl.col("later") & pl.col("old_value").is_not_null() & pl.col("old_value").ne_missing(pl.col("before"))
    )
