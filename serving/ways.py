"""The four ways in which sales teams forecast today, beside ours: what each says now, and how it has done.

Ours has a record where the model's own statements of the time were written down.

Each is asked of earlier periods at the same point of their course, from what was known then, and held against what
the period came to. Stage weights: booked, and every open deal with the share of deals of its stage that were won.
Last year's pace: booked, and what the same period a year before still won from this point on. The reps' commits:
their newest, summed. The managers' number: their newest commit, of the scope or summed over its teams.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from history.as_of import known
from history.deals import closings
from history.fiscal import MONTHS_IN, cadence_of
from history.record import History
from history.scopes import COMPANY, standing_reps
from indicators.calls import all_statements
from serving.forecasting import Outlook
from training.attainment.course import Course, course

STAGES, PACE, COMMITS, MANAGERS = "stage_weights", "last_years_pace", "rep_commits", "manager_number"
MODEL = "model"
WAYS = (MODEL, STAGES, PACE, COMMITS, MANAGERS)
OF_PEOPLE = ("rep", "team", "region", COMPANY)
"""Levels of which people can have said something."""
Values = dict[str, float]


@dataclass(frozen=True)
class Way:
    """One way. `now`: what it says by scope, without those it has nothing to go by. Over `periods` earlier periods and
    all scopes: wape = Σ|F−A|/ΣA and bias = Σ(F−A)/ΣA, None where there is no record."""

    name: str
    now: Values
    periods: int
    wape: float | None
    bias: float | None


@dataclass(frozen=True)
class _Point:
    """One period at one point: what was booked and open by then, what is known, and in the end what it came to."""

    period: str
    at: dt.datetime
    booked: Values
    open: pl.DataFrame
    came: Values
    rest: Values


def ways(seen: Outlook, by: str, measure: str, ours: Values) -> list[Way]:
    """Every way of one level and measure; `ours` is what the model expects now, by scope."""
    now = seen.now
    told = course(now.past, seen.period, now.as_of)
    earlier = _earlier(told, _share(seen), by, measure)
    here = _Point(seen.period.name, now.as_of, _sums(now.booked, by, measure), now.open, {}, {})
    back = 12 // MONTHS_IN[cadence_of(seen.period)]
    said = {age: _said(now.past, point, by, measure, earlier.get(age + back)) for age, point in earlier.items()}
    present = _said(now.past, here, by, measure, earlier.get(back - 1)) | {MODEL: ours}
    return [_way(name, present.get(name, {}), said, earlier) for name in WAYS]


def _share(seen: Outlook) -> float:
    now = seen.now
    return (now.as_of - now.start) / (now.end - now.start)


def _way(name: str, now: Values, said: Mapping[int, Mapping[str, Values]], earlier: Mapping[int, _Point]) -> Way:
    pairs = {age: values[name] for age, values in said.items() if values.get(name)}
    scopes = [(age, scope) for age, values in pairs.items() for scope in sorted({*values, *earlier[age].came})]
    misses = [pairs[age].get(scope, 0.0) - earlier[age].came.get(scope, 0.0) for age, scope in scopes]
    came = sum(earlier[age].came.get(scope, 0.0) for age, scope in scopes)
    if not pairs or came <= 0:
        return Way(name, now, len(pairs), None, None)
    return Way(name, now, len(pairs), sum(map(abs, misses)) / came, sum(misses) / came)


def _earlier(told: Course, share: float, by: str, measure: str) -> dict[int, _Point]:
    """Earlier periods at the same point, by age (0 the newest that was over)."""
    if told.points.is_empty():
        return {}
    rows = told.points.filter(pl.col("point") == told.nearest_point(share)).sort("age")
    found = {}
    for row in rows.iter_rows(named=True):
        wins = told.wins.filter(pl.col("age") == row["age"])
        booked = wins.filter(pl.col("known_at") < row["at"])
        rest = wins.filter(pl.col("known_at") >= row["at"])
        still = told.open.filter((pl.col("age") == row["age"]) & (pl.col("point") == row["point"]))
        sums = [_sums(part, by, measure) for part in (booked, wins, rest)]
        found[int(row["age"])] = _Point(row["period"], row["at"], sums[0], still, sums[1], sums[2])
    return found


def _said(past: History, point: _Point, by: str, measure: str, year_ago: _Point | None) -> dict[str, Values]:
    """What each way says at a point from what was known then."""
    found = {STAGES: _added(point.booked, _stage_weighted(past, point, by, measure))}
    if year_ago is not None:
        found[PACE] = _added(point.booked, year_ago.rest)
    if by in OF_PEOPLE:
        found |= _statements(past, point, by, measure)
    return found


def _stage_weighted(past: History, point: _Point, by: str, measure: str) -> Values:
    worth = pl.col("amount") if measure == "amount" else pl.lit(1.0)
    weights = stage_weights(past, point.at)
    chance = pl.col("stage").replace_strict(weights, default=0.0, return_dtype=pl.Float64)
    return dict(point.open.group_by(by).agg((chance * worth).sum()).sort(by).iter_rows())


def stage_weights(past: History, at: dt.datetime) -> dict[str, float]:
    """Per stage the share won of the deals that were ever in it and had closed by `at`, as known then."""
    changes = past["deal_changes"].filter(pl.col("field") == "stage")
    then = known(History(past.settings, {"deals": past["deals"], "deal_changes": changes}), at)
    stages = then["deal_changes"].select("deal_id", stage="new_value").unique()
    ends = closings(then).filter(pl.col("reopened_at").is_null())
    closed = ends.select("deal_id", won=pl.col("outcome") == "won")
    rates = stages.join(closed, on="deal_id").group_by("stage").agg((pl.col("won").sum() + 0.5) / (pl.len() + 1.0))
    return dict(rates.sort("stage").iter_rows())


def _statements(past: History, point: _Point, by: str, measure: str) -> dict[str, Values]:
    """The reps' newest commits and the managers', of the scopes of the level or summed up to them."""
    calls = all_statements(past).filter(
        (pl.col("period") == point.period)
        & (pl.col("measure") == measure)
        & (pl.col("called_at") < point.at)
        & (pl.col("recorded_at") < point.at)
    )
    who = ["forecaster_kind", "scope_kind", "scope_id", "category"]
    newest = calls.sort(*who, "called_at", "recorded_at", "value").unique(who, keep="last", maintain_order=True)
    commits, kind = newest.filter(pl.col("category") == "commit"), pl.col("forecaster_kind")
    reps = commits.filter((kind == "rep") & (pl.col("scope_kind") == "rep"))
    model = newest.filter((kind == "model") & (pl.col("category") == "most_likely") & (pl.col("scope_kind") == by))
    found = {
        COMMITS: _rolled_up(past, reps, "rep", by, point.at),
        MANAGERS: _of_managers(past, commits.filter(kind == "manager"), by, point.at),
        MODEL: dict(model.select("scope_id", "value").iter_rows()),
    }
    return {name: values for name, values in found.items() if values}


def _of_managers(past: History, managers: pl.DataFrame, by: str, at: dt.datetime) -> Values:
    own = managers.filter(pl.col("scope_kind") == by)
    if own.height or by == "rep":
        return dict(own.select("scope_id", "value").iter_rows())
    return _rolled_up(past, managers.filter(pl.col("scope_kind") == "team"), "team", by, at)


def _rolled_up(past: History, said: pl.DataFrame, kind: str, by: str, at: dt.datetime) -> Values:
    """Statements about reps or teams summed to a level above them, by where people stand at `at`."""
    if by == kind:
        return dict(said.select("scope_id", "value").iter_rows())
    people = standing_reps(past, at).select(rep="rep_id", team="team", region="region", company=pl.lit(COMPANY))
    above = people.select(scope_id=kind, above=by).drop_nulls().unique("scope_id", keep="first", maintain_order=True)
    rows = said.join(above, on="scope_id").group_by("above").agg(pl.col("value").sum()).sort("above")
    return dict(rows.iter_rows())


def _sums(rows: pl.DataFrame, by: str, measure: str) -> Values:
    worth = pl.col("amount").sum() if measure == "amount" else pl.len().cast(pl.Float64)
    return dict(rows.group_by(by).agg(worth).sort(by).iter_rows())


def _added(*parts: Values) -> Values:
    scopes = sorted({scope for part in parts for scope in part})
    return {scope: sum(part.get(scope, 0.0) for part in parts) for scope in scopes}
