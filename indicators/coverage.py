"""Calls that were not made: of the periods in which there was something to call, in how many one was called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

SPOKEN = ["forecaster_kind", "forecaster_id", "scope_kind", "scope_id", "horizon_days", "source", "measure"]
SCOPE = ["scope_kind", "scope_id"]
PEOPLE = ("rep", "manager")
"""People are asked for a call until they leave; a version of the model or a rule only while it spoke."""


def slots(
    placed: Mapping[tuple[str, int], pl.DataFrame], moments: pl.DataFrame, scopes: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """Where there was something to call: scope_kind, scope_id, horizon_days, period, start, cut; distinct.

    A scope held an open deal at the horizon day or had won something by then (`placed`, see `implied.positions`), or
    stands in one of the `scopes` (scope_kind, scope_id, period): it won something, or somebody spoke of it. The model
    speaks of every scope every night, and nobody is asked for a call because of that.
    """
    held = [
        position.filter((pl.col("n_open") > 0) | pl.col("booked").is_not_null()).select(
            *SCOPE, period=pl.lit(period), horizon_days=pl.lit(days, dtype=pl.Int64)
        )
        for (period, days), position in placed.items()
    ]
    days = moments.select("period", "horizon_days")
    others = [scope.select(*SCOPE, "period").join(days, on="period") for scope in scopes]
    found = pl.concat([*held, *others], how="diagonal_relaxed").unique()
    return found.join(moments.select("period", "horizon_days", "start", "cut"), on=["period", "horizon_days"])


def coverage(cells: pl.DataFrame, asked: pl.DataFrame, reps: pl.DataFrame) -> pl.DataFrame:
    """Per forecaster and scope (the columns of `SPOKEN`): n_called and n_possible, in periods.

    Possible are the periods of `asked` (see `slots`) from the first that the forecaster called on: for people until
    they left (`reps`: rep_id, left_at), for the model and rules until the last call, and those they spoke of.
    """
    start = pl.col("start")
    called = cells.group_by(SPOKEN).agg(n_called=start.n_unique().cast(pl.Int64), first=start.min(), last=start.max())
    left = reps.group_by(forecaster_id="rep_id").agg(pl.col("left_at").max())
    grid = called.join(asked, on=[*SCOPE, "horizon_days"]).join(left, on="forecaster_id", how="left")
    there = pl.col("left_at").is_null() | (pl.col("cut") <= pl.col("left_at"))
    goes_on = pl.col("forecaster_kind").is_in(PEOPLE) & there
    possible = grid.filter((start >= pl.col("first")) & (goes_on | (start <= pl.col("last"))))
    counted = possible.group_by(SPOKEN).agg(n_possible=start.n_unique().cast(pl.Int64))
    both = called.select(*SPOKEN, "n_called").join(counted, on=SPOKEN, how="left")
    of_person = pl.col("forecaster_kind").is_in(PEOPLE)
    most = pl.when(of_person).then("n_possible").otherwise(pl.max_horizontal("n_called", "n_possible"))
    return both.with_columns(n_possible=most).drop_nulls("n_possible")
