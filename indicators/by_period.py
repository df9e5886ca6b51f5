"""Forecast accuracy period by period: what was called, what came, and by how much each missed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from history.record import History
from indicators.forecasters import HORIZONS_DAYS, KEY_COLUMNS, KEYS, in_order, said_by
from indicators.formulas import per_actual

COLUMNS: dict[str, pl.DataType] = KEY_COLUMNS | {
    "period": pl.String(),
    "start": pl.Datetime("us"),
    "forecast": pl.Float64(),
    "actual": pl.Float64(),
    "miss": pl.Float64(),
    "bias": pl.Float64(),
    "wape": pl.Float64(),
    "blank_wins": pl.Int64(),
    "model": pl.Float64(),
    "naive": pl.Float64(),
}


def by_period(
    history: History,
    as_of: dt.datetime,
    by: str = "rep",
    horizons: Sequence[int] = HORIZONS_DAYS,
    measure: str = "amount",
    cadence: str = "quarter",
    model_calls: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per forecaster, scope, horizon, source and period, oldest first, with the columns of `COLUMNS`.

    Parameters and errors are those of `accuracy.accuracy`. `miss` is Σ|forecast − actual| (over the scopes where many
    are taken together), `bias` and `wape` are fractions of what came, null in a period in which nothing was won.
    """
    return period_rows(said_by(history, as_of, by, horizons, measure, cadence, model_calls).cells)


def period_rows(cells: pl.DataFrame) -> pl.DataFrame:
    """`by_period` of statement cells."""
    forecast, actual = pl.col("forecast"), pl.col("actual")
    rows = cells.group_by(*KEYS, "period", "start").agg(
        pl.col("forecast", "actual", "blank_wins").sum(),
        *(
            pl.when(pl.col(rule).is_not_null().all()).then(pl.col(rule).sum()).alias(rule)
            for rule in ("model", "naive")
        ),
        miss=(forecast - actual).abs().sum(),
    )
    rows = rows.with_columns(bias=per_actual(forecast - actual, actual), wape=per_actual(pl.col("miss"), actual))
    return in_order(rows, COLUMNS, "start")
