"""From indicators' rows to numbers: one rule for a person and for a team, all indicators of a book in one pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from history.scopes import NONE
from indicators.book import Book
from indicators.indicator import Indicator
from indicators.survival import MOVES_ON_WITHIN_DAYS, days_until, in_turn, moves_on_within

NOTHING_HERE = "no case of this person in the period"
NOTHING_KNOWN = "the cases of this person carry no amount, or sum to nothing to divide by"
STILL_THERE = "too many of the cases of this person still last for so many to have ended"

ROWS: dict[str, pl.DataType] = {
    "rep": pl.String(),
    "num": pl.Float64(),
    "den": pl.Float64(),
    "n": pl.Int64(),
    "event": pl.Int8(),
}
USUAL = {"den": 1.0, "n": 1, "event": None}
SUMS = ("num", "den", "known", "n")

OF_SUMS: dict[str, pl.Expr] = {
    "sum": pl.col("num"),
    "mean": pl.col("num") / pl.col("known"),
    "ratio": pl.when(pl.col("den") > 0).then(pl.col("num") / pl.col("den")),
    "accuracy": pl.when(pl.col("den") > 0).then((1 - pl.col("num") / pl.col("den")).clip(lower_bound=0)),
}
"""Rules that need only Σnum, Σden and how many nums are known: a team's follow from its people's."""

OF_ROWS: dict[str, Callable[[], pl.Expr]] = {
    "median": lambda: pl.col("num").median(),
    "incidence": lambda: moves_on_within(MOVES_ON_WITHIN_DAYS, sort=False),
    "median_stay": lambda: days_until(0.5, sort=False),
    "p80_stay": lambda: days_until(0.8, sort=False),
}
"""Rules that need every row, sorted by `survival.in_turn`."""


@dataclass(frozen=True)
class Measured:
    """Indicators in one book: `people` (indicator, rep, value, n, missing), `teams` (indicator, team, team_value)."""

    people: pl.DataFrame
    teams: pl.DataFrame


def measured(indicators: Sequence[Indicator], book: Book) -> Measured:
    """The indicators of everybody in the book and of their teams; `missing` says why a value is null, else empty.

    A team's sum is given per person of the team; an indicator without its tables has no value of any team.
    """
    key = tuple(one.slug for one in indicators)
    if key not in book.measured:
        book.measured[key] = _measured(indicators, book)
    found: Measured = book.measured[key]
    return found


def _measured(indicators: Sequence[Indicator], book: Book) -> Measured:
    lacking = {one.slug: book.record.lacking(one) for one in indicators}
    able = [one for one in indicators if not lacking[one.slug]]
    teams = (
        book.people.select("rep")
        .with_row_index("person")
        .join(book.sellers.select("rep", "team"), on="rep", how="left", maintain_order="left")
        .with_columns(place=pl.col("team").rank("dense").cast(pl.UInt32))
    )
    rows = _rows(able, book, teams["rep"])
    # One number for both keys: grouping by two columns takes twice as long.
    cell = pl.col("at").cast(pl.UInt32) * teams.height + pl.col("person")
    sums = (
        rows.group_by(cell.alias("cell"), maintain_order=True)
        .agg(pl.col("num", "den").sum(), known=pl.col("num").count(), n=pl.col("n").sum())
        .with_columns(at=(pl.col("cell") // teams.height).cast(pl.UInt16), person=pl.col("cell") % teams.height)
    )
    whole = rows.filter(pl.col("at").is_in(_places(able, *OF_ROWS))).sort(in_turn())
    own = _values(sums, whole, "person", able)
    of_people = teams.select("person", "place").drop_nulls()
    sums, whole = (one.join(of_people, on="person", maintain_order="left") for one in (sums, whole))
    of_team = sums.group_by("at", "place", maintain_order=True).agg(pl.col(SUMS).sum())
    named = teams.select("team", "place").drop_nulls().unique()
    found = _values(of_team, whole, "place", able).join(named, on="place")
    return Measured(_people(own, indicators, lacking, teams), _teams(found, able, book))


def _rows(indicators: Sequence[Indicator], book: Book, people: pl.Series) -> pl.DataFrame:
    """The rows of all indicators about `people` under each other.

    `at` is the place of the indicator in the list, `person` that of the rep among the people.
    """
    places = {name: dtype for name, dtype in ROWS.items() if name != "rep"} | {"at": pl.UInt16(), "person": pl.UInt32()}
    blank = pl.DataFrame(schema=places)
    parts = [
        one.rows(book).lazy().with_columns(pl.lit(at, dtype=pl.UInt16).alias("at")) for at, one in enumerate(indicators)
    ]
    person = pl.col("rep").cast(pl.Enum(people), strict=False).to_physical().cast(pl.UInt32).alias("person")
    typed = [
        part.with_columns(pl.lit(USUAL[name]).alias(name) for name in USUAL if name not in part.collect_schema())
        .filter(pl.col("rep") != NONE)
        .with_columns(person)
        .drop_nulls("person")
        .select(pl.col(name).cast(dtype) for name, dtype in places.items())
        for part in parts
    ]
    return pl.concat([blank, *pl.collect_all(typed)])


def told_rows(indicators: Sequence[Indicator], book: Book) -> pl.DataFrame:
    """The rows that the indicators rest on, unknown ones left out: indicator, rep, num, den, deal_id."""
    blank = {"indicator": pl.String(), "rep": pl.String(), "num": pl.Float64(), "den": pl.Float64()}
    parts = [pl.DataFrame(schema=blank | {"deal_id": pl.String()})]
    for one in indicators:
        rows = one.rows(book).filter(pl.col("rep") != NONE).drop_nulls("num")
        den = pl.col("den") if "den" in rows.columns else pl.lit(1.0)
        deal = pl.col("deal_id") if "deal_id" in rows.columns else pl.lit(None, dtype=pl.String)
        parts.append(
            rows.select(
                pl.lit(one.slug).alias("indicator"),
                "rep",
                pl.col("num").cast(pl.Float64),
                den.cast(pl.Float64).alias("den"),
                deal.alias("deal_id"),
            )
        )
    return pl.concat(parts)


def _values(sums: pl.DataFrame, rows: pl.DataFrame, by: str, indicators: Sequence[Indicator]) -> pl.DataFrame:
    """The value of each indicator for each `by`, from sums and, for the rules of `OF_ROWS`, rows: at, by, value, n."""
    value = pl.lit(None, dtype=pl.Float64)
    for rule, expression in OF_SUMS.items():
        value = pl.when(pl.col("at").is_in(_places(indicators, rule))).then(expression).otherwise(value)
    values = sums.with_columns(value=pl.when(pl.col("known") > 0).then(value)).select("at", by, "value", "n")
    found = [
        rows.filter(pl.col("at").is_in(_places(indicators, rule)))
        .group_by("at", by)
        .agg(_found=aggregate().cast(pl.Float64))
        for rule, aggregate in OF_ROWS.items()
    ]
    values = values.join(pl.concat(found), on=["at", by], how="left", maintain_order="left")
    here = pl.col("at").is_in(_places(indicators, *OF_ROWS))
    return values.with_columns(value=pl.when(here).then("_found").otherwise("value")).drop("_found")


def _places(indicators: Sequence[Indicator], *rules: str) -> list[int]:
    return [at for at, one in enumerate(indicators) if one.aggregate in rules]


def _named(indicators: Sequence[Indicator]) -> pl.DataFrame:
    rows = [(at, one.slug, one.aggregate == "sum") for at, one in enumerate(indicators)]
    return pl.DataFrame(rows, schema={"at": pl.UInt16, "indicator": pl.String, "adds": pl.Boolean}, orient="row")


def _people(
    values: pl.DataFrame, indicators: Sequence[Indicator], lacking: dict[str, str], people: pl.DataFrame
) -> pl.DataFrame:
    """Everybody under every indicator; without a case a sum is 0 and all else has no value."""
    able = [one for one in indicators if not lacking[one.slug]]
    stays = [one.slug for one in able if one.aggregate in ("median_stay", "p80_stay")]
    unknown = pl.when(pl.col("indicator").is_in(stays)).then(pl.lit(STILL_THERE)).otherwise(pl.lit(NOTHING_KNOWN))
    why = pl.when(pl.col("n") == 0).then(pl.lit(NOTHING_HERE)).otherwise(unknown)
    names = people.select("rep", "person")
    found = (
        _named(able)
        .join(names, how="cross")
        .join(values, on=["at", "person"], how="left", maintain_order="left")
        .with_columns(value=pl.when(pl.col("n").is_null() & pl.col("adds")).then(0.0).otherwise("value"))
        .with_columns(pl.col("n").fill_null(0))
        .with_columns(missing=pl.when(pl.col("value").is_null()).then(why).otherwise(pl.lit("")))
        .select("indicator", "rep", "value", "n", "missing")
    )
    blank = pl.DataFrame(
        [(slug, text) for slug, text in lacking.items() if text],
        schema={"indicator": pl.String, "missing": pl.String},
        orient="row",
    )
    nothing = blank.join(names, how="cross").with_columns(
        value=pl.lit(None, dtype=pl.Float64), n=pl.lit(0, dtype=pl.Int64)
    )
    return pl.concat([found, nothing.select(found.columns)])


def _teams(values: pl.DataFrame, indicators: Sequence[Indicator], book: Book) -> pl.DataFrame:
    heads = book.sellers.group_by("team").agg(heads=pl.len()).sort("team")
    grid = _named(indicators).join(heads, how="cross").join(values, on=["at", "team"], how="left")
    a_head = pl.col("value").fill_null(pl.when(pl.col("n").is_null()).then(0.0)) / pl.col("heads")
    return grid.select("indicator", "team", team_value=pl.when("adds").then(a_head).otherwise("value"))
