"""Close-date accuracy: by how many days the deals of a person closed later (or earlier) than was stated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl
from scipy.stats import binom

from history.errors import RequestInvalid
from history.record import History
from history.scopes import NONE
from indicators.dated import SCOPES, dated
from indicators.forecasters import HORIZONS_DAYS
from indicators.interval import TAIL
from indicators.survival import days_until

KEYS = ["scope_kind", "scope_id", "horizon_days"]

COLUMNS: dict[str, pl.DataType] = {
    "scope_kind": pl.String(),
    "scope_id": pl.String(),
    "horizon_days": pl.Int64(),
    "n_periods": pl.Int64(),
    "n_deals": pl.Int64(),
    "n_won": pl.Int64(),
    "n_lost": pl.Int64(),
    "n_open": pl.Int64(),
    "slip_days": pl.Float64(),
    "slip_days_p10": pl.Float64(),
    "slip_days_p90": pl.Float64(),
    "won_slip_days": pl.Float64(),
    "on_time": pl.Float64(),
    "n_moved_in": pl.Int64(),
    "n_moved_out": pl.Int64(),
}


def close_dates(
    history: History,
    as_of: dt.datetime,
    by: str = "rep",
    horizons: Sequence[int] = HORIZONS_DAYS,
    cadence: str = "quarter",
) -> pl.DataFrame:
    """One row per rep or team (`by`) and horizon with the columns of `COLUMNS`; other parameters as in `accuracy`.

    Taken are the deals open on the horizon day whose stated close date lies in the period, of whoever owned them that
    day; one that slips on into the next period counts there again. `slip_days` is the number of days after the stated
    day within which half of them had closed, won or lost (below 0: before it); those still open at `as_of` count as
    lasting on (Kaplan and Meier), and it is null where more than half are. Beside it the 80 % interval of the median by
    order statistics, null below four deals. `won_slip_days` is the median of the won alone, `on_time` the fraction
    closed by the end of the stated day.
    """
    if by not in SCOPES:
        raise RequestInvalid(f"close dates by {by!r} are not known; expected one of: {', '.join(SCOPES)}. Correct it.")
    deals = dated(history, as_of, horizons, cadence).deals.filter(pl.col(by) != NONE)
    named = deals.with_columns(scope_kind=pl.lit(by), scope_id=by)
    return summarise(named, as_of, history.settings.timezone)


def summarise(deals: pl.DataFrame, as_of: dt.datetime, timezone: str) -> pl.DataFrame:
    """`close_dates` of deals on horizon days, with scope_kind and scope_id (see `dated.Dated`)."""
    gone = deals.filter("moved_out").group_by(KEYS).agg(n_moved_out=pl.len())
    here = deals.filter(pl.col("close_date").is_between(pl.col("start"), pl.col("end"), closed="left"))
    now = pl.lit(as_of - dt.timedelta(microseconds=1), dtype=pl.Datetime("us"))
    until = pl.when(pl.col("outcome").is_null()).then(now).otherwise("closed_at")
    slip = (_day(until, timezone) - _day(pl.col("close_date"), timezone)).dt.total_days().cast(pl.Float64)
    ended = pl.col("outcome").is_not_null()
    rows = here.with_columns(slip=slip, event=ended.cast(pl.Int8), n=pl.len().over(KEYS))
    rows = rows.with_columns(rank=_rank(rows["n"]))
    low, high = pl.col("rank").first() / pl.len(), (pl.len() + 1 - pl.col("rank").first()) / pl.len()
    enough = pl.col("rank").first() > 0
    won = pl.col("outcome") == "won"
    found = rows.group_by(KEYS).agg(
        n_periods=pl.col("start").n_unique(),
        n_deals=pl.len(),
        n_won=won.sum(),
        n_lost=(pl.col("outcome") == "lost").sum(),
        n_open=(~pl.col("event").cast(pl.Boolean)).sum(),
        slip_days=days_until(0.5, "slip", "event"),
        slip_days_p10=pl.when(enough).then(days_until(low, "slip", "event")),
        slip_days_p90=pl.when(enough).then(days_until(high, "slip", "event")),
        won_slip_days=pl.col("slip").filter(won).median(),
        on_time=((pl.col("slip") <= 0) & pl.col("event").cast(pl.Boolean)).mean(),
        n_moved_in=pl.col("moved_in").sum(),
    )
    found = found.join(gone, on=KEYS, how="full", coalesce=True).with_columns(
        pl.col("n_periods", "n_deals", "n_won", "n_lost", "n_open", "n_moved_in", "n_moved_out").fill_null(0)
    )
    typed = found.select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())
    return typed.sort("scope_kind", "scope_id", "horizon_days", descending=[False, False, True])


def _rank(sizes: pl.Series) -> pl.Series:
    """Which of so many ordered values is the lower end of the interval of their median, from 1; 0 where none is."""
    ranks = {n: _lower_rank(n) for n in sizes.unique().to_list()}
    return sizes.replace_strict(ranks, return_dtype=pl.Int64)


def _lower_rank(n: int) -> int:
    """The largest r for which the r-th of n values lies above their median with a chance of at most 10 %.

    >>> _lower_rank(3), _lower_rank(4), _lower_rank(20)
    (0, 1, 7)
    """
    first = int(binom.ppf(TAIL, n, 0.5))
    return first + 1 if binom.cdf(first, n, 0.5) <= TAIL else first


def _day(instant: pl.Expr, timezone: str) -> pl.Expr:
    return instant.dt.replace_time_zone("UTC").dt.convert_time_zone(timezone).dt.date()
