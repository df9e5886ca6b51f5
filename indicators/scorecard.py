"""The performance sheet (销售人员业绩分析表): every indicator of every person, against target, team and own past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from history.errors import DateInvalid, RequestInvalid
from history.fiscal import Period
from history.record import History
from indicators.book import Book, Record, book_of
from indicators.catalogue import INDICATORS
from indicators.horizons import first_instant
from indicators.indicator import MONEY, Better, Indicator
from indicators.measuring import measured
from indicators.scoring import against, rescaled, with_totals
from indicators.sheet_columns import COLUMNS, DETAILS
from indicators.spans import CADENCES, parse_span, told_for
from indicators.template import Template, load_template

__all__ = ["COLUMNS", "DETAILS", "scorecard", "sheets"]

USUAL_TEMPLATE = "growth"
ALL = COLUMNS | DETAILS


def scorecard(
    history: History,
    period: str,
    as_of: dt.datetime,
    role: str | None = None,
    template: str | Path | None = None,
) -> pl.DataFrame:
    """The sheet of `period` as known at `as_of` (naive UTC), one row per person and indicator, with `COLUMNS`.

    `period` is a week ("2026-W14"), month, quarter, half-year or year. `value` is in `unit` over `n` cases;
    `team_value` is the team's by the same rule (a sum per person); `previous_value` the person's in the period before.
    `score` is 100 at the target, from 0 to the template's upper limit. `weight` is in points of 100;
    `weight_rescaled` spreads what is missing over the rest, so that it sums to 100 per person. `missing` names the
    table that is needed, or says that the indicator is told for longer periods only; value and score are then null,
    never 0. The row `total` of each person has the weighted score. Who only leads others is left out unless `role`
    asks for it. `template` is a shipped one or a .toml file; else the one that `[scorecard] template` in
    dealcast.toml names, else growth.

    Raises `DateInvalid` for a period that does not parse or has not begun, `NoHistory`, `RequestInvalid` for a role
    nobody has, `ConfigInvalid` for a template that cannot be used.
    """
    return sheets(history, [period], as_of, role, template).select(list(COLUMNS))


def sheets(
    history: History,
    periods: Sequence[str],
    as_of: dt.datetime,
    role: str | None = None,
    template: str | Path | None = None,
    everything: bool = False,
) -> pl.DataFrame:
    """`scorecard` for several periods as known at one instant, with `period` and the columns of `DETAILS`.

    With `everything` the indicators without a weight stand on the sheet too, with a weight of 0.
    """
    sheet = load_template(template or named_template(history))
    first_instant(history, as_of)
    record = Record(history, as_of)
    spans = [begun(parse_span(name, history.settings), history, as_of) for name in periods]
    return pl.concat([_sheet(book_of(record, span), role, sheet, everything) for span in spans])


def named_template(history: History) -> str:
    """The template that the settings name, else the usual one."""
    section = history.settings.raw.get("scorecard", {})
    return str(section.get("template", USUAL_TEMPLATE)) if isinstance(section, dict) else USUAL_TEMPLATE


def begun(span: Period, history: History, as_of: dt.datetime) -> Period:
    """`span` if it has begun at `as_of`; raises `DateInvalid`."""
    if history.settings.start_of(span.first_day) >= as_of:
        raise DateInvalid(
            f"period {span.name} has not begun at the start of {history.settings.day_of(as_of)}; expected one that "
            "has. Ask for an earlier period."
        )
    return span


def _sheet(book: Book, role: str | None, sheet: Template, everything: bool) -> pl.DataFrame:
    people = people_of(book, role).with_columns(newcomer=_newcomer(book, sheet))
    plan = _plan(people, sheet)
    weighed = plan.filter(pl.col("weight") > 0)["indicator"].unique()
    chosen = [one for one in INDICATORS.values() if everything or one.slug in weighed]
    rows = people.join(plan, on=["role", "newcomer"], how="left", nulls_equal=True, maintain_order="left")
    rows = rows.join(_facts(chosen, book), on="indicator", maintain_order="left")
    rows = _scored(_valued(rows, chosen, book), sheet.score_at_most)
    kept = rows if everything else rows.filter(pl.col("weight") > 0)
    return with_totals(rescaled(kept), sheet.vetoes).select(pl.lit(book.period.name).alias("period"), *ALL)


def people_of(book: Book, role: str | None) -> pl.DataFrame:
    """Who is on the sheet: those who sell, or everybody of `role`; raises `RequestInvalid` where nobody is."""
    people = book.people
    if role is None:
        return book.sellers
    chosen = people.filter(pl.col("role") == role)
    if chosen.is_empty():
        roles = ", ".join(sorted(people["role"].drop_nulls().unique())) or "none at all"
        raise RequestInvalid(f"role {role!r} is nobody's in {book.period.name}; roles known then: {roles}.")
    return chosen


def _newcomer(book: Book, sheet: Template) -> pl.Expr:
    """Hired less than the template's days before the end of the span; nobody whose day of hiring is unknown is."""
    return (pl.col("hired_at") > book.end - dt.timedelta(days=sheet.newcomer_days)).fill_null(False)


