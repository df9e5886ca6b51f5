"""Forecast value added: how much smaller a person's misses were than another's, at the same horizon and periods."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def value_added(cells: pl.DataFrame, keys: Sequence[str], other: str) -> pl.DataFrame:
    """WAPE of `other` ("model" or "naive") less the person's own, per group: keys and `fva_<other>`.

    A fraction; positive means the person added value. Both are measured on the periods for which both exist; null
    where there is none, or where nothing was won in them.
    """
    own = (pl.col("forecast") - pl.col("actual")).abs().sum()
    theirs = (pl.col(other) - pl.col("actual")).abs().sum()
    won = pl.col("actual").sum()
    gain = pl.when(won > 0).then((theirs - own) / won)
    return cells.drop_nulls(other).group_by(keys).agg(gain.alias(f"fva_{other}"))
