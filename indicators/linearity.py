"""Linearity: how a past period's wins were spread over its months or weeks, by scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from history.as_of import known
from history.errors import RequestInvalid
from history.fiscal import Period, bounds, cadence_of, parse_period
from history.record import History
from history.scopes import scope_kinds
from indicators.actuals import MEASURES, PERIOD_SCHEMA, wins
from indicators.credit import slim
from indicators.horizons import ended_periods, first_instant

PARTS = ("month", "week")
MOST_PERIODS = 8
EVERY = "(all)"
"""The period of the rows in which all periods are taken together."""

SCHEMA: dict[str, pl.DataType] = {
    "scope_kind": pl.String(),
    "scope_id": pl.String(),
    "period": pl.String(),
    "measure": pl.String(),
    "part": pl.String(),
    "number": pl.Int64(),
    "first_day": pl.Date(),
    "end_day": pl.Date(),
    "won": pl.Float64(),
    "total": pl.Float64(),
    "share": pl.Float64(),
    "wins": pl.Int64(),
    "blank_wins": pl.Int64(),
}


def linearity(
    history: History,
    as_of: dt.datetime,
    by: str = "company",
    part: str = "month",
    measure: str = "amount",
    period: str | None = None,
    cadence: str = "quarter",
) -> pl.DataFrame:
    """What part of a period's wins came in each of its months or weeks, as known at `as_of` (naive UTC).

    `period` names one that has ended; without it the last `MOST_PERIODS` of `cadence` that ended and that history
    covers whole, and all of them together under the period `EVERY`. A row per scope of level `by`, period and part,
    those without a win included: `won` in the workspace's currency or in deals, `share` of the period's `total` (null
    where nothing was won), `wins`, and `blank_wins`, those without a known amount, which add nothing to `won`. Weeks
    are counted in sevens from the period's first day; the last one takes the odd days. `end_day` is exclusive; both
    days are null for all periods together.
    Raises `RequestInvalid` for what is not known or has not ended, `DateInvalid` for the period's name, `NoHistory`.
    """
    levels = scope_kinds(history.settings)
    for what, given, names in (("level", by, levels), ("part", part, PARTS), ("measure", measure, MEASURES)):
        if given not in names:
            raise RequestInvalid(f"{what} {given!r} is not known; expected one of {', '.join(names)}. Correct it.")
    chosen = _chosen(history, as_of, period, cadence)
    if part == "month" and cadence_of(chosen[0]) == "month":
        raise RequestInvalid("a month cannot be parted into months; expected part week for it. Ask for weeks.")
    edges = pl.concat([_edges(one, part) for one in chosen])
    found = _won(history, as_of, chosen, edges, by, measure)
    scopes = found.select(scope_id=by).unique()
    worth = pl.col(measure)
    summed = found.group_by(pl.col(by).alias("scope_id"), "period", "number").agg(
        won=worth.sum(), wins=pl.len().cast(pl.Int64), blank_wins=worth.is_null().sum().cast(pl.Int64)
    )
    rows = (
        scopes.join(edges, how="cross")
        .join(summed, on=["scope_id", "period", "number"], how="left")
        .with_columns(pl.col("won").fill_null(0.0), pl.col("wins", "blank_wins").fill_null(0))
    )
    told = pl.concat([rows, _together(rows)]) if period is None else rows
    total = pl.col("won").sum().over("scope_id", "period")
    return (
        told.with_columns(scope_kind=pl.lit(by), measure=pl.lit(measure), part=pl.lit(part), total=total)
        .with_columns(share=pl.when(pl.col("total") > 0).then(pl.col("won") / pl.col("total")))
        .select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
        .sort("scope_id", pl.col("first_day").min().over("scope_id", "period"), "number", nulls_last=True)
    )


def _chosen(history: History, as_of: dt.datetime, period: str | None, cadence: str) -> list[Period]:
    settings = history.settings
    if period is not None:
        one = parse_period(period, settings)
        first_instant(history, as_of)
        if bounds(one, settings)[1] > as_of:
            raise RequestInvalid(
                f"period {one.name} has not ended on {settings.day_of(as_of)}; expected one that has. Name another."
            )
        return [one]
    first = first_instant(history, as_of)
    whole = [one for one in ended_periods(history, as_of, cadence) if bounds(one, settings)[0] >= first]
    if not whole:
        raise RequestInvalid(
            f"no {cadence} that history covers whole has ended on {settings.day_of(as_of)}; expected at least one. Ask "
            "for a shorter cadence or a later day."
        )
    return whole[-MOST_PERIODS:]


def _edges(period: Period, part: str) -> pl.DataFrame:
    """period, number, first_day and end_day of each part."""
    if part == "month":
        days: Sequence[dt.date] = pl.date_range(period.first_day, period.end_day, "1mo", eager=True).to_list()
    else:
        weeks = max(1, round(period.days / 7))
        days = [*(period.first_day + dt.timedelta(days=7 * week) for week in range(weeks)), period.end_day]
    rows = [(period.name, number + 1, *days[number : number + 2]) for number in range(len(days) - 1)]
    names = ["period", "number", "first_day", "end_day"]
    kinds = dict(zip(names, (pl.String, pl.Int64, pl.Date, pl.Date), strict=True))
    return pl.DataFrame(rows, schema=kinds, orient="row")


def _won(
    history: History, as_of: dt.datetime, chosen: list[Period], edges: pl.DataFrame, by: str, measure: str
) -> pl.DataFrame:
    """One row per win with its scope, period, number of the part and worth (null where unknown)."""
    settings = history.settings
    periods = pl.DataFrame([(one.name, *bounds(one, settings)) for one in chosen], schema=PERIOD_SCHEMA, orient="row")
    won = wins(known(slim(history), as_of), periods, as_of)
    local = pl.col("closed_at").dt.replace_time_zone("UTC").dt.convert_time_zone(settings.timezone).dt.date()
    placed = won.with_columns(day=local).sort("day")
    parts = edges.select("number", "first_day").sort("first_day")
    numbered = placed.join_asof(parts, left_on="day", right_on="first_day", check_sortedness=False)
    return numbered.select(by, "period", "number", measure)


def _together(rows: pl.DataFrame) -> pl.DataFrame:
    """All periods together: sums by scope and number."""
    sums = rows.group_by("scope_id", "number").agg(pl.col("won", "wins", "blank_wins").sum())
    no_day = pl.lit(None, dtype=pl.Date)
    return sums.with_columns(period=pl.lit(EVERY), first_day=no_day, end_day=no_day).select(rows.columns)
