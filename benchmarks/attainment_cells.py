"""Replay of period forecasts: every scope at every date, what the model and each rule said, and what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from benchmarks.attainment_rules import (
    STAGES,
    Seen,
    rule_forecasts,
    said_forecasts,
    seen_with_course,
    stage_spread,
)
from history.fiscal import bounds, parse_period
from history.record import History
from history.scopes import NONE
from serving.forecasting import Outlook, landings, outlook
from training.attainment.arrivals import Arrivals
from training.attainment.correction import NONE as NONE_USED
from training.attainment.correction import Correction
from training.attainment.lattice import Lattice
from training.attainment.lessons import Lessons
from training.attainment.position import position
from training.backtest import training_matrix
from training.choice import fit_model
from training.fitting import FitOptions

MODEL, BEFORE, ALONE = "the model", "the model before correction", "independent roll-up"
RANKS = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
NO_TRIAL, NOT_WON = "no trial", "not won"
LONG_AFTER = dt.timedelta(days=3_650)
SCHEMA = {"set": pl.String, "period": pl.String, "week": pl.Int64, "by": pl.String, "measure": pl.String} | {
    "scope": pl.String,
    "forecast": pl.String,
    "correction": pl.String,
    "said": pl.Float64,
    "came": pl.Float64,
    "crps": pl.Float64,
    **{f"q{round(rank * 100):02}": pl.Float64 for rank in RANKS},
}


@dataclass(frozen=True)
class Replayed:
    """What is replayed of one history: `periods` by name, each at the starts of `weeks` (1 is the first).

    `cuts` are levels with measures; the rules stand beside the model at all of them, and at the levels `compared` (all
    where empty) the model without a part of it too. At the starts of `more_weeks` the model alone is asked, for the
    levels in money. In the rows `correction` is what was used of corrections of the measure, or why none was.
    """

    name: str
    periods: Sequence[str]
    weeks: Sequence[int]
    cuts: Sequence[tuple[str, str]]
    compared: Sequence[str] = ()
    more_weeks: Sequence[int] = ()
    alone: bool = False

    def at_week(self, week: int) -> Replayed:
        """What is asked at one week."""
        if week in self.weeks:
            return self
        return replace(self, cuts=[cut for cut in self.cuts if cut[1] == "amount"], alone=True)


def replay(history: History, asked: Replayed, say: Callable[[str], object] = lambda _: None) -> pl.DataFrame:
    """One row per cell and forecast (`SCHEMA`). Models know what was known when each period began; later weeks add
    what was booked, opened and said since. Weeks that begin after the period's end are left out.
    """
    starts = [bounds(parse_period(name, history.settings), history.settings)[0] for name in asked.periods]
    learned = training_matrix(history, max(starts))
    rows: list[tuple[object, ...]] = []
    for name in asked.periods:
        start, end = bounds(parse_period(name, history.settings), history.settings)
        say(f"{asked.name} {name}")
        model, _ = fit_model(learned, history, start, FitOptions())
        came = position(history, start, end, end + LONG_AFTER).booked
        for week in sorted({*asked.weeks, *asked.more_weeks}):
            at = start + dt.timedelta(days=7 * (week - 1))
            if at < end:
                seen = seen_with_course(outlook(history, model, name, at))
                rows += cells_of(seen, came, asked.at_week(week), week)
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def cells_of(seen: Seen, came: pl.DataFrame, asked: Replayed, week: int) -> Iterator[tuple[object, ...]]:
    """The rows (`SCHEMA`) of one outlook; `came` are the deals that were won in its period in the end."""
    for by, measure in asked.cuts:
        worth = pl.col("amount").sum() if measure == "amount" else pl.len().cast(pl.Float64)
        actual = dict(came.group_by(by).agg(worth).iter_rows())
        told = dict(_forecasts(seen, by, measure, asked))
        ended = trial(seen.outlook.lessons.corrections[measure])
        scopes = sorted({*actual, *told[MODEL]} - ({NONE} if by == "team" else set()))
        for forecast, values in told.items():
            for scope in scopes:
                value, result = values.get(scope, 0.0), actual.get(scope, 0.0)
                key = (asked.name, seen.outlook.period.name, week, by, measure, scope, forecast)
                yield (*key, ended, *_judged(value, result))


def trial(done: Correction) -> str:
    """How the trial of a measure's correction ended: the kind that is used, or why none is."""
    if done.used != NONE_USED:
        return done.used
    return NOT_WON if done.scores else NO_TRIAL


def _forecasts(seen: Seen, by: str, measure: str, asked: Replayed) -> Iterator[tuple[str, dict[str, object]]]:
    yield MODEL, _totals(seen.outlook, by, measure)
    if asked.alone:
        return
    if not asked.compared or by in asked.compared:
        yield BEFORE, _totals(uncorrected(seen.outlook), by, measure)
        yield ALONE, _totals(independent(seen.outlook), by, measure)
    found = rule_forecasts(seen, by, measure)
    found |= said_forecasts(seen, measure) if by == "team" else {}
    for name, values in found.items():
        if name == STAGES:
            yield from stage_forecasts(values, stage_spread(seen, by, measure))
        else:
            yield name, dict(values)


def stage_forecasts(values: Mapping[str, float], ratios: np.ndarray) -> Iterator[tuple[str, dict[str, object]]]:
    """With the spread that earlier periods tell, where any is known, and without."""
    if ratios.size:
        yield STAGES, {scope: value * ratios for scope, value in values.items()}
    yield f"{STAGES}, no spread", dict(values)


def _totals(seen: Outlook, by: str, measure: str) -> dict[str, object]:
    return {scope: lands.total for scope, lands in landings(seen, by, measure).items()}


def uncorrected(seen: Outlook) -> Outlook:
    """The same without what earlier misses teach; whom wins count for and what amounts come to stay as learnt."""
    kept = Lessons(handovers=seen.lessons.handovers, amounts=seen.lessons.amounts)
    return replace(seen, lessons=kept, _expected={})


def independent(seen: Outlook) -> Outlook:
    """Every deal for itself: no shock, no spread of what is to come but chance, no correction."""
    plain: Arrivals = replace(seen.new, dispersion=0.0, evidence=1e12)
    return replace(uncorrected(seen), new=plain, shock=0.0, _expected={})


def _judged(said: object, came: float) -> tuple[float, ...]:
    """said (the mean), came, crps, quantiles: of a distribution, of equally likely values, or of one value."""
    if isinstance(said, Lattice):
        return said.mean, came, crps(said, came), *(said.quantile(rank) for rank in RANKS)
    values = np.atleast_1d(np.asarray(said, dtype=float))
    apart = np.abs(values - came).mean() - np.abs(values[:, None] - values[None, :]).mean() / 2.0
    middle = float(np.median(values))
    return middle, came, float(apart), *(float(np.quantile(values, rank)) for rank in RANKS)


def crps(total: Lattice, came: float) -> float:
    """∫ (F(x) - [x ≥ came])² dx: how far a distribution lies from what came, in the measure's unit; 0 is perfect.

    >>> crps(Lattice(0.0, 1.0, np.array([0.5, 0.5])), 0.0)
    0.25
    """
    below = np.cumsum(total.mass)
    edges = np.union1d(total.values, [came])
    place = np.searchsorted(total.values, edges, side="right") - 1
    reached = np.where(place >= 0, below[np.maximum(place, 0)], 0.0)
    return float((reached[:-1] - (edges[:-1] >= came)) ** 2 @ np.diff(edges))
