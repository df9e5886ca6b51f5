"""Earlier periods at the same point of their course: what was open then, and what the rest of the period brought."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from history.as_of import known
from history.deals import closings, spells
from history.fiscal import Period, bounds, previous
from history.record import History

MOST_PERIODS = 8


@dataclass(frozen=True)
class PastPeriod:
    """One earlier period. `age` counts periods back from the newest that was over (0).

    `open`: deal_id, stage, won (in that period) of every deal open at the same point. `arrived`: deal_id of wins that
    came from outside: neither open nor booked at that point. `won`: deal_id of everything won in that period.
    """

    period: Period
    at: dt.datetime
    age: int
    open: pl.DataFrame
    arrived: pl.DataFrame
    won: pl.DataFrame


def same_point(
    span: tuple[dt.datetime, dt.datetime], at: dt.datetime, other: tuple[dt.datetime, dt.datetime]
) -> dt.datetime:
    """The instant of period `other` that corresponds to `at` in period `span`.

    The same share of the period has passed; ahead of the period, the same time is left until it begins.
    """
    if at <= span[0]:
        return other[0] - (span[0] - at)
    return other[0] + (at - span[0]) / (span[1] - span[0]) * (other[1] - other[0])


def past_periods(past: History, period: Period, as_of: dt.datetime) -> list[PastPeriod]:
    """Earlier periods of the same kind that were over at `as_of`, newest first, at most `MOST_PERIODS`.

    `past` is the history as known at `as_of`. A period whose same point lies before the first record is left out; so
    is one less than a period's length after it, when two others remain: there the pipeline was still being entered.
    """
    changes = past["deal_changes"].filter(pl.col("field") == "stage")
    stages = History(past.settings, {"deals": past["deals"], "deal_changes": changes})
    first = past.first_recorded
    if first is None:
        return []
    usable = [(other, at) for other, at in _ended(past, period, as_of) if at > first]
    mature = [(other, at) for other, at in usable if at - first >= dt.timedelta(days=period.days - 2)]
    chosen = mature if len(mature) >= 2 else usable
    return [_replayed(stages, other, at, age) for age, (other, at) in enumerate(chosen)]


def _ended(past: History, period: Period, as_of: dt.datetime) -> list[tuple[Period, dt.datetime]]:
    span = bounds(period, past.settings)
    found: list[tuple[Period, dt.datetime]] = []
    back = 1
    while len(found) < MOST_PERIODS:
        other = previous(period, past.settings, back)
        other_span = bounds(other, past.settings)
        if past.first_recorded is None or other_span[1] <= past.first_recorded:
            break
        if other_span[1] <= as_of:
            found.append((other, same_point(span, as_of, other_span)))
        back += 1
    return found


def _replayed(stages: History, period: Period, at: dt.datetime, age: int) -> PastPeriod:
    start, end = bounds(period, stages.settings)
    won = won_between(stages, start, end)
    then = known(stages, at)
    standing = _standing(then, at)
    open_then = standing.filter(pl.col("outcome").is_null())
    booked_then = won_between(then, start, min(at, end))
    inside = pl.concat([open_then.select("deal_id"), booked_then])
    return PastPeriod(
        period,
        at,
        age,
        open_then.select("deal_id", "stage", won=pl.col("deal_id").is_in(won["deal_id"].implode())),
        won.join(inside, on="deal_id", how="anti", maintain_order="left"),
        won,
    )


def won_between(history: History, start: dt.datetime, end: dt.datetime) -> pl.DataFrame:
    """deal_id of the deals that stood as won at `end` since an instant from `start` on, sorted."""
    before = history.with_tables(deal_changes=history["deal_changes"].filter(pl.col("changed_at") < end))
    return (
        closings(before)
        .filter((pl.col("outcome") == "won") & pl.col("reopened_at").is_null() & (pl.col("closed_at") >= start))
        .select("deal_id")
        .sort("deal_id")
    )


def _standing(then: History, at: dt.datetime) -> pl.DataFrame:
    """deal_id, stage, outcome of every deal that existed at `at`."""
    changes = then["deal_changes"].filter((pl.col("changed_at") < at) & (pl.col("field") == "stage"))
    standing = spells(then.with_tables(deal_changes=changes)).group_by("deal_id").agg(pl.col("outcome").last())
    latest = (
        changes.sort("deal_id", "changed_at", "recorded_at", "new_value")
        .group_by("deal_id")
        .agg(stage=pl.col("new_value").last())
    )
    created = then["deals"].filter(pl.col("created_at") < at).select("deal_id")
    return created.join(standing, on="deal_id", how="left").join(latest, on="deal_id", how="left").sort("deal_id")
