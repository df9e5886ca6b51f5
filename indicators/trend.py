"""Whether a forecaster's calls come closer or drift away: the slope of bias and of misses over periods, with n."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl
from scipy.stats import t

from history.record import History
from indicators.by_period import period_rows
from indicators.forecasters import HORIZONS_DAYS, KEY_COLUMNS, KEYS, in_order, said_by
from indicators.interval import TAIL

FEWEST_PERIODS = 4
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
CLOSER, FARTHER, CANNOT_TELL = "closer", "farther", "cannot tell"
HALF_A_MONTH = dt.timedelta(days=15)

COLUMNS: dict[str, pl.DataType] = KEY_COLUMNS | {
    "n_periods": pl.Int64(),
    "first_period": pl.String(),
    "last_period": pl.String(),
    "bias_slope": pl.Float64(),
    "bias_slope_p10": pl.Float64(),
    "bias_slope_p90": pl.Float64(),
    "wape_slope": pl.Float64(),
    "wape_slope_p10": pl.Float64(),
    "wape_slope_p90": pl.Float64(),
    "trend": pl.String(),
}


def trend(
    history: History,
    as_of: dt.datetime,
    by: str = "rep",
    horizons: Sequence[int] = HORIZONS_DAYS,
    measure: str = "amount",
    cadence: str = "quarter",
    model_calls: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per forecaster, scope, horizon and source with the columns of `COLUMNS`; errors as in `accuracy`.

    `bias_slope` and `wape_slope` say by how much bias and WAPE move from one period to the next (-0.02: two points of a
    hundred less each period). They are the slopes of the lines through the periods' misses as fractions of what came,
    each period weighing as much as came in it, as in bias and WAPE themselves, so that a business that grows or a
    period without a win bends nothing; a period without a call leaves its gap. Beside them stands the 80 % interval by
    Student's t with n - 2 degrees of freedom and errors that allow for periods of unlike size (MacKinnon and White
    1985, HC3). Below `FEWEST_PERIODS` periods, or with wins in fewer than three, they are null.
    `trend` is "closer" where the interval of `wape_slope` lies below zero, "farther" where it lies above, else "cannot
    tell".
    """
    said = said_by(history, as_of, by, horizons, measure, cadence, model_calls)
    return slopes(period_rows(said.cells), MONTHS[cadence])


def slopes(periods: pl.DataFrame, months: int) -> pl.DataFrame:
    """`trend` of the rows of `by_period`, whose periods are `months` long."""
    first_month = pl.col("start") + HALF_A_MONTH
    weight = pl.col("actual").clip(lower_bound=0)
    x = (first_month.dt.year() * 12 + first_month.dt.month()) / months
    rows = (
        periods.sort(*KEYS, "start")
        .with_columns(weight=weight, x=x - ((x * weight).sum() / weight.sum()).over(KEYS))
        .with_columns(_bias=pl.col("forecast") - pl.col("actual"), _wape=pl.col("miss"))
    )
    found = rows.group_by(KEYS, maintain_order=True).agg(
        n_periods=pl.len().cast(pl.Int64),
        first_period=pl.col("period").first(),
        last_period=pl.col("period").last(),
        **_line("bias"),
        **_line("wape"),
    )
    told = found.with_columns(_quantiles(found["n_periods"])).with_columns(*_interval("bias"), *_interval("wape"))
    return in_order(told.with_columns(trend=_word()), COLUMNS)


def _line(name: str) -> dict[str, pl.Expr]:
    """Slope over x of the misses `_name` per `weight`, and its standard error; x is centred by weight."""
    x, weight, miss = pl.col("x"), pl.col("weight"), pl.col(f"_{name}")
    spread = (weight * x * x).sum()
    slope, level = (x * miss).sum() / spread, miss.sum() / weight.sum()
    leverage = weight * (1 / weight.sum() + x * x / spread)
    rest = (miss - weight * (level + slope * x)) / (1 - leverage)
    told = (pl.len() >= FEWEST_PERIODS) & ((weight > 0).sum() > 2)
    return {
        f"{name}_slope": pl.when(told).then(slope),
        f"_{name}_error": pl.when(told).then(((x * rest) ** 2).sum().sqrt() / spread),
    }


def _interval(name: str) -> list[pl.Expr]:
    reach = pl.col(f"_{name}_error") * pl.col("_quantile")
    slope = pl.col(f"{name}_slope")
    return [(slope - reach).alias(f"{name}_slope_p10"), (slope + reach).alias(f"{name}_slope_p90")]


def _quantiles(n_periods: pl.Series) -> pl.Series:
    """Student's t for each number of periods; 0 where there are too few to be asked."""
    lengths = n_periods.unique().to_list()
    known = {n: float(t.ppf(1 - TAIL, n - 2)) if n >= FEWEST_PERIODS else 0.0 for n in lengths}
    return n_periods.replace_strict(known, return_dtype=pl.Float64).rename("_quantile")


def _word() -> pl.Expr:
    return (
        pl.when(pl.col("wape_slope_p90") < 0)
        .then(pl.lit(CLOSER))
        .when(pl.col("wape_slope_p10") > 0)
        .then(pl.lit(FARTHER))
        .otherwise(pl.lit(CANNOT_TELL))
    )
