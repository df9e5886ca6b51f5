"""Every open deal on every horizon day: what the CRM said of it then, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from history.as_of import known
from history.deals import close_instant
from history.record import History
from indicators.calls import horizon_frame
from indicators.cells import wins_of
from indicators.credit import slim
from indicators.horizons import Horizon, horizons_of
from indicators.implied import open_deals
from indicators.ledger import Ledger, open_ledger

COMMIT, MOST_LIKELY, BEST_CASE, DATED, NOT_CALLED = "commit", "most_likely", "best_case", "dated", "not_called"
CALLED = {"commit": COMMIT, "closed": COMMIT, "most_likely": MOST_LIKELY, "best_case": BEST_CASE}
"""By the deal's forecast category: under which word it is called for the period that its close date lies in."""

SCOPES = ("rep", "team")
WATCHED_DAYS = 7


@dataclass(frozen=True)
class Dated:
    """`deals` on horizon days and `wins` of the periods, as known at one instant; `moments` are the horizon days.

    `deals`: deal_id, period, horizon_days, start, end, cut, rep, team, called (see `called`), close_date (the instant
    that the stated day begins), moved_in and moved_out (whether the stated day came into the period, or left it, in the
    `WATCHED_DAYS` up to the horizon day's end), amount (workspace currency), count, won (in that period, and still won
    at its end), outcome and closed_at as they stand in the end (null while open). `wins`: deal_id, period, rep, team
    (of the closing), closed_at, amount, count.
    """

    deals: pl.DataFrame
    wins: pl.DataFrame
    moments: pl.DataFrame


def dated(history: History, as_of: dt.datetime, days: Sequence[int], cadence: str) -> Dated:
    """Deals of all ended periods at the horizons; a deal stands there once for each. Raises `NoHistory`."""
    horizons = horizons_of(history, as_of, days, cadence)
    ledger = open_ledger(known(slim(history), as_of), as_of)
    wins = wins_of(ledger, horizons).select("deal_id", "period", *SCOPES, "closed_at", "amount", "count")
    parts = [_standing(ledger, history, one) for one in horizons]
    fates = ledger.standing(as_of).select("deal_id", "outcome", "closed_at")
    deals = pl.concat(parts) if parts else pl.DataFrame(schema=_STANDING)
    came = wins.select("deal_id", "period", won=pl.lit(True)).unique()
    found = deals.join(came, on=["deal_id", "period"], how="left").join(fates, on="deal_id", how="left")
    told = found.with_columns(pl.col("won").fill_null(False))
    return Dated(told.sort("start", "horizon_days", "deal_id"), wins, horizon_frame(horizons))


def called(dated_here: pl.Expr, category: pl.Expr) -> pl.Expr:
    """Under which word a deal is called: its category's where its date lies in the period, else `NOT_CALLED`.

    Where no open deal carries a category, every deal dated in the period is called, as `DATED`.
    """
    word = category.replace_strict(CALLED, default=NOT_CALLED, return_dtype=pl.String)
    said = pl.when(category.is_null().all()).then(pl.lit(DATED)).otherwise(word)
    return pl.when(dated_here).then(said).otherwise(pl.lit(NOT_CALLED))


_STANDING: dict[str, pl.DataType] = {
    "deal_id": pl.String(),
    "period": pl.String(),
    "horizon_days": pl.Int64(),
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
    "cut": pl.Datetime("us"),
    "rep": pl.String(),
    "team": pl.String(),
    "called": pl.String(),
    "close_date": pl.Datetime("us"),
    "moved_in": pl.Boolean(),
    "moved_out": pl.Boolean(),
    "amount": pl.Float64(),
    "count": pl.Float64(),
}


def _standing(ledger: Ledger, history: History, one: Horizon) -> pl.DataFrame:
    past = known(History(history.settings, {name: history[name] for name in ("reps", "fx_rates")}), one.cut)
    then = ledger.known_by(one.cut, past)
    deals = _with_date_before(then, open_deals(then, one), one)
    now, before = (_within(pl.col(name), one).fill_null(False) for name in ("close_date", "date_before"))
    moment = {"period": one.period, "horizon_days": one.days, "start": one.start, "end": one.end, "cut": one.cut}
    named = deals.with_columns(
        **{name: pl.lit(value, dtype=_STANDING[name]) for name, value in moment.items()},
        called=called(now, pl.col("category")),
        moved_in=now & ~before & pl.col("date_before").is_not_null(),
        moved_out=before & ~now,
    )
    return named.select(pl.col(name).cast(dtype) for name, dtype in _STANDING.items())


def _with_date_before(then: Ledger, deals: pl.DataFrame, one: Horizon) -> pl.DataFrame:
    """`deals` with `date_before`: the close date that stood `WATCHED_DAYS` before the horizon day was over."""
    moment = pl.lit(one.cut - dt.timedelta(days=WATCHED_DAYS), dtype=pl.Datetime("us"))
    rows = deals.join(then.deals.select("deal_id", "number"), on="deal_id", maintain_order="left")
    text = then.value_at(rows.with_columns(_moment=moment), "close_date", "_moment")
    return rows.with_columns(text.alias("date_before")).with_columns(
        date_before=close_instant(then.past, pl.col("date_before"))
    )


def _within(instant: pl.Expr, one: Horizon) -> pl.Expr:
    return instant.is_between(one.start, one.end, closed="left")
