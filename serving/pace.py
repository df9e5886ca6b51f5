"""How a period is coming along: pace against the same day of earlier periods, gap, and the new pipeline it would take.

Required new pipeline = gap / (conversion x share closing in the period). Both factors are counted on the deals that
were created from the same point on in earlier periods: conversion is the share of their worth that has been won by
now, the closing share the part of that which was won within the period itself. Their product, what new pipeline
brings within the period, is therefore complete however many of these deals are still open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from history.as_of import known
from history.deals import closings
from history.fiscal import MONTHS_IN, Period, bounds, cadence_of, previous
from history.record import History
from history.scopes import COMPANY
from serving.forecasting import Outlook, table
from training.attainment.position import credited
from training.attainment.replay import same_point

MOST_PERIODS = 8
LEAST_WITHIN = 5
"""Below so many wins within the period a scope's factors are the company's."""

SCHEMA: dict[str, pl.DataType] = {
    "scope_kind": pl.String(),
    "scope_id": pl.String(),
    "period": pl.String(),
    "as_of": pl.Datetime("us"),
    "measure": pl.String(),
    "day": pl.Int64(),
    "days": pl.Int64(),
    **{name: pl.Float64() for name in ("booked", "same_day_mean", "same_day_low", "same_day_high")},
    **{name: pl.Float64() for name in ("same_day_last_year", "pace", "usual_share_booked")},
    "periods": pl.Int64(),
    **{name: pl.Float64() for name in ("quota", "mean", "gap", "coverage", "conversion")},
    "conversion_deals": pl.Int64(),
    "closing_share": pl.Float64(),
    "closing_wins": pl.Int64(),
    "closing_within": pl.Int64(),
    "factors_of": pl.String(),
    **{name: pl.Float64() for name in ("usual_new_pipeline", "most_new_pipeline", "required_new_pipeline")},
}


@dataclass(frozen=True)
class Earlier:
    """One earlier period seen from the same point. Both frames have deal_id, the scope columns and amount.

    `wins`: also booked_then (it was booked at that point) and stood (it was won when the period ended). `created`:
    deals created from that point on within the period, with won (by now) and won_within (the period).
    """

    period: Period
    wins: pl.DataFrame
    created: pl.DataFrame


def pace(seen: Outlook, by: str, measure: str = "amount") -> pl.DataFrame:
    """One row per scope of the forecast, columns as in `SCHEMA`; money in the workspace's currency.

    booked against the mean, lowest and highest of `periods` earlier periods of the same kind on the same day, and
    against that of a year before; pace = booked / same_day_mean; usual_share_booked is the part of earlier results
    that was booked by then. gap = quota - mean, what is missing after all that is expected (below 0: more than
    enough). usual_new_pipeline is what was created from the same day on, on average, most_new_pipeline the most in any
    of those periods; required_new_pipeline what must be created beyond the usual to close the gap. factors_of says
    whether conversion and closing share are the scope's "own" or, with fewer than `LEAST_WITHIN` wins within a
    period, those of the "company". What cannot be known is null. Raises `RequestInvalid` as
    the forecast does.
    """
    rows = table(seen, by, measure)
    earlier = earlier_periods(seen)
    booked, created = _booked(earlier, by, measure), _created(earlier, by, measure)
    company = _factors(_created(earlier, COMPANY, measure).get(COMPANY))
    names = [one.period.name for one in earlier]
    found = []
    for row in rows.iter_rows(named=True):
        own = _factors(created.get(row["scope_id"]))
        enough = own["closing_within"] >= LEAST_WITHIN
        factors = {**(own if enough else company), "factors_of": "own" if enough else "company"}
        then = _same_day(seen, booked.get(row["scope_id"], {}), names)
        own_created = created.get(row["scope_id"], {"created": 0.0, "most": None})
        then["most_new_pipeline"] = own_created["most"]
        found.append(_row(seen, row, then | factors, own_created["created"] / len(names) if names else None))
    return pl.DataFrame(found, schema=SCHEMA)


def _row(seen: Outlook, row: dict[str, Any], told: dict[str, Any], usual: float | None) -> dict[str, Any]:
    kept = {name: row[name] for name in ("scope_kind", "scope_id", "period", "as_of", "measure", "booked")}
    kept |= {name: row[name] for name in ("quota", "mean", "coverage")}
    gap = None if row["quota"] is None else row["quota"] - row["mean"]
    passed = seen.now.past.settings.day_of(seen.now.as_of) - seen.period.first_day
    return {
        **kept,
        **told,
        "day": min(max(passed.days, 0), seen.period.days),
        "days": seen.period.days,
        "pace": row["booked"] / told["same_day_mean"] if told["same_day_mean"] else None,
        "gap": gap,
        "usual_new_pipeline": usual,
        "required_new_pipeline": None if seen.now.end <= seen.now.as_of else _required(gap, told),
    }


def _required(gap: float | None, factors: dict[str, Any]) -> float | None:
    if gap is None or gap <= 0:
        return None if gap is None else 0.0
    brings = (factors["conversion"] or 0.0) * (factors["closing_share"] or 0.0)
    return gap / brings if brings > 0 else None


def out_of_reach(row: Mapping[str, Any]) -> bool:
    """Whether closing the gap takes more new pipeline, the usual included, than the scope ever created in time."""
    needed, usual, most = (row[f"{name}_new_pipeline"] for name in ("required", "usual", "most"))
    return bool(needed) and most is not None and usual + needed > most


def _booked(earlier: list[Earlier], by: str, measure: str) -> dict[str, dict[str, tuple[float, float]]]:
    """Per scope and period what was booked on the same day, and what had been won when the period ended."""
    worth = _worth(measure)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for one in earlier:
        sums = one.wins.group_by(by).agg(
            then=worth.filter(pl.col("booked_then")).sum(), ended=worth.filter(pl.col("stood")).sum()
        )
        for scope, then, ended in sums.select(by, "then", "ended").iter_rows():
            found.setdefault(scope, {})[one.period.name] = (float(then), float(ended))
    return found


def _same_day(seen: Outlook, own: dict[str, tuple[float, float]], names: list[str]) -> dict[str, Any]:
    booked = {name: own.get(name, (0.0, 0.0))[0] for name in names}
    ended = sum(pair[1] for pair in own.values())
    return {
        "same_day_mean": sum(booked.values()) / len(booked) if booked else None,
        "same_day_low": min(booked.values(), default=None),
        "same_day_high": max(booked.values(), default=None),
        "same_day_last_year": booked.get(_a_year_before(seen)),
        "usual_share_booked": sum(booked.values()) / ended if ended > 0 else None,
        "periods": len(booked),
    }


def _created(earlier: list[Earlier], by: str, measure: str) -> dict[str, dict[str, Any]]:
    """Per scope the deals created from the same day on: their worth, what was won of it, and within the period, and
    the most that they were worth in one period.
    """
    if not earlier:
        return {}
    worth, won, within = _worth(measure), pl.col("won"), pl.col("won_within")
    told = pl.concat([one.created.with_columns(of=pl.lit(one.period.name)) for one in earlier])
    by_period = told.group_by(pl.col(by).alias("scope"), "of").agg(created=worth.sum())
    most = dict(by_period.group_by("scope").agg(pl.col("created").max()).iter_rows())
    sums = told.group_by(pl.col(by).alias("scope")).agg(
        created=worth.sum(),
        won=worth.filter(won).sum(),
        within=worth.filter(within).sum(),
        conversion_deals=pl.len(),
        closing_wins=won.sum(),
        closing_within=within.sum(),
    )
    return {row["scope"]: row | {"most": most[row["scope"]]} for row in sums.iter_rows(named=True)}


def _factors(sums: dict[str, Any] | None) -> dict[str, Any]:
    """Conversion and closing share of the deals created from the same day on, with their numbers."""
    numbers = ("conversion_deals", "closing_wins", "closing_within")
    if sums is None:
        return {"conversion": None, "closing_share": None, **dict.fromkeys(numbers, 0)}
    return {
        "conversion": sums["won"] / sums["created"] if sums["created"] > 0 else None,
        "closing_share": sums["within"] / sums["won"] if sums["won"] > 0 else None,
        **{name: sums[name] for name in numbers},
    }


def _worth(measure: str) -> pl.Expr:
    return pl.col("amount") if measure == "amount" else pl.col("amount").is_not_null().cast(pl.Float64)


def _a_year_before(seen: Outlook) -> str:
    settings = seen.now.past.settings
    return previous(seen.period, settings, 12 // MONTHS_IN[cadence_of(seen.period)]).name


def earlier_periods(seen: Outlook) -> list[Earlier]:
    """Periods of the same kind that were over on the as-of day, newest first, at most `MOST_PERIODS`.

    One whose same point lies before the first record is left out: nothing of it was known then.
    """
    past, settings, as_of = seen.now.past, seen.now.past.settings, seen.now.as_of
    first = past.first_recorded
    changes = past["deal_changes"].filter(pl.col("field") == "stage")
    stages = History(settings, {"deals": past["deals"], "deal_changes": changes})
    found: list[Earlier] = []
    back = 1
    while first is not None and len(found) < MOST_PERIODS:
        period = previous(seen.period, settings, back)
        start, end = bounds(period, settings)
        at = same_point((seen.now.start, seen.now.end), min(as_of, seen.now.end), (start, end))
        if at <= first:
            break
        if end <= as_of:
            found.append(_earlier(seen, stages, period, at))
        back += 1
    return found


def _earlier(seen: Outlook, stages: History, period: Period, at: dt.datetime) -> Earlier:
    start, end = bounds(period, stages.settings)
    then = _won(known(stages, at), start, min(at, end)).with_columns(booked_then=pl.lit(True))
    ended = _won(stages, start, end).with_columns(stood=pl.lit(True))
    both = then.join(ended, on="deal_id", how="full", coalesce=True).with_columns(
        closed_at=pl.coalesce("closed_at", "closed_at_right"),
        booked_then=pl.col("booked_then").fill_null(False),
        stood=pl.col("stood").fill_null(False),
    )
    deals = seen.now.deals
    wins = both.drop("closed_at_right").join(deals.drop("closed_at"), on="deal_id", how="inner")
    within = ended["deal_id"].implode()
    created = deals.filter(pl.col("created_at").is_between(at, end, closed="left")).with_columns(
        won_within=pl.col("deal_id").is_in(within),
        won=(pl.col("outcome") == "won").fill_null(False) | pl.col("deal_id").is_in(within),
    )
    return Earlier(period, credited(seen.now.past, wins, seen.now.as_of), created)


def _won(history: History, start: dt.datetime, end: dt.datetime) -> pl.DataFrame:
    """deal_id and closed_at of the deals that stood as won at `end` since an instant from `start` on, sorted."""
    before = history.with_tables(deal_changes=history["deal_changes"].filter(pl.col("changed_at") < end))
    standing = (pl.col("outcome") == "won") & pl.col("reopened_at").is_null() & (pl.col("closed_at") >= start)
    return closings(before).filter(standing).select("deal_id", "closed_at").sort("deal_id")
