"""What earlier periods teach about this one: hand-overs, changing amounts, the correction, and how wide ranges are.

Learnt from what was known when the period began, or at the as-of date where it lies before that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from history.as_of import known
from history.fiscal import Period
from history.scopes import COMPANY, NONE, SCOPE_KINDS
from training.attainment.amounts import AmountModel, amount_model
from training.attainment.arrivals import Arrivals, corrected, scope_arrivals
from training.attainment.calls import NOW, evidence
from training.attainment.conversion import Conversion, conversion, conversions
from training.attainment.correction import Correction, correction
from training.attainment.course import Course, course
from training.attainment.handover import STAYS_PUT, Level, handovers
from training.attainment.inflow import Inflow, inflow
from training.attainment.position import Position
from training.attainment.scatter import Scatter, checked, scatter
from training.attainment.sheet import snapshots
from training.attainment.spread import Scale, Width, misses, scales

MEASURES = ("amount", "count")
LEAST_TEAMS = 2
MOST_WEIGHT, LEAST_PERIODS, PRIOR_PERIODS, MOST_APART = 0.5, 3, 5.0, 1.0


@dataclass(frozen=True)
class Lessons:
    """What earlier periods teach. `corrections` by measure, `scales` by measure and level; `base`: the level at which
    forecasts are corrected. `drawn` by measure and scope: what open deals are taken to bring, as a multiple of what the
    deal model says. `inflow`: by what deals yet to come are taken to differ from what is usual. `scatters` by measure,
    where trees tell how far results scatter when `share` of the period has passed.
    """

    base: str = COMPANY
    drawn: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: {measure: {} for measure in MEASURES})
    handovers: Mapping[str, Level] = field(default_factory=lambda: dict.fromkeys(SCOPE_KINDS, STAYS_PUT))
    amounts: AmountModel = field(default_factory=AmountModel)
    corrections: Mapping[str, Correction] = field(
        default_factory=lambda: {measure: Correction(COMPANY) for measure in MEASURES}
    )
    scales: Mapping[tuple[str, str], Scale] = field(default_factory=dict)
    inflow: Inflow = field(default_factory=Inflow)
    share: float = 0.0
    scatters: Mapping[str, Scatter] = field(default_factory=dict)

    def scale(self, measure: str, by: str, parts: tuple[float, float, float], spread: float) -> float:
        """By what a scope's ranges are scaled; `parts` of its mean: booked, from open deals, still to come."""
        checked = self.scales.get((measure, by), Scale()).used
        trees = self.scatters.get(measure)
        return checked if trees is None else checked * trees.scale(self.share, parts, spread)


NO_LESSONS = Lessons()


@dataclass(frozen=True)
class _Study:
    """What the lessons are drawn from; `chances` are those of the course's open deals, `today` those of today's."""

    now: Position
    period: Period
    course: Course
    conversion: Conversion
    chances: np.ndarray
    today: np.ndarray
    share: float
    point: int
    base: str
    amounts: AmountModel
    inflow: Inflow

    @cached_property
    def plain(self) -> np.ndarray:
        """(today's open deals,) the plain conversion's chances."""
        age_days = (pl.lit(self.now.as_of) - pl.col("created_at")).dt.total_seconds() / 86_400
        rows = self.now.open.with_columns(age_days=age_days)
        return self.conversion.chances(rows, NOW, np.full(rows.height, self.point))

    def worth(self, measure: str) -> np.ndarray:
        """(today's open deals,) what each comes to in the mean where it is won."""
        worth, parts = self.amounts.outcomes(self.now.open, measure)
        return (worth * parts).sum(axis=1)


