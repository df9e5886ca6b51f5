"""The tables that the service tells: worked out once a standing for everybody, then narrowed to what the caller sees.

Routes and exports answer from the same functions, so that neither can show more than the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import polars as pl

from history.fiscal import parse_period, previous, quarter_of
from history.scopes import scope_kinds
from indicators.cues import cues
from indicators.funnel import funnel
from indicators.linearity import linearity
from indicators.plans import followed
from indicators.scorecard import scorecard
from serving.bridge import Bridge, Pair, bridge, must_follow, pair_of
from serving.choosing import ServedModel
from serving.correction_parts import correction_parts
from serving.fields import Answer
from serving.forecasting import Outlook, outlook, table
from serving.pace import pace
from serving.pages.narrowing import seen_history
from serving.score_history import WEEK
from serving.sight import Sight
from serving.standing import Standing
from serving.submissions import statements

OF_PEOPLE = ("rep", "team", "region")
"""Keys of a funnel whose groups are people's scopes."""
A = TypeVar("A", bound=Answer)


@dataclass(frozen=True)
class Told:
    """What changed in a forecast, of which period, between which instants, and by which models."""

    bridge: Bridge
    period: str
    days: tuple[dt.datetime, dt.datetime]
    models: tuple[ServedModel, ServedModel]


def rows_of(model: type[A], frame: pl.DataFrame) -> list[A]:
    """The rows of a frame in the fields of a schema; columns that the schema does not name are left out."""
    kept = [name for name in model.model_fields if name in frame.columns]
    return [model(**row) for row in frame.select(kept).iter_rows(named=True)]


def period_or_running(standing: Standing, period: str | None) -> str:
    """The name of the period that is asked for, else of the running quarter; raises `DateInvalid`."""
    settings = standing.history.settings
    return parse_period(period, settings).name if period else quarter_of(standing.day, settings).name


def outlook_of(standing: Standing, period: str) -> Outlook:
    """What is expected of a period, from which all its numbers come."""
    return standing.remembered(
        ("outlook", period), lambda: outlook(standing.history, standing.model, period, standing.as_of)
    )


def forecast_rows(standing: Standing, sight: Sight, period: str | None, by: str, measure: str) -> pl.DataFrame:
    """Where the scopes that are seen will land in a period; see `serving.forecasting.table`."""
    name = period_or_running(standing, period)
    seen = outlook_of(standing, name)
    rows = standing.remembered(("forecast", name, by, measure), lambda: table(seen, by, measure))
    return sight.narrow_scopes(rows)


def correction_rows(standing: Standing, sight: Sight, period: str | None, by: str, measure: str) -> pl.DataFrame:
    """What the corrections of the scopes that are seen go by; see `serving.correction_parts`."""
    name = period_or_running(standing, period)
    seen = outlook_of(standing, name)
    rows = standing.remembered(("correction", name, by, measure), lambda: correction_parts(seen, by, measure))
    return sight.narrow_scopes(rows)


def pace_rows(standing: Standing, sight: Sight, period: str | None, by: str, measure: str) -> pl.DataFrame:
    """How the scopes that are seen are coming along; see `serving.pace.pace`."""
    name = period_or_running(standing, period)
    seen = outlook_of(standing, name)
    rows = standing.remembered(("pace", name, by, measure), lambda: pace(seen, by, measure))
    return sight.narrow_scopes(rows)


def seen_bridge(
    standing: Standing, sight: Sight, period: str | None, first: dt.date | None, last: dt.date | None, by: str, of: str
) -> Told:
    """What changed in a period's forecast between two days, in the scopes of level `by` that are seen.

    The served day and a week before it where no days are named; the quarter of the last day where no period is.
    Raises what `serving.bridge.bridge` and `parse_period` raise.
    """
    settings = standing.history.settings
    end = last or standing.day
    name = parse_period(period, settings).name if period else quarter_of(end, settings).name
    days = (settings.start_of(first or end - WEEK), settings.start_of(end))
    found = bridge(pair_between(standing, name, days), by, of)
    if not sight.everything:
        marked = (frame.with_columns(_kind=pl.lit(by)) for frame in (found.lines, found.parts))
        lines, parts = (sight.narrow_scopes(frame, "_kind").drop("_kind") for frame in marked)
        found = replace(found, lines=lines, parts=parts)
    return Told(found, name, days, models_of(standing, days))


