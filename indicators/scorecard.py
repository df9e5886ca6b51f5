"""The performance sheet (销售人员业绩分析表): every indicator of every person, against target, team and own past."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from history.errors import DateInvalid, RequestInvalid
from history.fiscal import Period, parse_period
from history.record import History
from indicators.book import Book, Record
from indicators.catalogue import INDICATORS
from indicators.horizons import first_instant
from indicators.indicator import MONEY, Indicator
from indicators.measuring import measured
from indicators.template import DEFAULT_ROLE, FULL, Template, load_template

TOTAL = "total"

COLUMNS: dict[str, pl.DataType] = {
    "rep_id": pl.String(),
    "name": pl.String(),
    "role": pl.String(),
    "team": pl.String(),
    "dimension": pl.String(),
    "indicator": pl.String(),
    "name_en": pl.String(),
    "name_zh": pl.String(),
    "value": pl.Float64(),
    "unit": pl.String(),
    "n": pl.Int64(),
    "target": pl.Float64(),
    "team_value": pl.Float64(),
    "previous_value": pl.Float64(),
    "score": pl.Float64(),
    "weight": pl.Float64(),
    "weight_rescaled": pl.Float64(),
    "missing": pl.String(),
}


def scorecard(
    history: History, period: str, as_of: dt.datetime, role: str | None = None, template: str | Path = "growth"
) -> pl.DataFrame:
    """The sheet of `period` ("2026Q4" or "2026-11") as known at `as_of` (naive UTC), one row per person and indicator.

    `value` is in `unit` over `n` cases; `team_value` is the team's by the same rule (a sum per person);
    `previous_value` the person's in the period before. `score` is 100 at the target, from 0 to the template's upper
    limit. `weight` is in points of 100; `weight_rescaled` spreads what is missing over the rest, so that it sums to 100
    per person. `missing` names the table that is needed; value and score are then null, never 0. The row `total` of
    each person has the weighted score. Who only leads others is left out
    unless `role` asks for it.

    Raises `DateInvalid` for a period that does not parse or has not begun, `NoHistory`, `RequestInvalid` for a role
    nobody has, `ConfigInvalid` for a template that cannot be used.
    """
    sheet = load_template(template)
    first_instant(history, as_of)
    book = Book(Record(history, as_of), _begun(parse_period(period, history.settings), history, as_of))
    people = _people(book, role)
    rows = pl.concat([_indicator_rows(one, book, people, sheet) for one in INDICATORS.values()])
    return _with_totals(_rescaled(rows.filter(pl.col("weight") > 0)))


def _begun(period: Period, history: History, as_of: dt.datetime) -> Period:
    if history.settings.start_of(period.first_day) >= as_of:
        raise DateInvalid(
            f"period {period.name} has not begun at the start of {history.settings.day_of(as_of)}; expected one that "
            "has. Ask for an earlier period."
        )
    return period


def _people(book: Book, role: str | None) -> pl.DataFrame:
    people = book.people
    if role is None:
        return book.sellers
    chosen = people.filter(pl.col("role") == role)
    if chosen.is_empty():
        roles = ", ".join(sorted(people["role"].drop_nulls().unique())) or "none at all"
        raise RequestInvalid(f"role {role!r} is nobody's in {book.period.name}; roles known then: {roles}.")
    return chosen


def _indicator_rows(indicator: Indicator, book: Book, people: pl.DataFrame, sheet: Template) -> pl.DataFrame:
    now, before = measured(indicator, book), measured(indicator, book.before)
    unit = book.past.settings.currency if indicator.unit == MONEY else indicator.unit
    rows = (
        people.join(now.people, on="rep", how="left", maintain_order="left")
        .join(now.teams, on="team", how="left", maintain_order="left")
        .join(before.people.select("rep", previous_value="value"), on="rep", how="left", maintain_order="left")
        .join(book.targets.rename({"target": "_quota"}), on="rep", how="left", maintain_order="left")
        .with_columns(target=_target(sheet, indicator), weight=_weight(sheet, indicator.slug))
        .with_columns(score=_score(indicator, sheet.score_at_most))
    )
    return rows.with_columns(
        rep_id="rep",
        dimension=pl.lit(indicator.dimension),
        indicator=pl.lit(indicator.slug),
        name_en=pl.lit(indicator.en),
        name_zh=pl.lit(indicator.zh),
        unit=pl.lit(unit),
        weight_rescaled=pl.lit(None, dtype=pl.Float64),
        missing=_missing(indicator, sheet),
    ).select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())


def _target(sheet: Template, indicator: Indicator) -> pl.Expr:
    target = sheet.targets.get(indicator.slug)
    if target == "quota":
        return pl.col("_quota")
    if target == "team":
        return pl.col("team_value")
    return pl.lit(target, dtype=pl.Float64)


def _weight(sheet: Template, slug: str) -> pl.Expr:
    by_role = {role: float(weights.get(slug, 0.0)) for role, weights in sheet.roles.items() if role != DEFAULT_ROLE}
    usual = float(sheet.weights(None).get(slug, 0.0))
    return pl.col("role").replace_strict(by_role, default=usual, return_dtype=pl.Float64)


def _score(indicator: Indicator, at_most: float) -> pl.Expr:
    """100 at the target; null without a value or a target above zero. A bias scores by its distance from zero."""
    value, target = pl.col("value"), pl.col("target")
    if indicator.better == "zero":
        return (100 * (1 - value.abs())).clip(0, at_most)
    reached = 100 * value / target
    if indicator.better == "down":
        reached = pl.when(value > 0).then(100 * target / value).otherwise(pl.when(value.is_not_null()).then(at_most))
    return pl.when(target > 0).then(reached.clip(0, at_most))


def _missing(indicator: Indicator, sheet: Template) -> pl.Expr:
    wanted = (
        "needs quotas (scope_kind rep)" if sheet.targets.get(indicator.slug) == "quota" else "no target to score by"
    )
    return (
        pl.when(pl.col("value").is_null())
        .then(pl.col("missing"))
        .when(pl.col("score").is_null())
        .then(pl.lit(f"target: {wanted}"))
        .otherwise(pl.lit(""))
    )


def _rescaled(rows: pl.DataFrame) -> pl.DataFrame:
    present = pl.when(pl.col("score").is_not_null()).then(pl.col("weight"))
    return rows.with_columns(weight_rescaled=FULL * present / present.sum().over("rep_id"))


def _with_totals(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of each person in the order of the catalogue, then the person's total."""
    weighted = (pl.col("score") * pl.col("weight_rescaled")).sum() / FULL
    lacking = pl.col("indicator").filter(pl.col("score").is_null())
    totals = (
        rows.group_by("rep_id", "name", "role", "team")
        .agg(
            score=pl.when(pl.col("score").is_not_null().any()).then(weighted),
            n=pl.col("score").is_not_null().sum(),
            weight=pl.col("weight").sum(),
            weight_rescaled=pl.col("weight_rescaled").sum(),
            missing=lacking.str.join(", ").fill_null(""),
        )
        .with_columns(dimension=pl.lit(TOTAL), indicator=pl.lit(TOTAL), name_en=pl.lit("total score"))
        .with_columns(name_zh=pl.lit("综合得分"), unit=pl.lit("points of 100"))
    )
    blank = [pl.lit(None).alias(name) for name in COLUMNS if name not in totals.columns]
    typed = totals.with_columns(blank).select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())
    order = {slug: at for at, slug in enumerate([*INDICATORS, TOTAL])}
    place = pl.col("indicator").replace_strict(order, return_dtype=pl.Int64)
    return pl.concat([rows, typed]).sort("rep_id", place)
