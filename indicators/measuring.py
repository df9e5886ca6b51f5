"""From an indicator's rows to numbers: one rule for a person and for a team."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from history.scopes import NONE
from indicators.book import Book
from indicators.indicator import Indicator
from indicators.survival import MOVES_ON_WITHIN_DAYS, days_until, moves_on_within

NOTHING_HERE = "no case of this person in the period"
NOTHING_KNOWN = "the cases of this person carry no amount, or sum to nothing to divide by"
STILL_THERE = "too many of the cases of this person still last for so many to have ended"
STAYS_RULES = ("median_stay", "p80_stay")


@dataclass(frozen=True)
class Measured:
    """One indicator in one book: `people` (rep, value, n, missing) and `teams` (team, team_value)."""

    people: pl.DataFrame
    teams: pl.DataFrame


def measured(indicator: Indicator, book: Book) -> Measured:
    """The indicator of everybody in the book and of their teams; `missing` says why a value is null, else empty."""
    found: Measured | None = book.measured.get(indicator.slug)
    if found is None:
        found = book.measured[indicator.slug] = _measured(indicator, book)
    return found


def _measured(indicator: Indicator, book: Book) -> Measured:
    if lacking := indicator.missing(book.past):
        nothing = {"value": pl.lit(None, dtype=pl.Float64), "n": pl.lit(0, dtype=pl.Int64), "missing": pl.lit(lacking)}
        people = book.people.select("rep").with_columns(**nothing)
        return Measured(people, pl.DataFrame(schema={"team": pl.String(), "team_value": pl.Float64()}))
    rows = _rows(indicator, book)
    return Measured(_people(indicator, book, rows), _teams(indicator, book, rows))


def _people(indicator: Indicator, book: Book, rows: pl.DataFrame) -> pl.DataFrame:
    values = rows.group_by("rep").agg(value(indicator), _cases())
    found = book.people.select("rep").join(values, on="rep", how="left", maintain_order="left")
    if indicator.aggregate == "sum":
        found = found.with_columns(value=pl.when(pl.col("n").is_null()).then(0.0).otherwise("value"))
    found = found.with_columns(pl.col("n").fill_null(0))
    unknown = STILL_THERE if indicator.aggregate in STAYS_RULES else NOTHING_KNOWN
    why = pl.when(pl.col("n") == 0).then(pl.lit(NOTHING_HERE)).otherwise(pl.lit(unknown))
    return found.with_columns(missing=pl.when(pl.col("value").is_null()).then(why).otherwise(pl.lit("")))


def _teams(indicator: Indicator, book: Book, rows: pl.DataFrame) -> pl.DataFrame:
    """The same rule over all rows of a team's people; a sum is given per person of the team."""
    people = book.sellers
    cases = rows.join(people.select("rep", "team"), on="rep")
    values = cases.group_by("team").agg(value(indicator).alias("team_value"), cases=pl.len())
    if indicator.aggregate != "sum":
        return values.drop("cases")
    heads = people.group_by("team").agg(heads=pl.len())
    total = pl.when(pl.col("cases").is_null()).then(0.0).otherwise("team_value")
    return heads.join(values, on="team", how="left").select("team", team_value=total / pl.col("heads"))


def value(indicator: Indicator) -> pl.Expr:
    """The indicator's number from its rows; null where no num is known or nothing to divide by."""
    known = pl.col("num").is_not_null().any()
    return pl.when(known).then(RULES[indicator.aggregate]()).alias("value")


def _ratio() -> pl.Expr:
    return pl.when(pl.col("den").sum() > 0).then(pl.col("num").sum() / pl.col("den").sum())


RULES: dict[str, Callable[[], pl.Expr]] = {
    "sum": lambda: pl.col("num").sum(),
    "mean": lambda: pl.col("num").mean(),
    "median": lambda: pl.col("num").median(),
    "ratio": _ratio,
    "accuracy": lambda: (1 - _ratio()).clip(lower_bound=0),
    "incidence": lambda: moves_on_within(MOVES_ON_WITHIN_DAYS),
    "median_stay": lambda: days_until(0.5),
    "p80_stay": lambda: days_until(0.8),
}


def _rows(indicator: Indicator, book: Book) -> pl.DataFrame:
    rows = indicator.rows(book).filter(pl.col("rep") != NONE)
    filled = {"den": pl.lit(1.0), "n": pl.lit(1)}
    return rows.with_columns(expr.alias(name) for name, expr in filled.items() if name not in rows.columns)


def _cases() -> pl.Expr:
    return pl.col("n").sum().cast(pl.Int64).alias("n")
