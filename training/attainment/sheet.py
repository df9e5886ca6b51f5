"""Scope-period snapshots: at every point of every earlier period what was booked, expected and said, and what came.

What is expected at a point is learnt from the periods before that one, so that what came is news to it.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from training.attainment.course import Course
from training.attainment.handover import Level
from training.attainment.recency import period_weights

KEPT_PER_PERIOD = 0.85
PRIOR_DEALS = 5.0
KEYS = ["age", "point", "scope"]


def snapshots(course: Course, chances: np.ndarray, kind: str, measure: str, level: Level) -> pl.DataFrame:
    """One row per earlier period, point and scope of level `kind`, but for the oldest period.

    Where the course tells `amount_square`, the mean square of what a deal comes to, amounts vary by themselves too.

    `chances`: (open rows,) of being won in the period, NaN where unknown. Columns: age, point, share, scope, booked,
    open_expected, new_expected (null where no period before reached that point), came, last_rest (what the period
    before brought after the same point), open_deals, created (deals open at the point that were not 30 days old),
    variance (of what open deals bring, each by itself) and lean (by how much a common shift of one on the logit scale
    moves what they bring).
    """
    scopes = sorted({*course.wins[kind].to_list(), *course.open[kind].to_list()})
    grid = course.points.select("age", "point", "share").join(pl.DataFrame({"scope": scopes}), how="cross")
    parts = [_open(course, chances, kind, measure, level), _booked(course, kind, measure), _came(course, kind, measure)]
    rows = grid
    for part in parts:
        rows = rows.join(part, on=[key for key in KEYS if key in part.columns], how="left", maintain_order="left")
    rows = rows.with_columns(pl.exclude("age", "point", "share", "scope").fill_null(0.0)).sort(KEYS)
    rows = rows.join(_new(course, kind, measure), on=KEYS, how="left", maintain_order="left")
    seen_before = pl.col("new_expected").is_not_null().any().over("age", "point")
    rows = rows.with_columns(pl.when(seen_before).then(pl.col("new_expected").fill_null(0.0)).alias("new_expected"))
    rest = rows.select(pl.col("age") - 1, "point", "scope", last_rest=pl.col("came") - pl.col("booked"))
    oldest = course.points["age"].max()
    return rows.join(rest, on=KEYS, how="left", maintain_order="left").filter(pl.col("age") < oldest).sort(KEYS)


def _open(course: Course, chances: np.ndarray, kind: str, measure: str, level: Level) -> pl.DataFrame:
    rows = course.open.with_columns(
        chance=pl.Series(chances).fill_nan(None), worth=measure, kept=pl.Series(level.share_kept(course.open[kind]))
    )
    loose, own = pl.col("chance") * (1.0 - pl.col("chance")), pl.col("chance") * pl.col("kept")
    told = measure == "amount" and "amount_square" in rows.columns
    square = pl.col("amount_square") if told else pl.col("worth") ** 2
    sums = rows.group_by("age", "point", scope=kind, maintain_order=True).agg(
        open_expected=(own * pl.col("worth")).sum(),
        variance=(own * square - (own * pl.col("worth")) ** 2).sum(),
        lean=(loose * pl.col("worth")).sum(),
        open_deals=pl.len().cast(pl.Float64),
        created=(pl.col("age_days") < 30).sum().cast(pl.Float64),
        moved=((pl.col("chance") - own) * pl.col("worth")).sum(),
    )
    if not level.gets:
        return sums.drop("moved")
    pool = pl.DataFrame({"scope": list(level.gets), "part": list(level.gets.values())})
    moved = sums.group_by("age", "point", maintain_order=True).agg(pl.col("moved").sum()).join(pool, how="cross")
    both = (
        sums.drop("moved").join(moved, on=KEYS, how="full", coalesce=True).with_columns(pl.exclude(KEYS).fill_null(0.0))
    )
    coming = pl.col("moved") * pl.col("part")
    typical = float(np.sqrt(np.mean(rows["worth"].to_numpy() ** 2))) if measure == "amount" else 1.0
    return both.with_columns(
        open_expected=pl.col("open_expected") + coming, variance=pl.col("variance") + coming * typical
    ).drop("moved", "part")


def _at_points(course: Course) -> pl.DataFrame:
    """Every win at every point of its period, with `booked`: it was known by then."""
    points = course.points.select("age", "point", "at")
    return course.wins.join(points, on="age", maintain_order="left_right").with_columns(
        booked=pl.col("known_at") < pl.col("at")
    )


def _booked(course: Course, kind: str, measure: str) -> pl.DataFrame:
    won = _at_points(course).filter("booked")
    return won.group_by("age", "point", scope=kind, maintain_order=True).agg(booked=pl.col(measure).sum())


def _came(course: Course, kind: str, measure: str) -> pl.DataFrame:
    return course.wins.group_by("age", scope=kind, maintain_order=True).agg(came=pl.col(measure).sum())


def arrived(course: Course) -> pl.DataFrame:
    """The wins of each period that were neither booked nor open at each of its points."""
    later = _at_points(course).filter(~pl.col("booked"))
    return later.join(
        course.open.select("age", "point", "deal_id"), on=["age", "point", "deal_id"], how="anti", maintain_order="left"
    )


def _new(course: Course, kind: str, measure: str) -> pl.DataFrame:
    """new_expected: what the periods before say is still to come from deals that are not there yet."""
    came = arrived(course).group_by("age", "point", scope=kind, maintain_order=True).agg(came=pl.col(measure).sum())
    every = course.wins.group_by("age", scope=kind, maintain_order=True).agg(won=pl.col(measure).sum())
    typical = float(course.wins[measure].to_numpy().mean()) if course.wins.height else 0.0
    parts = [_new_at(course, age, came, every, typical) for age in course.points["age"].unique().sort()]
    return pl.concat(parts)


def _new_at(course: Course, age: int, came: pl.DataFrame, every: pl.DataFrame, typical: float) -> pl.DataFrame:
    seen = course.points.filter(pl.col("age") > age)
    weights = period_weights(seen["age"].to_numpy() - age, KEPT_PER_PERIOD, course.per_year)
    seen = seen.select("age", "point", kept=pl.Series(weights))
    weight = seen.group_by("point", maintain_order=True).agg(periods=pl.col("kept").sum())
    before = (
        came.join(seen, on=["age", "point"], maintain_order="left")
        .group_by("point", "scope", maintain_order=True)
        .agg(pl.col("came").dot("kept"))
    )
    usual = every.filter(pl.col("age") > age).group_by("scope", maintain_order=True).agg(pl.col("won").sum())
    prior = usual.select("scope", prior=pl.col("won") / pl.col("won").sum() * PRIOR_DEALS * typical)
    rows = weight.join(prior, how="cross").join(before, on=["point", "scope"], how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("came").fill_null(0.0))
    total, spread = pl.col("came").sum().over("point"), (pl.col("came") + pl.col("prior"))
    expected = total / pl.col("periods") * spread / spread.sum().over("point")
    return rows.select(pl.lit(age, dtype=pl.Int64).alias("age"), "point", "scope", new_expected=expected)
