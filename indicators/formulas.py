"""The formulas of forecast accuracy: sums over periods, not means of ratios, so a winless period breaks nothing."""

from __future__ import annotations

import polars as pl

FORECAST, ACTUAL, MISS = "forecast_sum", "actual_sum", "miss_sum"


def sums() -> list[pl.Expr]:
    """Aggregates over the periods of a group: ΣF, ΣA and Σ|F−A| from columns forecast and actual."""
    return [
        pl.col("forecast").sum().alias(FORECAST),
        pl.col("actual").sum().alias(ACTUAL),
        (pl.col("forecast") - pl.col("actual")).abs().sum().alias(MISS),
    ]


def per_actual(total: pl.Expr, actual: pl.Expr) -> pl.Expr:
    """`total` as a fraction of what was won; null where nothing was won."""
    return pl.when(actual > 0).then(total / actual)


def bias(forecast: str = FORECAST, actual: str = ACTUAL) -> pl.Expr:
    """Σ(F−A) / ΣA, a signed fraction: 0.2 says that a fifth more was called than came.

    >>> pl.DataFrame({"forecast_sum": [120.0], "actual_sum": [100.0]}).select(bias().round(6)).item()
    0.2
    """
    return per_actual(pl.col(forecast) - pl.col(actual), pl.col(actual)).alias("bias")


def wape(miss: str = MISS, actual: str = ACTUAL) -> pl.Expr:
    """Σ|F−A| / ΣA, a fraction of at least 0; misses on both sides do not cancel.

    >>> pl.DataFrame({"miss_sum": [30.0], "actual_sum": [100.0]}).select(wape()).item()
    0.3
    """
    return per_actual(pl.col(miss), pl.col(actual)).alias("wape")


def accuracy_of(wape_column: str = "wape") -> pl.Expr:
    """max(0, 1 − WAPE), 0 to 1."""
    return (1 - pl.col(wape_column)).clip(lower_bound=0).alias("accuracy")


def ratio(forecast: str = FORECAST, actual: str = ACTUAL) -> pl.Expr:
    """ΣF / ΣA; 1 is on the mark."""
    return per_actual(pl.col(forecast), pl.col(actual)).alias("ratio")
