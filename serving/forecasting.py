"""Where a period will land, for every scope of a level: the table behind `dealcast forecast`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
import polars as pl

from features.matrix import build_matrix
from history.errors import NoHistory, RequestInvalid
from history.fiscal import Period, bounds, parse_period, parts
from history.record import History
from history.scopes import scope_kinds
from training.attainment.arrivals import NOTHING, Arrivals, ScopeArrivals, arrivals, corrected, scope_arrivals
from training.attainment.handover import STAYS_PUT, Level
from training.attainment.landing import Landing, OpenDeals, Shared, landing
from training.attainment.lessons import NO_LESSONS, Lessons, lessons
from training.attainment.position import Position, position
from training.attainment.replay import past_periods
from training.attainment.shock import estimated_pulls, estimated_size
from training.attainment.tilt import tilted

MEASURES = ("amount", "count")
SCHEMA: dict[str, pl.DataType] = {
    "scope_kind": pl.String(),
    "scope_id": pl.String(),
    "period": pl.String(),
    "as_of": pl.Datetime("us"),
    "measure": pl.String(),
    **{
        name: pl.Float64()
        for name in ("booked", "open_expected", "new_expected", "mean", "p10", "p25", "p50", "p75", "p90")
    },
    **{name: pl.Float64() for name in ("quota", "attainment", "p_attain", "coverage")},
    "open_deals": pl.Int64(),
    "amount_unknown": pl.Int64(),
    "past_periods": pl.Int64(),
    "before_correction": pl.Float64(),
}
MOVED_DISPERSION = 0.1


class WinModel(Protocol):
    """What a forecast asks of a deal model: the chance that each row of the matrix is won within a horizon."""

    def predict(self, matrix: pd.DataFrame, horizon_days: np.ndarray) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Expected:
    """What one measure expects after the correction: (open deals,) chances in the row order of `now.open`; arrivals."""

    chances: np.ndarray
    new: Arrivals


@dataclass(frozen=True)
class Outlook:
    """All that the forecasts of one period at one instant share, whatever the level and measure.

    `chances`: (open deals,) of being won within the period, in the row order of `now.open`, and `new`, both as they
    are before the correction that `lessons` hold. `shock`: spread on the logit scale of what all open deals have in
    common, estimated from `shock_periods` earlier periods; `pulls`: how deals yet to come go with it.
    """

    period: Period
    now: Position
    chances: np.ndarray
    new: Arrivals
    shock: float
    shock_periods: int = 0
    lessons: Lessons = NO_LESSONS
    pulls: tuple[tuple[float, float], ...] = ()
    _expected: dict[str, Expected] = field(default_factory=dict, repr=False, compare=False)

    def expected(self, measure: str) -> Expected:
        """Chances and arrivals of a measure after its correction."""
        if measure not in self._expected:
            self._expected[measure] = self._corrected(measure)
        return self._expected[measure]

    def _corrected(self, measure: str) -> Expected:
        learned, deals = self.lessons, self.now.open
        done = learned.corrections[measure]
        worth, parts = learned.amounts.outcomes(deals, measure)
        chances = self.chances
        for factors in (learned.drawn[measure], done.factors):
            chances = tilted(chances, (worth * parts).sum(axis=1), deals[learned.base], factors)
        return Expected(chances, corrected(self.new, learned.base, done.factors))


def forecast(
    history: History, model: WinModel | None, period: str, as_of: dt.datetime, by: str, measure: str = "amount"
) -> pl.DataFrame:
    """Where `period` ("2026Q4", "2026-11") lands in every scope of level `by`, as known at `as_of` (naive UTC).

    One row per scope with anything booked, open, to come or targeted, sorted by scope_id, in the workspace's currency
    or in deals: booked, open_expected and new_expected add up to mean; p10 to p90 are quantiles of the joint
    distribution; quota is the target last set before `as_of`; attainment = mean / quota; p_attain the chance of
    reaching it; coverage = worth of open deals dated in the period / what is missing to quota. No quota: these are
    null. Means of a level add up to the company's; quantiles do not and must not.
    Then follow open_deals and amount_unknown (deals booked or open whose amount is not known; they count with the
    norm of amounts won in their segment or team), past_periods, from how many earlier periods new_expected was learnt
    (with 0 nothing is added for deals yet to come), and before_correction, the mean without what earlier misses teach.
    Once the period is over the result is exact and `model` may be None.
    Raises `DateInvalid` for the period, `RequestInvalid` for the level or measure, `NoHistory` before the first row.
    """
    return table(outlook(history, model, period, as_of), by, measure)


def outlook(
    history: History, model: WinModel | None, period: str, as_of: dt.datetime, over_by: dt.datetime | None = None
) -> Outlook:
    """What forecasts of every level and measure share; compute it once where several are shown.

    With `over_by` it learns from the earlier periods that were over by then alone, as if nothing were learned later.
    """
    span = parse_period(period, history.settings)
    first = history.first_recorded
    if first is None or first >= as_of:
        known_from = (
            "history is empty" if first is None else f"the first row was recorded at {first:%Y-%m-%d %H:%M} UTC"
        )
        raise NoHistory(f"as-of {as_of:%Y-%m-%d %H:%M} UTC lies before any data: {known_from}. Ask for a later day.")
    now = position(history, *bounds(span, history.settings), as_of)
    if now.end <= as_of:
        return Outlook(span, now, np.zeros(0), arrivals(now, ()), 0.0)
    earlier = past_periods(now.past, span, as_of)
    if over_by is not None:
        earlier = [one for one in earlier if bounds(one.period, history.settings)[1] <= over_by]
    shock = estimated_size([one.open for one in earlier])
    chances, usual = win_chances(model, now), arrivals(now, earlier)
    pulls = estimated_pulls([one.open for one in earlier], [len(one.arrived) for one in earlier], shock)
    learned = lessons(now, span, chances, usual, shock, sum(pull * chance for pull, chance in pulls), over_by)
    new = corrected(usual, learned.base, learned.inflow.factors)
    return Outlook(span, now, chances, new, shock, len(earlier), learned, pulls)


def win_chances(model: WinModel | None, now: Position) -> np.ndarray:
    """(open deals,) chance of being won within the period; what would be won before it begins does not count."""
    if now.open.is_empty():
        return np.zeros(0)
    if model is None:
        raise RequestInvalid(
            "a forecast of a period that is not over needs a model, and none was given. Train one first."
        )
    spine = now.open.select("deal_id", as_of=pl.lit(now.as_of, dtype=pl.Datetime("us")))
    matrix = build_matrix(now.past, spine)
    by_end = _won_within(model, matrix, now.end - now.as_of)
    if now.start <= now.as_of:
        return by_end
    return np.clip(by_end - _won_within(model, matrix, now.start - now.as_of), 0.0, 1.0)


def _won_within(model: WinModel, matrix: pd.DataFrame, ahead: dt.timedelta) -> np.ndarray:
    days = np.full(len(matrix), ahead / dt.timedelta(days=1))
    return np.clip(model.predict(matrix, days)["win_by_horizon"].to_numpy(dtype=float), 0.0, 1.0)


def table(seen: Outlook, by: str, measure: str = "amount") -> pl.DataFrame:
    """The rows of `forecast` for one level and measure; raises `RequestInvalid` for an unknown one."""
    _must_be("level", by, scope_kinds(seen.now.past.settings))
    _must_be("measure", measure, MEASURES)
    targets = quotas(seen.now.past, seen.period.name, by, measure, seen.now.as_of)
    cut = _Cut(seen, by, measure)
    rows = [_row(cut, scope, targets.get(scope)) for scope in sorted({*cut.scopes, *targets})]
    return pl.DataFrame(rows, schema=SCHEMA)


def landings(seen: Outlook, by: str, measure: str = "amount") -> dict[str, Landing]:
    """The whole distribution of every scope of a level with anything booked, open or to come."""
    cut = _Cut(seen, by, measure)
    return {scope: cut.landing(scope) for scope in cut.scopes}


@dataclass(frozen=True)
class _Cut:
    """An outlook cut by the scopes of one level."""

    seen: Outlook
    by: str
    measure: str

    @cached_property
    def booked(self) -> Mapping[str, pl.DataFrame]:
        return _by_scope(self.seen.now.booked, self.by)

    @cached_property
    def rows(self) -> Mapping[str, np.ndarray]:
        """The rows of `now.open` of each scope."""
        numbered = self.seen.now.open.select(self.by).with_row_index("row")
        return {scope: frame["row"].to_numpy() for scope, frame in _by_scope(numbered, self.by).items()}

    @cached_property
    def scopes(self) -> list[str]:
        """Scopes with anything booked, open or to come, sorted."""
        coming = self.seen.new.donors.filter(pl.col("weight") > 0)[self.by].to_list()
        return sorted({*self.booked, *self.rows, *coming, *self.gets})

    @property
    def level(self) -> Level:
        """How deals change hands at this level."""
        return self.seen.lessons.handovers.get(self.by, STAYS_PUT)

    @cached_property
    def kept(self) -> np.ndarray:
        """(open deals,) the share of each deal's win that counts for the scope that has the deal now."""
        return self.level.share_kept(self.seen.now.open[self.by])

    @property
    def gets(self) -> Mapping[str, float]:
        """The part of what moves between scopes that each one gets."""
        return self.level.gets if (self.kept < 1.0).any() else {}

    @cached_property
    def outcomes(self) -> tuple[np.ndarray, np.ndarray]:
        return self.seen.lessons.amounts.outcomes(self.seen.now.open, self.measure)

    @cached_property
    def unknown(self) -> np.ndarray:
        """(open deals,) whether the amount is unknown."""
        return self.seen.now.open["amount_unknown"].to_numpy()

    @cached_property
    def dated(self) -> np.ndarray:
        """(open deals,) today's worth of those dated in the period, 0 for the others."""
        now = self.seen.now
        inside = pl.col("close_date").is_between(now.start, now.end, closed="left").fill_null(False)
        return now.open.select(inside).to_series().to_numpy() * _worth(now.open, self.measure)

    def deals(self, scope: str) -> OpenDeals:
        """The open deals of a scope with the chance that they are won and count for it."""
        here = self.rows.get(scope, np.zeros(0, dtype=np.int64))
        chances = self.seen.expected(self.measure).chances * self.kept
        return OpenDeals(self.outcomes[0][here], self.outcomes[1][here], chances[here])

    def moved(self, scope: str) -> ScopeArrivals:
        """Wins of deals that are open elsewhere now and will count for this scope."""
        leaving = self.seen.expected(self.measure).chances * (1.0 - self.kept)
        count = float(leaving.sum()) * self.gets.get(scope, 0.0)
        if count <= 0.0:
            return NOTHING
        worth = (self.outcomes[0] * self.outcomes[1]).sum(axis=1)
        return ScopeArrivals(count, MOVED_DISPERSION, worth, leaving / leaving.sum())

    def landing(self, scope: str) -> Landing:
        """The distribution of what the period comes to in a scope."""
        seen, measure = self.seen, self.measure
        won = float(_worth(self.booked.get(scope, seen.now.booked.head(0)), measure).sum())
        new = scope_arrivals(seen.expected(measure).new, self.by, scope, measure)
        shared = Shared(seen.shock, seen.shock_periods, seen.pulls)
        lands = landing(won, self.deals(scope), new, shared, self.moved(scope))
        spread = math.sqrt(lands.total.variance)
        return lands.scaled(seen.lessons.scale(measure, self.by, lands.parts(), spread))

    def before(self, scope: str, booked: float) -> float:
        """The mean without the correction."""
        each = self.seen.chances * (self.outcomes[0] * self.outcomes[1]).sum(axis=1)
        own = float((each * self.kept)[self.rows.get(scope, np.zeros(0, dtype=np.int64))].sum())
        moved = float((each * (1.0 - self.kept)).sum()) * self.gets.get(scope, 0.0)
        return booked + own + moved + scope_arrivals(self.seen.new, self.by, scope, self.measure).mean