def lessons(
    now: Position,
    period: Period,
    chances: np.ndarray,
    new: Arrivals,
    shock: float,
    pull: float = 0.0,
    over_by: dt.datetime | None = None,
) -> Lessons:
    """The lessons for a period that is not over; `chances` and `new` are today's, before anything is learnt of them.

    `shock` and its mean `pull` on deals yet to come: what the ranges that are checked rest on. With `over_by` only the
    periods that were over by then teach.
    """
    learned_at = min(now.as_of, now.start)
    past = known(now.past, learned_at)
    if past.first_recorded is None:
        return NO_LESSONS
    told = course(past, period, learned_at)
    if over_by is not None:
        told = told.over_by(over_by)
    if told.periods < 1 or told.wins.is_empty():
        return NO_LESSONS
    share = max((now.as_of - now.start) / (now.end - now.start), float(told.points["share"].min()))  # type: ignore[arg-type]
    amounts = amount_model(told, share)
    base = "team" if _teams(told) >= LEAST_TEAMS else COMPANY
    found = conversion(told)
    valued = _valued(told, amounts)
    point = told.nearest_point(share)
    flow = inflow(now, period, told, base, point)
    study = _Study(now, period, valued, found, conversions(told, found), chances, share, point, base, amounts, flow)
    new = corrected(new, base, flow.factors)
    levels = handovers(told, share)
    drawn = {measure: _drawn(study, measure) for measure in MEASURES}
    corrections = {measure: _correction(study, levels, new, drawn[measure], measure) for measure in MEASURES}
    width = Width(shock, pull, new.dispersion, new.evidence)
    wide = {measure: _widths(study, levels, width, corrections[measure], measure) for measure in MEASURES}
    flat = {(measure, kind): scale for measure, (of, _) in wide.items() for kind, scale in of.items()}
    trees = {measure: found for measure, (_, found) in wide.items() if found is not None}
    return Lessons(base, drawn, levels, amounts, corrections, flat, flow, share, trees)


def _drawn(study: _Study, measure: str) -> dict[str, float]:
    """What open deals bring, drawn from the deal model's sum towards the plain conversion's.

    The deal model tells deals apart; what they bring together the two know about equally well, once the conversion
    rests on many periods. The mean of two opinions misses less than either.
    """
    beyond = max(0, study.course.periods - LEAST_PERIODS)
    weight = MOST_WEIGHT * beyond / (beyond + PRIOR_PERIODS)
    if weight == 0.0:
        return {}
    worth = study.worth(measure)
    sums = pl.DataFrame(
        {"scope": study.now.open[study.base], "model": study.today * worth, "plain": study.plain * worth}
    )
    both = (
        sums.group_by("scope", maintain_order=True)
        .agg(pl.col("model", "plain").sum())
        .filter(pl.col("model") > 0)
        .sort("scope")
    )
    factor = 1.0 + weight * (both["plain"] / both["model"] - 1.0).clip(-MOST_APART, MOST_APART)
    return dict(zip(both["scope"], factor, strict=True))


def _teams(told: Course) -> int:
    return len(set(told.wins["team"]) - {NONE})


def _valued(told: Course, amounts: AmountModel) -> Course:
    """Open deals at what they come to in the mean, with the mean square of that."""
    unknown, known = amounts.unknown, amounts.known
    ratio = pl.when("amount_unknown").then(unknown.mean).otherwise(known.mean)
    square = pl.when("amount_unknown").then(unknown.mean_square).otherwise(known.mean_square)
    worth = told.open.with_columns(amount=pl.col("amount") * ratio, amount_square=pl.col("amount") ** 2 * square)
    return Course(told.points, worth, told.wins)


def _correction(
    study: _Study, levels: Mapping[str, Level], new: Arrivals, drawn: Mapping[str, float], measure: str
) -> Correction:
    past = _snapshots(study, study.chances, study.base, measure, levels)
    here = pl.DataFrame(
        {"period": [study.period.name], "age": [NOW], "point": [study.point], "at": [study.now.as_of]},
        schema={"period": pl.String, "age": pl.Int64, "point": pl.Int64, "at": pl.Datetime("us")},
    )
    said = evidence(study.now.past, study.course, here, study.base, measure)
    keys = ["age", "point", "scope"]
    today = _today(study, past, new, drawn, measure).join(said, on=keys, how="left", maintain_order="left")
    return correction(past.join(said, on=keys, how="left", maintain_order="left"), today, study.base, study.point)


