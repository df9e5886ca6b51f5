"""The naive rule to beat: booked so far, plus what the last ended period still won from that day on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from indicators.horizons import Horizon

SCOPE = ["scope_kind", "scope_id"]


def naive_calls(positions: Mapping[tuple[str, int], pl.DataFrame], horizons: Sequence[Horizon]) -> pl.DataFrame:
    """The rule's value for every scope and horizon: scope_kind, scope_id, period, horizon_days, naive.

    Booked so far, plus the remaining part of the newest period that had ended by then: its total as it stood on the
    horizon day, less what it had booked on its own horizon day (never below 0). Where that period has no such day in
    history there is no naive value. `positions` are `implied.positions` by (period, horizon days).
    """
    texts = ("scope_kind", "scope_id", "period")
    schema: dict[str, pl.DataType] = {name: pl.String() for name in texts} | {
        "horizon_days": pl.Int64(),
        "naive": pl.Float64(),
    }
    parts = [
        _naive(positions[(one.period, one.days)], positions[(one.base, one.days)]).with_columns(
            period=pl.lit(one.period), horizon_days=pl.lit(one.days, dtype=pl.Int64)
        )
        for one in horizons
        if (one.base, one.days) in positions
    ]
    return pl.concat([pl.DataFrame(schema=schema), *(part.select(list(schema)) for part in parts)])


def _naive(now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    booked_then = then.select(*SCOPE, booked_then="booked")
    remaining = pl.col("base_total").fill_null(0.0) - pl.col("booked_then").fill_null(0.0)
    return now.join(booked_then, on=SCOPE, how="left").select(
        *SCOPE, naive=pl.col("booked").fill_null(0.0) + remaining.clip(lower_bound=0.0)
    )
