"""The scores of a sheet: a value against a base, weights spread over what could be measured, and the total."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from indicators.catalogue import INDICATORS
from indicators.indicator import Better
from indicators.sheet_columns import COLUMNS, DETAILS
from indicators.template import FULL

TOTAL = "total"
PERSON = ["rep_id", "name", "role", "team", "newcomer"]
SCORES = ("score", "score_team", "score_past")


def against(better: Better, base: str, at_most: float) -> pl.Expr:
    """100 where `value` equals the column `base`, from 0 to `at_most`; null without a value or a base above zero.

    What is best at zero is judged by its distance from it: against a base by their ratio, and where there is no base at
    all for a target by how much of one it has left.
    """
    value, one = pl.col("value"), pl.col(base)
    if better == "up":
        return pl.when(one > 0).then((FULL * value / one).clip(0, at_most))
    if better == "zero":
        value, one = value.abs(), one.abs()
    less = pl.when(value > 0).then((FULL * one / value).clip(0, at_most))
    fallen = less.otherwise(pl.when(value.is_not_null()).then(at_most))
    if better == "down" or base != "target":
        return pl.when(one > 0).then(fallen)
    return pl.when(one > 0).then(fallen).otherwise((FULL * (1 - value)).clip(0, at_most))


def rescaled(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with `weight_rescaled`: the weights of each person's scored indicators, summing to 100."""
    present = pl.when(pl.col("score").is_not_null() & (pl.col("weight") > 0)).then(pl.col("weight"))
    total = present.sum().over("rep_id")
    return rows.with_columns(weight_rescaled=pl.when(total > 0).then(FULL * present / total))


def with_totals(rows: pl.DataFrame, vetoes: Mapping[str, float]) -> pl.DataFrame:
    """The rows of each person in the order of the catalogue, then the person's total."""
    all_columns = COLUMNS | DETAILS
    weighed = pl.col("weight") > 0
    lacking = pl.col("indicator").filter(weighed & pl.col("score").is_null())
    totals = (
        rows.group_by(PERSON)
        .agg(
            *(_weighted(name) for name in SCORES),
            n=(weighed & pl.col("score").is_not_null()).sum(),
            weight=pl.col("weight").sum(),
            weight_rescaled=pl.col("weight_rescaled").sum(),
            missing=lacking.str.join(", ").fill_null(""),
            veto=pl.col("indicator").filter(_fell(vetoes)).str.join(", ").fill_null(""),
        )
        .with_columns(pl.when(pl.col("veto") == "").then(name).alias(name) for name in SCORES)
        .with_columns(dimension=pl.lit(TOTAL), indicator=pl.lit(TOTAL), name_en=pl.lit("total score"))
        .with_columns(name_zh=pl.lit("综合得分"), unit=pl.lit("points of 100"))
    )
    blank = [pl.lit(None).alias(name) for name in all_columns if name not in totals.columns]
    typed = totals.with_columns(blank).select(pl.col(name).cast(dtype) for name, dtype in all_columns.items())
    order = {slug: at for at, slug in enumerate([*INDICATORS, TOTAL])}
    place = pl.col("indicator").replace_strict(order, return_dtype=pl.Int64)
    return pl.concat([rows, typed]).sort("rep_id", place)


def _weighted(name: str) -> pl.Expr:
    """The mean of one kind of score by the weights of the indicators that have it; null where none has."""
    weight = pl.when(pl.col(name).is_not_null()).then(pl.col("weight"))
    return pl.when(weight.sum() > 0).then((pl.col(name) * weight).sum() / weight.sum()).alias(name)


def _fell(vetoes: Mapping[str, float]) -> pl.Expr:
    """Whether a row's value lies below the least that its indicator is to have."""
    least = pl.col("indicator").replace_strict(dict(vetoes), default=None, return_dtype=pl.Float64)
    return (pl.col("value") < least).fill_null(False)
