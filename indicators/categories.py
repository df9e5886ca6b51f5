"""Category accuracy: of what was called commit, how much was won in the period; of best case; and of what was not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from history.errors import RequestInvalid
from history.record import History
from history.scopes import NONE
from indicators.actuals import MEASURES
from indicators.cells import IMPLIED, submitted_cells
from indicators.dated import BEST_CASE, COMMIT, DATED, MOST_LIKELY, NOT_CALLED, SCOPES, Dated, dated
from indicators.forecasters import HORIZONS_DAYS, KEY_COLUMNS, in_order
from indicators.interval import TAIL, intervals

STATED = (COMMIT, MOST_LIKELY, BEST_CASE)
ORDER = (*STATED, DATED, NOT_CALLED)
KEYS = [*KEY_COLUMNS, "category"]
DEALS = ["n_deals", "n_deals_won", "n_handed_over"]
ALIKE = 1e-9
"""Shares nearer than this differ by the rounding of sums alone."""

COLUMNS: dict[str, pl.DataType] = KEY_COLUMNS | {
    "category": pl.String(),
    "n_periods": pl.Int64(),
    "n_deals": pl.Int64(),
    "n_deals_won": pl.Int64(),
    "n_handed_over": pl.Int64(),
    "called": pl.Float64(),
    "came": pl.Float64(),
    "share": pl.Float64(),
    "share_p10": pl.Float64(),
    "share_p90": pl.Float64(),
}


def categories(
    history: History,
    as_of: dt.datetime,
    by: str = "rep",
    horizons: Sequence[int] = HORIZONS_DAYS,
    measure: str = "amount",
    cadence: str = "quarter",
) -> pl.DataFrame:
    """One row per forecaster, scope, horizon, source and category with the columns of `COLUMNS`.

    Source "implied" reads the CRM: `called` is the worth of the deals that stood open on the horizon day, dated in the
    period, in that forecast category ("dated" where the CRM has none), and `came` what of that worth was won in the
    period, whoever closed it. Under "not_called" `called` is all that was won from the horizon
    day on and `came` what of it came from deals not called for the period that day: the surprises. Source "submitted"
    reads statements: `called` is what was stated in that category and `came` how much of it was won, at most all;
    under "not_called" `called` is all that was won in the period and `came` what lies above the highest statement.
    `n_handed_over` of the deals won were called by one and credited to another, who owned them when they closed.
    `share` is came / called, null where nothing was called, with its 80 % interval (see `ends`). `by` is "rep" or
    "team"; the other parameters and errors are those of `accuracy.accuracy`.
    """
    if by not in SCOPES:
        raise RequestInvalid(f"categories by {by!r} are not known; expected one of: {', '.join(SCOPES)}. Correct it.")
    if measure not in MEASURES:
        raise RequestInvalid(f"measure {measure!r} is not known; expected amount or count. Correct it.")
    implied = deal_rows(dated(history, as_of, horizons, cadence), by, measure)
    stated = [submitted_cells(history, as_of, (by,), horizons, measure, cadence, (word,)) for word in STATED]
    return summarise(pl.concat([implied, statement_rows(dict(zip(STATED, stated, strict=True)))]))


def deal_rows(found: Dated, by: str, measure: str) -> pl.DataFrame:
    """What the CRM called and what came of it: `KEYS`, start, n_deals, n_deals_won, called, came."""
    worth = pl.col(measure)
    deals = found.deals.with_columns(scope_id=by)
    moment = ["horizon_days", "start", "scope_id"]
    winners = found.wins.select("deal_id", "period", credited=by)
    deals = deals.join(winners, on=["deal_id", "period"], how="left")
    told = (
        deals.filter(pl.col("called") != NOT_CALLED)
        .group_by(*moment, category="called")
        .agg(
            n_deals=pl.len(),
            n_deals_won=pl.col("won").sum(),
            n_handed_over=(pl.col("won") & (pl.col("credited") != pl.col("scope_id"))).sum(),
            called=worth.sum(),
            came=worth.filter("won").sum(),
        )
    )
    spoken = deals.filter(pl.col("called") != NOT_CALLED).select("deal_id", *moment, by_scope=pl.lit(True))
    after = found.moments.select("period", "horizon_days", "start", "cut").join(found.wins, on="period")
    after = after.filter(pl.col("closed_at") >= pl.col("cut")).with_columns(scope_id=by)
    fresh = after.join(spoken, on=["deal_id", *moment], how="left").with_columns(new=pl.col("by_scope").is_null())
    surprises = fresh.group_by(moment).agg(
        category=pl.lit(NOT_CALLED),
        n_deals=pl.len(),
        n_deals_won=pl.col("new").sum(),
        n_handed_over=pl.lit(0),
        called=worth.sum(),
        came=worth.filter("new").sum(),
    )
    columns = [*moment, "category", *DEALS, "called", "came"]
    rows = pl.concat([told.select(columns), surprises.select(columns)], how="vertical_relaxed")
    names = {"forecaster_kind": pl.lit(by), "forecaster_id": pl.col("scope_id"), "scope_kind": pl.lit(by)}
    rows = rows.filter(pl.col("scope_id") != NONE)
    return _typed(rows.with_columns(**names, source=pl.lit(IMPLIED), measure=pl.lit(measure)))


def statement_rows(stated: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """What people stated by category and what came of it, from statement cells of each: columns as `deal_rows`."""
    forecast, actual = pl.col("forecast"), pl.col("actual")
    rows = [
        cells.with_columns(category=pl.lit(word), called=forecast, came=pl.min_horizontal(forecast, actual))
        for word, cells in stated.items()
    ]
    every = [name for name in KEYS if name != "category"]
    highest = pl.concat(rows).group_by(*every, "start").agg(forecast.max(), actual.first())
    above = highest.with_columns(
        category=pl.lit(NOT_CALLED), called=actual, came=(actual - forecast).clip(lower_bound=0.0)
    )
    both = pl.concat([*rows, above], how="diagonal_relaxed")
    return _typed(both.with_columns(pl.lit(None).alias(name) for name in DEALS))


def summarise(rows: pl.DataFrame) -> pl.DataFrame:
    """Sums over periods, the share that came and its interval."""
    deals = pl.col(DEALS)
    sums = rows.group_by(KEYS).agg(
        pl.col("start").n_unique().alias("n_periods"),
        pl.when(deals.is_not_null().any()).then(deals.sum()),
        pl.col("called", "came").sum(),
    )
    share = pl.when(pl.col("called") > 0).then(pl.col("came") / pl.col("called"))
    place = pl.col("category").replace_strict({word: at for at, word in enumerate(ORDER)}, return_dtype=pl.Int8)
    return in_order(sums.with_columns(share=share, place=place).join(ends(rows), on=KEYS, how="left"), COLUMNS, "place")


def ends(rows: pl.DataFrame) -> pl.DataFrame:
    """`KEYS`, share_p10 and share_p90: the 80 % interval of the share that came.

    A block bootstrap over the periods in which something was called (see `interval.intervals`); a period without says
    nothing of the share. Null with fewer than four of them, and where every draw gives the same share. When nothing
    came, or all of it, every draw does, and the end that is not certain is the exact one of so many trials of which
    none, or all, succeeded (Clopper and Pearson 1934): at worst 1 - 0.1 ** (1 / n). Its 95 % form is the rule of three
    (Hanley and Lippman-Hand 1983). n counts the deals called, or of statements, which name none, the periods.
    """
    heard = rows.filter(pl.col("called") > 0)
    trials = pl.coalesce(pl.col("n_deals").sum().replace(0, None), pl.len())
    totals = heard.group_by(KEYS).agg(pl.col("called", "came").sum(), n=trials)
    # The share less one is the bias of what came against what was called, so its bootstrap gives the interval.
    drawn = intervals(heard.with_columns(forecast="came", actual="called"), KEYS).join(totals, on=KEYS)
    low, high = pl.col("bias_p10") + 1, pl.col("bias_p90") + 1
    share, reach = pl.col("came") / pl.col("called"), 1 - TAIL ** (1 / pl.col("n"))
    none, every, varied = share <= ALIKE, share >= 1 - ALIKE, high - low > ALIKE
    return drawn.select(
        *KEYS,
        share_p10=pl.when(none).then(0.0).when(every).then(1 - reach).when(varied).then(low),
        share_p90=pl.when(none).then(reach).when(every).then(1.0).when(varied).then(high),
    )


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    names = {
        name: dtype for name, dtype in COLUMNS.items() if name not in ("n_periods", "share", "share_p10", "share_p90")
    }
    return rows.select(pl.col("start"), *(pl.col(name).cast(dtype) for name, dtype in names.items()))