def _row(cut: _Cut, scope: str, quota: float | None) -> dict[str, Any]:
    seen, measure = cut.seen, cut.measure
    booked = cut.booked.get(scope, seen.now.booked.head(0))
    here = cut.rows.get(scope, np.zeros(0, dtype=np.int64))
    lands = cut.landing(scope)
    return {
        "scope_kind": cut.by,
        "scope_id": scope,
        "period": seen.period.name,
        "as_of": seen.now.as_of,
        "measure": measure,
        "booked": lands.booked,
        "open_expected": lands.open_expected,
        "new_expected": lands.new_expected,
        "mean": lands.mean,
        **dict(zip(("p10", "p25", "p50", "p75", "p90"), lands.quantiles(), strict=True)),
        **_against_quota(lands, quota),
        "coverage": _coverage(cut, here, lands.booked, quota),
        "open_deals": len(here),
        "amount_unknown": int(booked["amount_unknown"].sum()) + int(cut.unknown[here].sum()),
        "past_periods": seen.new.periods,
        "before_correction": cut.before(scope, lands.booked),
    }


def quotas(past: History, period: str, by: str, measure: str, as_of: dt.datetime) -> dict[str, float]:
    """The target of each scope of a level as last set before `as_of`; `past` is the history known then.

    A scope without a target of its own for the period has the sum of its half-years', else quarters', else months',
    where each of them is set.
    """
    mine = (pl.col("scope_kind") == by) & (pl.col("measure") == measure) & (pl.col("set_at") < as_of)
    rows = past["quotas"].filter(mine).sort("set_at", "recorded_at", "target")
    last = rows.group_by("period", "scope_id", maintain_order=True).last()
    found = {(name, scope): target for name, scope, target in last.select("period", "scope_id", "target").iter_rows()}
    scopes = last["scope_id"].unique().sort().to_list()
    options = [
        [period],
        *([one.name for one in made] for made in parts(parse_period(period, past.settings), past.settings)),
    ]
    return {
        scope: sum(found[name, scope] for name in names)
        for scope in scopes
        if (names := next((made for made in options if all((name, scope) in found for name in made)), None))
    }


def _against_quota(lands: Landing, quota: float | None) -> dict[str, float | None]:
    if quota is None:
        return {"quota": None, "attainment": None, "p_attain": None}
    return {
        "quota": quota,
        "attainment": lands.mean / quota if quota > 0 else None,
        "p_attain": lands.chance_of(quota),
    }


def _coverage(cut: _Cut, here: np.ndarray, booked: float, quota: float | None) -> float | None:
    """Worth of open deals dated in the period / what is missing to quota; null when met or where nothing is dated."""
    if quota is None or booked >= quota or cut.seen.now.open["close_date"].is_null().all():
        return None
    return float(cut.dated[here].sum()) / (quota - booked)


def _worth(deals: pl.DataFrame, measure: str) -> np.ndarray:
    return deals["amount"].to_numpy() if measure == "amount" else np.ones(len(deals))


def _by_scope(deals: pl.DataFrame, by: str) -> Mapping[str, pl.DataFrame]:
    return {str(key[0]): frame for key, frame in deals.partition_by(by, as_dict=True, maintain_order=True).items()}


def _must_be(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise RequestInvalid(f"{what} {given!r} is not known; expected one of {', '.join(known)}.")
