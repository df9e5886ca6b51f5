"""From an indicator's rows to numbers: one rule for a person and for a team."""

from __future__ import annotations

import polars as pl

from history.scopes import NONE
from indicators.book import Book
from indicators.indicator import Indicator

NOTHING_HERE = "no case of this person in the period"
NOTHING_KNOWN = "the cases of this person carry no amount, or sum to nothing to divide by"


def measured(indicator: Indicator, book: Book) -> pl.DataFrame:
    """One row per person of the book: rep, value, n, missing (why the value is null, else empty)."""
    people = book.people.select("rep")
    lacking = indicator.missing(book.past)
    if lacking:
        return people.with_columns(
            value=pl.lit(None, dtype=pl.Float64), n=pl.lit(0, dtype=pl.Int64), missing=pl.lit(lacking)
        )
    values = _rows(indicator, book).group_by("rep").agg(value(indicator), _cases())
    found = people.join(values, on="rep", how="left", maintain_order="left")
    if indicator.aggregate == "sum":
        idle = pl.col("n").is_null()
        found = found.with_columns(value=pl.when(idle).then(0.0).otherwise("value"))
    found = found.with_columns(pl.col("n").fill_null(0))
    why = pl.when(pl.col("n") == 0).then(pl.lit(NOTHING_HERE)).otherwise(pl.lit(NOTHING_KNOWN))
    return found.with_columns(missing=pl.when(pl.col("value").is_null()).then(why).otherwise(pl.lit("")))


def team_values(indicator: Indicator, book: Book) -> pl.DataFrame:
    """The same rule over all rows of a team's people: team, team_value; a sum is given per person of the team."""
    people = book.sellers
    if indicator.missing(book.past):
        return pl.DataFrame(schema={"team": pl.String(), "team_value": pl.Float64()})
    rows = _rows(indicator, book).join(people.select("rep", "team"), on="rep")
    values = rows.group_by("team").agg(value(indicator).alias("team_value"), rows=pl.len())
    if indicator.aggregate != "sum":
        return values.drop("rows")
    heads = people.group_by("team").agg(heads=pl.len())
    total = pl.when(pl.col("rows").is_null()).then(0.0).otherwise("team_value")
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