def _today(study: _Study, past: pl.DataFrame, new: Arrivals, drawn: Mapping[str, float], measure: str) -> pl.DataFrame:
    """The snapshot rows of now."""
    fresh = pl.lit(study.now.as_of) - pl.col("created_at") < pl.duration(days=30)
    factor = pl.col(study.base).replace_strict(dict(drawn), default=1.0, return_dtype=pl.Float64)
    expected = pl.Series(study.today * study.worth(measure), dtype=pl.Float64) * factor
    held = study.now.open.with_columns(expected=expected, fresh=fresh)
    still_open = held.group_by(scope=study.base, maintain_order=True).agg(
        open_expected=pl.col("expected").sum(),
        open_deals=pl.len().cast(pl.Float64),
        created=pl.col("fresh").sum().cast(pl.Float64),
    )
    value = pl.col("amount").sum() if measure == "amount" else pl.len().cast(pl.Float64)
    booked = study.now.booked.group_by(scope=study.base, maintain_order=True).agg(booked=value)
    before = past.filter((pl.col("age") == pl.col("age").min()) & (pl.col("point") == study.point))
    rest = before.select("scope", last_rest=pl.col("came") - pl.col("booked"))
    scopes = sorted({*still_open["scope"], *booked["scope"], *past["scope"]})
    rows = pl.DataFrame({"scope": scopes}).with_columns(
        pl.lit(NOW, dtype=pl.Int64).alias("age"),
        pl.lit(study.point, dtype=pl.Int64).alias("point"),
        share=pl.lit(study.share),
        new_expected=pl.Series([scope_arrivals(new, study.base, scope, measure).mean for scope in scopes]),
    )
    for part in (still_open, booked, rest):
        rows = rows.join(part, on="scope", how="left", maintain_order="left")
    return rows.with_columns(pl.col(pl.Float64).fill_null(0.0))


def _widths(
    study: _Study, levels: Mapping[str, Level], width: Width, done: Correction, measure: str
) -> tuple[dict[str, Scale], Scatter | None]:
    """How wide ranges must be, by the misses of earlier periods after the correction that is used; the scales of the
    levels are checked after what trees say of the scatter, where those are used.
    """
    chances = study.chances
    if done.held_out.height:
        keys = ["age", "point"]
        factor = study.course.open.join(
            done.held_out.rename({"scope": study.base}), on=[*keys, study.base], how="left", maintain_order="left"
        )["factor"]
        chances = np.minimum(chances * factor.fill_null(np.nan).to_numpy(), 0.999)
    sizes = study.course.wins[measure].to_numpy()
    size = float((sizes**2).sum() / max(sizes.sum(), 1e-12))
    missed = {}
    for kind in study.course.kinds:
        rows = _snapshots(study, chances, kind, measure, levels)
        if done.held_out.height:
            rows = _coming_times(rows, done.held_out, kind, study.base).drop_nulls("factor")
        missed[kind] = misses(rows, width, size)
    trees = scatter(missed, study.share, size)
    if trees is None:
        return scales(missed, study.share, study.base), None
    return scales(checked(missed, size), study.share, study.base), trees


def _snapshots(
    study: _Study, chances: np.ndarray, kind: str, measure: str, levels: Mapping[str, Level]
) -> pl.DataFrame:
    """Snapshot rows of a level with what is to come as it would have been told then."""
    rows = snapshots(study.course, chances, kind, measure, levels[kind])
    return _coming_times(rows, study.inflow.held_out, kind, study.base).drop("factor")


def _coming_times(rows: pl.DataFrame, held_out: pl.DataFrame, kind: str, base: str) -> pl.DataFrame:
    """What is to come times the scope's own `factor`, or the middle of all where the level is not `base`; `factor` is
    null where none is held out.
    """
    if kind != base:
        middle = held_out.group_by("age", "point", maintain_order=True).agg(pl.col("factor").median())
        rows = rows.join(middle, on=["age", "point"], how="left", maintain_order="left")
    else:
        rows = rows.join(held_out, on=["age", "point", "scope"], how="left", maintain_order="left")
    return rows.with_columns(new_expected=pl.col("new_expected") * pl.col("factor").fill_null(1.0))
