"""THE FUNNEL: what entered each stage, how it went on, how long it stayed, by whom and where; as known on any day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from history.errors import DateInvalid, RequestInvalid
from history.fiscal import period_of
from history.record import History
from history.scopes import NONE, SCOPE_KINDS
from indicators.bottleneck import BOTTLENECK_COLUMNS, bottlenecks
from indicators.credited import credited_at
from indicators.horizons import first_instant
from indicators.record import Record
from indicators.survival import LEFT, MOVED, MOVES_ON_WITHIN_DAYS, STAYS, days_until, moves_on_within

CALENDAR = ("month", "quarter")
BY = (*SCOPE_KINDS, "source", *CALENDAR)
"""What a funnel can be told by, beside the levels that a workspace names itself."""
MOST_KEYS = 2
ONE_DAY = dt.timedelta(days=1)
COUNTS = ("entered", "moved_on", "won", "went_back", "lost", "still_there")

COLUMNS: dict[str, pl.DataType] = {
    "stage": pl.String(),
    **dict.fromkeys(COUNTS, pl.Int64()),
    "conversion": pl.Float64(),
    "dwell_median": pl.Float64(),
    "dwell_p80": pl.Float64(),
    "won_dwell_median": pl.Float64(),
    "won_dwell_p80": pl.Float64(),
    **BOTTLENECK_COLUMNS,
}


def funnel(
    history: History, start: dt.datetime, end: dt.datetime, as_of: dt.datetime, by: Sequence[str] = ("company",)
) -> pl.DataFrame:
    """One row per group of `by` and open stage, of the stays that began from `start` and before `end` (naive UTC).

    `by` names one or two of `BY` or of the workspace's own levels; a group is whom the deal belonged to when it entered
    the stage, or the calendar month or fiscal quarter of the entry. Columns: the keys of `by`, then `COLUMNS`.
    `entered` is the sum of `moved_on` (to a later open stage), `won`, `went_back`, `lost` and `still_there`, and adds
    up across any cross. `conversion` is the share that moves on or is won within 90 days, lasting stays censored
    (Aalen–Johansen), 0 to 1. Dwell is in days: within how many half, and four in five, of the stays end (Kaplan–Meier;
    null where that has not been seen); won_dwell the same of all deals of the company won by then, in that stage. For
    the columns from `ended` on see `bottleneck`. Only what was recorded before `as_of` is used; a stay that ended later
    still lasts.

    Raises `DateInvalid` where the stretch is empty or begins at or after `as_of`, `NoHistory`, `RequestInvalid` for a
    key that is not known or more than two.
    """
    _checked(history, start, end, as_of, by)
    record = Record(history, as_of)
    stays = _stays(record, end)
    inside = _grouped(stays.filter(pl.col("entered_at") >= start), by, history)
    keys = list(by)
    rows = (
        inside.group_by(*keys, "place", "stage")
        .agg(*_counts(), *_times())
        .join(_of_won_deals(stays), on="place", how="left")
        .join(bottlenecks(inside, keys), on=[*keys, "place"], how="left")
        .sort(*keys, "place")
    )
    return rows.select(*keys, *(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items()))


def _checked(history: History, start: dt.datetime, end: dt.datetime, as_of: dt.datetime, by: Sequence[str]) -> None:
    known = (*BY, *history.settings.own_levels)
    wrong = [key for key in by if key not in known]
    if wrong or not by or len(by) > MOST_KEYS or len(set(by)) < len(by):
        given = ",".join(by) or "nothing"
        raise RequestInvalid(
            f"funnel by {given!r} is not known; expected one or two different ones of: {', '.join(known)}."
        )
    first_instant(history, as_of)
    days = [str(history.settings.day_of(one)) for one in (start, end, as_of)]
    if start >= end:
        raise DateInvalid(f"the funnel from {days[0]} to {days[1]} holds no day; expected an end after the start.")
    if start >= as_of:
        raise DateInvalid(
            f"the funnel from {days[0]} begins at or after its as-of {days[2]}; ask for an earlier start."
        )


def _stays(record: Record, end: dt.datetime) -> pl.DataFrame:
    """Stays in open stages that began before `end` and the as-of instant, credited on entry, with days and event."""
    ledger, as_of = record.ledger, record.as_of
    begun = ledger.spells.filter(pl.col("entered_at") < end)
    credited = credited_at(ledger, begun, "entered_at")
    facts = ledger.deals.select("number", source=pl.col("source").fill_null(NONE))
    won = record.closings.filter((pl.col("outcome") == "won") & pl.col("reopened_at").is_null())["number"]
    moved = pl.col("move").is_in(["forward", "won"])
    event = pl.when(moved).then(MOVED).when(pl.col("move").is_not_null()).then(LEFT).otherwise(STAYS)
    return credited.join(facts, on="number", how="left", maintain_order="left").with_columns(
        days=(pl.col("left_at").fill_null(as_of) - pl.col("entered_at")) / ONE_DAY,
        event=event.cast(pl.Int8),
        of_won=pl.col("number").is_in(won.unique().implode()),
        first=pl.col("number").ne_missing(pl.col("number").shift(1)),
    )


def _grouped(stays: pl.DataFrame, by: Sequence[str], history: History) -> pl.DataFrame:
    """`stays` with the calendar keys that are asked for."""
    settings = history.settings
    day = (
        pl.col("entered_at").dt.replace_time_zone("UTC").dt.convert_time_zone(settings.timezone).dt.date().alias("_day")
    )
    days = stays.select(day).to_series()
    for key in CALENDAR:
        if key in by:
            names = {one: period_of(one, settings, key).name for one in days.unique().sort()}
            stays = stays.with_columns(days.replace_strict(names, return_dtype=pl.String).alias(key))
    return stays


def _counts() -> list[pl.Expr]:
    ended = {"moved_on": "forward", "won": "won", "went_back": "back", "lost": "lost"}
    return [
        pl.len().alias("entered"),
        *((pl.col("move") == move).sum().alias(name) for name, move in ended.items()),
        pl.col("move").is_null().sum().alias("still_there"),
    ]


def _times() -> list[pl.Expr]:
    return [
        moves_on_within(MOVES_ON_WITHIN_DAYS, "days").alias("conversion"),
        days_until(0.5, "days").alias("dwell_median"),
        days_until(0.8, "days").alias("dwell_p80"),
    ]


def _of_won_deals(stays: pl.DataFrame) -> pl.DataFrame:
    """How long the deals that were won stayed in each stage, those of all groups and times together."""
    ended = stays.filter(pl.col("of_won") & (pl.col("event") != STAYS))
    return ended.group_by("place").agg(won_dwell_median=days_until(0.5, "days"), won_dwell_p80=days_until(0.8, "days"))
