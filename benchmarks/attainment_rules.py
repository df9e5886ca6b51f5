"""The simple rules a period's forecast has to beat, each from what was known at the time and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from history.as_of import known
from history.deals import closings
from history.fiscal import Period, bounds, cadence_of, previous
from history.record import History
from history.scopes import standing_reps
from serving.forecasting import Outlook
from training.attainment.course import Course, course
from training.attainment.sheet import arrived

LAST_TOTAL, LAST_REST = "last period's total", "booked + last period's rest"
LAST_PIPE = "booked + last conversion of the pipe + its create-and-close"
RUN_RATE, LAST_YEAR = "run rate", "last year's pace"
STAGES, COMMITS, MANAGERS, MANAGERS_LIKELY = (
    "stage weights",
    "the reps' commits",
    "the managers' commits",
    "the managers' most likely",
)
SAID = (COMMITS, MANAGERS, MANAGERS_LIKELY)


@dataclass(frozen=True)
class Seen:
    """An outlook with the course of earlier periods as known when its period began."""

    outlook: Outlook
    course: Course

    @property
    def share(self) -> float:
        now = self.outlook.now
        return (now.as_of - now.start) / (now.end - now.start)


def seen_with_course(outlook: Outlook) -> Seen:
    now = outlook.now
    cut = min(now.start, now.as_of)
    return Seen(outlook, course(known(now.past, cut), outlook.period, cut))


def rule_forecasts(seen: Seen, by: str, measure: str) -> dict[str, dict[str, float]]:
    """Each rule's number for every scope of a level; a rule that has nothing to go by is left out."""
    now = seen.outlook.now
    booked, still_open = sums(now.booked, by, measure), sums(now.open, by, "count")
    last = last_period(seen, 0, by, measure)
    found = {
        LAST_TOTAL: last["came"],
        LAST_REST: added(booked, last["rest"]),
        LAST_PIPE: added(booked, _converted(still_open, last), last["arrived"]),
        RUN_RATE: _run_rate(booked, seen.share) or last["came"],
        STAGES: added(booked, stage_weighted(now.open, now.past, by, measure)),
    }
    year_ago = _year_ago(seen)
    if year_ago is not None:
        found[LAST_YEAR] = added(booked, last_period(seen, year_ago, by, measure)["rest"])
    return found


def said_forecasts(seen: Seen, measure: str) -> dict[str, dict[str, float]]:
    """What reps and managers had said last of each team; empty where nobody had said anything yet."""
    past, name = seen.outlook.now.past, seen.outlook.period.name
    calls = past["forecast_calls"].filter((pl.col("period") == name) & (pl.col("measure") == measure))
    newest = calls.sort("called_at", "value").unique(
        ["scope_kind", "scope_id", "forecaster_kind", "category"], keep="last", maintain_order=True
    )
    teams = standing_reps(past).select(scope_id="rep_id", team="team")
    reps = newest.filter((pl.col("forecaster_kind") == "rep") & (pl.col("category") == "commit"))
    reps = reps.join(teams, on="scope_id").group_by("team").agg(pl.col("value").sum())
    managers = newest.filter((pl.col("forecaster_kind") == "manager") & (pl.col("scope_kind") == "team"))
    kinds = {MANAGERS: "commit", MANAGERS_LIKELY: "most_likely"}
    found = {COMMITS: dict(reps.iter_rows())}
    for rule, category in kinds.items():
        found[rule] = dict(managers.filter(pl.col("category") == category).select("scope_id", "value").iter_rows())
    return {rule: values for rule, values in found.items() if values}


def last_period(seen: Seen, age: int, by: str, measure: str) -> dict[str, dict[str, float]]:
    """Per scope what an earlier period came to, what its rest brought, and where from, at the same point."""
    told, point = seen.course, seen.course.nearest_point(seen.share)
    here = (pl.col("age") == age) & (pl.col("point") == point)
    at = told.points.filter(here)["at"].item()
    wins = told.wins.filter(pl.col("age") == age)
    rows = told.open.filter(here)
    return {
        "came": sums(wins, by, measure),
        "rest": sums(wins.filter(pl.col("known_at") >= at), by, measure),
        "arrived": sums(arrived(told).filter(here), by, measure),
        "open": sums(rows, by, "count"),
        "converted": sums(wins.join(rows.select("deal_id"), on="deal_id", how="semi"), by, measure),
    }


def _converted(still_open: Mapping[str, float], last: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {
        scope: number * last["converted"].get(scope, 0.0) / last["open"][scope]
        for scope, number in still_open.items()
        if last["open"].get(scope)
    }


def _run_rate(booked: Mapping[str, float], share: float) -> dict[str, float]:
    return {scope: value / share for scope, value in booked.items()} if share > 0.01 else {}


def _year_ago(seen: Seen) -> int | None:
    """The age of the period a year before, where it is known from the same point on."""
    period: Period = seen.outlook.period
    settings = seen.outlook.now.past.settings
    other = previous(period, settings, 4 if cadence_of(period) == "quarter" else 12)
    point = seen.course.nearest_point(seen.share)
    found = seen.course.points.filter((pl.col("start") == bounds(other, settings)[0]) & (pl.col("point") == point))
    return int(found["age"].item()) if found.height else None


def stage_weighted(deals: pl.DataFrame, past: History, by: str, measure: str) -> dict[str, float]:
    """Σ stage weight × worth: a stage's weight is how many of the deals closed so far from it on were won."""
    weights = stage_weights(past)
    worth = pl.col("amount") if measure == "amount" else pl.lit(1.0)
    chance = pl.col("stage").replace_strict(weights, default=0.0, return_dtype=pl.Float64)
    return dict(deals.group_by(by).agg((chance * worth).sum()).iter_rows())


def stage_weights(past: History) -> dict[str, float]:
    """Per stage the share won of the deals that were ever in it and have closed."""
    stages = past["deal_changes"].filter(pl.col("field") == "stage").select("deal_id", stage="new_value").unique()
    closed = closings(past).filter(pl.col("reopened_at").is_null()).select("deal_id", won=pl.col("outcome") == "won")
    rates = stages.join(closed, on="deal_id").group_by("stage").agg((pl.col("won").sum() + 0.5) / (pl.len() + 1.0))
    return dict(rates.sort("stage").iter_rows())


def stage_spread(seen: Seen, by: str, measure: str) -> np.ndarray:
    """What earlier periods came to, per scope, over what stage weights had said at the same point; sorted."""
    point, past = seen.course.nearest_point(seen.share), seen.outlook.now.past
    ratios = []
    for age in seen.course.points["age"].unique().sort():
        rows = seen.course.open.filter((pl.col("age") == age) & (pl.col("point") == point))
        last = last_period(seen, int(age), by, measure) if rows.height else {"came": {}, "rest": {}}
        booked = added(last["came"], {scope: -value for scope, value in last["rest"].items()})
        said = added(booked, stage_weighted(rows, past, by, measure))
        ratios += [last["came"].get(scope, 0.0) / value for scope, value in said.items() if value > 0]
    return np.sort(ratios)


def sums(rows: pl.DataFrame, by: str, measure: str) -> dict[str, float]:
    """Worth per scope."""
    worth = pl.col("amount").sum() if measure == "amount" else pl.len().cast(pl.Float64)
    return dict(rows.group_by(by).agg(worth).iter_rows())


def added(*parts: Mapping[str, float]) -> dict[str, float]:
    """Sums per scope over several parts."""
    scopes = sorted({scope for part in parts for scope in part})
    return {scope: sum(part.get(scope, 0.0) for part in parts) for scope in scopes}