def pair_between(standing: Standing, period: str, days: tuple[dt.datetime, dt.datetime]) -> Pair:
    """What was expected of a period on two days, each by its own model; the served day's is what is served of it."""
    must_follow(standing.history, days)

    def made() -> Pair:
        found = pair_of(standing.history, models_of(standing, days), period, days)
        if days[1] != standing.as_of:
            return found
        return replace(found, last=standing.remembered(("outlook", period), lambda: found.last))

    return standing.remembered(("pair", period, days), made)


def models_of(standing: Standing, days: tuple[dt.datetime, dt.datetime]) -> tuple[ServedModel, ServedModel]:
    """The models of two days. The same one loaded twice is one model: nothing then changed by another one."""
    first, last = standing.model_at(days[0]), standing.model_at(days[1])
    return (last, last) if (first.version, first.trained_as_of) == (last.version, last.trained_as_of) else (first, last)


def linearity_rows(
    standing: Standing, sight: Sight, by: str, part: str, measure: str, period: str | None, cadence: str
) -> pl.DataFrame:
    """How past periods' wins of the scopes that are seen were spread; see `indicators.linearity`."""
    rows = standing.remembered(
        ("linearity", by, part, measure, period, cadence),
        lambda: linearity(standing.history, standing.as_of, by, part, measure, period, cadence),
    )
    return sight.narrow_scopes(rows)


def by_seen_forecasters(rows: pl.DataFrame, sight: Sight) -> pl.DataFrame:
    """Statements of persons who are seen, and those of no single person: the model's, a rule's, a team's together."""
    if sight.people is None:
        return rows
    personal = pl.col("forecaster_kind").is_in(["rep", "manager"]) & (pl.col("forecaster_id") != "(all)")
    return rows.filter(~personal | pl.col("forecaster_id").is_in(sorted(sight.people)))


def scorecard_rows(standing: Standing, sight: Sight, period: str | None, role: str | None) -> tuple[str, pl.DataFrame]:
    """The period and the performance sheets of the people who are seen; the quarter of the newest day if left out."""
    name = period or quarter_of(standing.day - dt.timedelta(days=1), standing.history.settings).name
    rows = standing.remembered(
        ("scorecard", name, role), lambda: scorecard(standing.history, name, standing.as_of, role)
    )
    return name, sight.narrow_people(rows)


def cue_rows(standing: Standing, sight: Sight, period: str | None, role: str | None) -> tuple[str, pl.DataFrame]:
    """The period and the coaching cues of the people who are seen; the last whole quarter if left out."""
    settings = standing.history.settings
    name = period or previous(quarter_of(standing.day, settings), settings).name
    rows = standing.remembered(("cues", name, role), lambda: cues(standing.history, name, standing.as_of, role))
    return name, sight.narrow_people(rows)


def plan_rows(standing: Standing, sight: Sight) -> pl.DataFrame:
    """Goals of the people who are seen and what then happened, newest first."""
    rows = standing.remembered(("plans",), lambda: followed(standing.history, standing.as_of))
    return sight.narrow_people(rows)


def funnel_rows(
    standing: Standing, sight: Sight, first: dt.date | None, last: dt.date | None, by: Sequence[str]
) -> pl.DataFrame:
    """The funnel of the stays that began in a stretch of days, a year before the served day if left out.

    People's scopes are told beside all others of the company, and those that are seen are given; anything else is told
    of the deals that are seen alone.
    """
    settings = standing.history.settings
    end = settings.start_of(last) if last else standing.as_of
    start = settings.start_of(first or settings.day_of(end) - dt.timedelta(days=365))
    compared = [key for key in by if key in OF_PEOPLE]
    history = standing.history if compared else seen_history(standing, sight)
    rows = standing.remembered(
        ("api funnel", start, end, tuple(by), None if compared else sight.mark),
        lambda: funnel(history, start, end, standing.as_of, by),
    )
    for key in compared:
        rows = sight.narrow_scopes(rows.with_columns(_kind=pl.lit(key)), "_kind", key).drop("_kind")
    return rows


def call_rows(calls: pl.DataFrame, sight: Sight, now: dt.datetime) -> pl.DataFrame:
    """Statements about scopes that are seen by forecasters who are seen, newest first; see `statements`."""
    return by_seen_forecasters(sight.narrow_scopes(statements(calls, now)), sight)


def scope_names(standing: Standing) -> tuple[str, ...]:
    """What a forecast may be told by."""
    return tuple(scope_kinds(standing.history.settings))
