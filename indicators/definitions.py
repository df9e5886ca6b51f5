"""Two other definitions of forecast accuracy that are in use elsewhere, for comparison with ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from history.record import History
from indicators.by_period import period_rows
from indicators.forecasters import HORIZONS_DAYS, KEY_COLUMNS, KEYS, in_order, said_by

BANDS = ((0.85, 1.15), (0.70, 1.30))
"""F/A between 85 and 115 % counts as accurate, between 70 and 130 % as acceptable; the ends count as inside."""
NARROW, WIDE, OUTSIDE = "85-115", "70-130", "outside"

COLUMNS: dict[str, pl.DataType] = KEY_COLUMNS | {
    "n_periods": pl.Int64(),
    "n_winless": pl.Int64(),
    "accuracy": pl.Float64(),
    "mean_accuracy": pl.Float64(),
    "mean_ratio": pl.Float64(),
    "within_85_115": pl.Float64(),
    "within_70_130": pl.Float64(),
    "ratio": pl.Float64(),
    "band": pl.String(),
}


def definitions(
    history: History,
    as_of: dt.datetime,
    by: str = "rep",
    horizons: Sequence[int] = HORIZONS_DAYS,
    measure: str = "amount",
    cadence: str = "quarter",
    model_calls: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per forecaster, scope, horizon and source with the columns of `COLUMNS`; errors as in `accuracy`.

    `mean_accuracy` is 1 − |A − F| / A of each period, averaged over the periods in which something was won; it has no
    floor, so one bad period of little business can carry it below 0. `within_85_115` and `within_70_130` are the
    fractions of those periods whose F / A lies in the band, `mean_ratio` the mean of F / A. `ratio` is ΣF / ΣA and
    `band` says where it lies: "85-115", "70-130" or "outside". `n_winless` periods are left out of all of them, for A
    is 0 there; `accuracy` is ours, 1 − WAPE, which counts them.
    """
    return defined(period_rows(said_by(history, as_of, by, horizons, measure, cadence, model_calls).cells))


def defined(periods: pl.DataFrame) -> pl.DataFrame:
    """`definitions` of the rows of `by_period`."""
    forecast, actual = pl.col("forecast"), pl.col("actual")
    came = actual > 0
    ratio = (forecast / actual).filter(came)
    within = [ratio.is_between(low, high).mean() for low, high in BANDS]
    total = pl.when(actual.sum() > 0)
    found = periods.group_by(KEYS).agg(
        n_periods=pl.len(),
        n_winless=(~came).sum(),
        accuracy=total.then((1 - pl.col("miss").sum() / actual.sum()).clip(lower_bound=0)),
        mean_accuracy=(1 - pl.col("miss") / actual).filter(came).mean(),
        mean_ratio=ratio.mean(),
        within_85_115=within[0],
        within_70_130=within[1],
        ratio=total.then(forecast.sum() / actual.sum()),
    )
    return in_order(found.with_columns(band=band()), COLUMNS)


def band(ratio: str = "ratio") -> pl.Expr:
    """The narrowest of `BANDS` that F / A lies in, "outside" of both; null where nothing was won.

    >>> pl.DataFrame({"ratio": [1.15, 0.7, 1.31, None]}).select(band()).to_series().to_list()
    ['85-115', '70-130', 'outside', None]
    """
    value = pl.col(ratio)
    inside = [value.is_between(low, high) for low, high in BANDS]
    return (
        pl.when(value.is_null())
        .then(pl.lit(None, dtype=pl.String))
        .when(inside[0])
        .then(pl.lit(NARROW))
        .when(inside[1])
        .then(pl.lit(WIDE))
        .otherwise(pl.lit(OUTSIDE))
        .alias("band")
    )
