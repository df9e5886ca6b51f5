"""What was won in a period, by scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from history.deals import closings
from history.record import History
from indicators.credit import credited, valued
from indicators.horizons import Horizon
from indicators.narrow import closing_since

MEASURES = ("amount", "count")
PERIOD_SCHEMA: dict[str, pl.DataType] = {"period": pl.String(), "start": pl.Datetime("us"), "end": pl.Datetime("us")}


def wins(past: History, periods: pl.DataFrame, before: dt.datetime) -> pl.DataFrame:
    """Deals won in each of `periods` (period, start, end), as the period knew them.

    Hand in what was known at `before` (naive UTC). A win counts in the period in which it took place if it still
    stood at the period's end, or at `before` where that is earlier: a deal reopened within the period is not won, one
    reopened later is. The amount is that of the period's end, the credit goes to the owner at the closing. A win
    that took place in the period and was recorded later counts once it is known.
    Columns: deal_id, period, closed_at, outcome, stage, from_open, amount (workspace currency, null when unknown),
    count (1), scope columns.
    """
    return closed_in(past, periods, before).filter(pl.col("outcome") == "won")


def closed_in(past: History, periods: pl.DataFrame, before: dt.datetime) -> pl.DataFrame:
    """`wins` with the lost deals among them, by the same rules."""
    began = periods["start"].min()
    recent = closing_since(past, began if isinstance(began, dt.datetime) else before)
    seen = recent.with_tables(deal_changes=recent["deal_changes"].filter(pl.col("changed_at") < before))
    ended = closings(seen).drop("recorded_at").sort("closed_at")
    placed = ended.join_asof(periods.sort("start"), left_on="closed_at", right_on="start", check_sortedness=False)
    stood = pl.col("reopened_at").is_null() | (pl.col("reopened_at") >= pl.col("end"))
    standing = placed.filter((pl.col("closed_at") < pl.col("end")) & stood).sort("period", "deal_id", "closed_at")
    rows = valued(seen, credited(seen, standing), "end", before)
    return rows.with_columns(count=pl.lit(1.0)).drop("start", "end", "reopened_at", "currency")


def one_period(name: str, start: dt.datetime, end: dt.datetime) -> pl.DataFrame:
    """A frame of one stretch of time: period, start, end (naive UTC, exclusive)."""
    return pl.DataFrame([(name, start, end)], schema=PERIOD_SCHEMA, orient="row")


def period_frame(horizons: Sequence[Horizon]) -> pl.DataFrame:
    """The distinct periods of `horizons`: period, start, end (naive UTC, exclusive)."""
    rows = sorted({(one.period, one.start, one.end) for one in horizons}, key=lambda row: row[1])
    return pl.DataFrame(rows, schema=PERIOD_SCHEMA, orient="row")


def by_scope(rows: pl.DataFrame, kinds: Sequence[str], measure: str, keys: Sequence[str]) -> pl.DataFrame:
    """Sums of `measure` by scope: scope_kind, scope_id, the `keys`, value, unknown, blank.

    `value` is null where no row of a group has one; `unknown` is the fraction of rows (0 to 1) that have none
    and `blank` their number.
    """
    known = pl.col(measure).is_not_null()
    parts = [
        rows.group_by(pl.col(kind).alias("scope_id"), *keys)
        .agg(value=pl.when(known.any()).then(pl.col(measure).sum()), unknown=1 - known.mean(), blank=(~known).sum())
        .select(pl.lit(kind).alias("scope_kind"), "scope_id", *keys, "value", "unknown", "blank")
        for kind in kinds
    ]
    return pl.concat(parts).sort("scope_kind", "scope_id", *keys)
