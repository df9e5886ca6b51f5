"""From an indicator's rows to numbers: one rule for a person and for a team."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from history.scopes import NONE
from indicators.book import Book
from indicators.indicator import Indicator

NOTHING_HERE = "no case of this person in the period"
NOTHING_KNOWN = "the cases of this person carry no amount, or sum to nothing to divide by"


@dataclass(frozen=True)
class Measured:
    """One indicator in one book: `people` (rep, value, n, missing) and `teams` (team, team_value)."""

    people: pl.DataFrame
    teams: pl.DataFrame


def measured(indicator: Indicator, book: Book) -> Measured:
    """The indicator of everybody in the book and of their teams; `missing` says why a value is null, else empty."""
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
    why = pl.when(pl.col("n") == 0).then(pl.lit(NOTHING_HERE)).otherwise(pl.lit(NOTHING_KNOWN))
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
    """The indicator's number from rows with num, den; null where no num is known or nothing to divide by."""
    num, den = pl.col("num"), pl.col("den")
    known = num.is_not_null().any()
    ratio = pl.when(den.sum() > 0).then(num.sum() / den.sum())
    by_rule = {
        "sum": num.sum(),
        "mean": num.mean(),
        "median": num.median(),
        "ratio": ratio,
        "accuracy": (1 - ratio).clip(lower_bound=0),
    }
    return pl.when(known).then(by_rule[indicator.aggregate]).alias("value")


def _rows(indicator: Indicator, book: Book) -> pl.DataFrame:
    rows = indicator.rows(book).filter(pl.col("rep") != NONE)
    filled = {"den": pl.lit(1.0), "n": pl.lit(1)}
    return rows.with_columns(expr.alias(name) for name, expr in filled.items() if name not in rows.columns)


def _cases() -> pl.Expr:
    return pl.col("n").sum().cast(pl.Int64).alias("n")
