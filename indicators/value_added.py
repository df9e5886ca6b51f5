"""Forecast value added: how much smaller a person's misses were than another's, at the same horizon and periods."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from indicators.interval import intervals_of

ADDS, TAKES, CANNOT_TELL = "adds", "takes away", "cannot tell"
"""What can be said of value added: its whole interval lies above 0, below 0, or neither, or there is none."""


def value_added(cells: pl.DataFrame, keys: Sequence[str], other: str) -> pl.DataFrame:
    """WAPE of `other` ("model" or "naive") less the person's own, per group: the keys and columns `fva_<other>`,
    `_n`, `_p10`, `_p90` and `_tells`.

    A fraction; positive means the person added value. Both are measured on the `_n` periods for which both exist; null
    where nothing was won in them. `_p10` to `_p90` is the 80 % interval of `interval.intervals`, null below four
    periods; `_tells` is one of `ADDS`, `TAKES`, `CANNOT_TELL`. Groups without such a period have no row.
    """
    name, won = f"fva_{other}", pl.col("actual").sum()
    both = cells.drop_nulls(other).with_columns(
        gain=(pl.col(other) - pl.col("actual")).abs() - (pl.col("forecast") - pl.col("actual")).abs()
    )
    told = both.group_by(keys).agg(
        pl.when(won > 0).then(pl.col("gain").sum() / won).alias(name),
        pl.col("start").n_unique().cast(pl.Int64).alias(f"{name}_n"),
    )
    ranges = intervals_of(both, keys, {name: pl.col("gain")})
    tells = (
        pl.when(pl.col(f"{name}_p10") > 0)
        .then(pl.lit(ADDS))
        .when(pl.col(f"{name}_p90") < 0)
        .then(pl.lit(TAKES))
        .otherwise(pl.lit(CANNOT_TELL))
    )
    return told.join(ranges, on=list(keys), how="left").with_columns(tells.alias(f"{name}_tells"))
