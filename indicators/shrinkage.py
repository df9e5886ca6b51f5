"""Few periods say little: below six, a person's bias and WAPE are drawn toward those of the team."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from indicators.formulas import ACTUAL, FORECAST, MISS, per_actual

FULL_RECORD_PERIODS = 6
SUMS = (FORECAST, ACTUAL, MISS)


def shrunk(rows: pl.DataFrame, like: Sequence[str]) -> pl.DataFrame:
    """`rows` with bias_shrunk, wape_shrunk and shrunk_to ("team", "company", "nobody", or null when not shrunk).

    `rows` has one row per forecaster with team, n_periods, the sums, bias and wape; `like` names the columns in
    which peers agree (who forecasts, horizon, source). With n < 6 periods the own value weighs n/6 and the peers'
    the rest. Peers are the others of the team, else the others of the company, their sums taken together; with no
    peer the raw value stands. Null stays null: nothing won is not mended by others' wins.
    """
    with_team = _others(_others(rows, [*like, "team"], "team"), like, "company")
    source = (
        pl.when(pl.col("n_periods") >= FULL_RECORD_PERIODS)
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col(f"team_{ACTUAL}") > 0)
        .then(pl.lit("team"))
        .when(pl.col(f"company_{ACTUAL}") > 0)
        .then(pl.lit("company"))
        .otherwise(pl.lit("nobody"))
    )
    return (
        with_team.with_columns(shrunk_to=source)
        .with_columns(bias_shrunk=_drawn("bias"), wape_shrunk=_drawn("wape"))
        .drop(f"{level}_{name}" for level in ("team", "company") for name in SUMS)
    )


def _others(rows: pl.DataFrame, keys: Sequence[str], level: str) -> pl.DataFrame:
    """Sums of everybody in the group but oneself."""
    return rows.with_columns((pl.col(name).sum().over(keys) - pl.col(name)).alias(f"{level}_{name}") for name in SUMS)


def _drawn(name: str) -> pl.Expr:
    own_weight = pl.col("n_periods") / FULL_RECORD_PERIODS
    drawn = own_weight * pl.col(name) + (1 - own_weight) * _peers(name)
    return pl.when(pl.col("shrunk_to").is_in(["team", "company"])).then(drawn).otherwise(pl.col(name))


def _peers(name: str) -> pl.Expr:
    def at(level: str) -> pl.Expr:
        actual = pl.col(f"{level}_{ACTUAL}")
        top = pl.col(f"{level}_{MISS}") if name == "wape" else pl.col(f"{level}_{FORECAST}") - actual
        return per_actual(top, actual)

    return pl.when(pl.col("shrunk_to") == "team").then(at("team")).otherwise(at("company"))