def _plan(people: pl.DataFrame, sheet: Template) -> pl.DataFrame:
    """Weight and target (number or word) of every indicator for every role, newcomer or not."""
    kinds = people.select("role", "newcomer").unique().sort("role", "newcomer").rows()
    rows = []
    for role, newcomer in kinds:
        weights, targets = sheet.weights(role, newcomer), sheet.targets_of(role, newcomer)
        for slug in INDICATORS:
            target = targets.get(slug)
            word = target if isinstance(target, str) else None
            number = None if word is not None or target is None else float(target)
            rows.append((role, newcomer, slug, float(weights.get(slug, 0.0)), number, word))
    schema = {"role": pl.String, "newcomer": pl.Boolean, "indicator": pl.String}
    return pl.DataFrame(
        rows, schema=schema | {"weight": pl.Float64, "number": pl.Float64, "word": pl.String}, orient="row"
    )


def _facts(indicators: Sequence[Indicator], book: Book) -> pl.DataFrame:
    """What is declared of each indicator, and why it is not told for a span as short as this one."""
    currency = book.past.settings.currency
    rows = [
        (
            one.slug,
            one.dimension,
            one.en,
            one.zh,
            currency if one.unit == MONEY else one.unit,
            CADENCES[one.cadence],
            one.better,
            None if _told(one, book) else f"told for each {CADENCES[one.cadence]} or longer, not for a shorter period",
        )
        for one in indicators
    ]
    names = ("indicator", "dimension", "name_en", "name_zh", "unit", "cadence", "better", "_longer")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _told(indicator: Indicator, book: Book) -> bool:
    """Whether it is told for this span; one that lacks its tables says so rather than that the span is short."""
    return told_for(indicator.cadence, book.period) or bool(book.record.lacking(indicator))


def _valued(rows: pl.DataFrame, indicators: Sequence[Indicator], book: Book) -> pl.DataFrame:
    """`rows` with value, team's value, own past and target of each person."""
    told = [one for one in indicators if _told(one, book)]
    now, before, year = (measured(told, one) for one in (book, book.before, book.year_before))
    past = before.people.select("indicator", "rep", previous_value="value", n_previous="n")
    last_year = year.people.select("indicator", "rep", year_value="value")
    own = ["indicator", "rep"]
    return (
        rows.join(now.people, on=own, how="left", maintain_order="left")
        .join(now.teams, on=["indicator", "team"], how="left", maintain_order="left")
        .join(past, on=own, how="left", maintain_order="left")
        .join(last_year, on=own, how="left", maintain_order="left")
        .join(book.targets.rename({"target": "_quota"}), on="rep", how="left", maintain_order="left")
        .with_columns(pl.col("n", "n_previous").fill_null(0), missing=pl.coalesce("missing", "_longer"))
        .with_columns(target=_target())
    )


def _scored(rows: pl.DataFrame, at_most: float) -> pl.DataFrame:
    bases = {"score": "target", "score_team": "team_value", "score_past": "previous_value"}
    scores = {name: _by_better(partial(against, base=base, at_most=at_most)) for name, base in bases.items()}
    place = ["indicator", "team"]
    rows = rows.with_columns(
        **scores,
        rank=_by_better(_standing).rank("min").over(place).cast(pl.Int64),
        peers=pl.col("value").count().over(place),
    )
    return rows.with_columns(
        rep_id="rep",
        weight_rescaled=pl.lit(None, dtype=pl.Float64),
        veto=pl.lit(None, dtype=pl.String),
        missing=_missing(),
    ).select(pl.col(name).cast(dtype) for name, dtype in ALL.items())


def _by_better(expression: Callable[[Better], pl.Expr]) -> pl.Expr:
    """One expression by which way an indicator is better."""
    better = pl.col("better")
    return (
        pl.when(better == "up")
        .then(expression("up"))
        .when(better == "down")
        .then(expression("down"))
        .otherwise(expression("zero"))
    )


def _standing(better: Better) -> pl.Expr:
    """What orders the people of a team who have a value, the best first."""
    value = pl.col("value")
    return {"up": -value, "down": value, "zero": value.abs()}[better]


def _target() -> pl.Expr:
    by_word = pl.when(pl.col("word") == "quota").then("_quota").when(pl.col("word") == "team").then("team_value")
    return by_word.otherwise("number")


def _missing() -> pl.Expr:
    quota = pl.col("word") == "quota"
    wanted = pl.when(quota).then(pl.lit("needs quotas (scope_kind rep)")).otherwise(pl.lit("no target to score by"))
    return (
        pl.when(pl.col("value").is_null())
        .then(pl.col("missing"))
        .when(pl.col("score").is_null())
        .then(pl.format("target: {}", wanted))
        .otherwise(pl.lit(""))
    )
