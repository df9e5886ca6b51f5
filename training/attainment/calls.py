"""What people said a period would come to, freed of the bias that their earlier statements had at the same point.

A person's statement is worth its value times what the scope's results came to per unit of what was said there before,
drawn to what all such statements were worth. So a steady optimist tells as much as somebody who is always right.
"""

from __future__ import annotations

import polars as pl

from history.record import History
from history.scopes import COMPANY, standing_reps
from training.attainment.course import Course

PREFERRED = {"most_likely": 0, "commit": 1, "best_case": 2}
KEPT_PER_PERIOD = 0.8
PRIOR_PERIODS = 1.5
LEAST_HEARD = 0.5
"""Of the people who usually speak; where fewer have spoken their statements are no picture of the team."""
MOST_TIMES = 4.0
"""A statement counts as at most so many times the most that its scope, or the mean of all, came to before."""
NOW = -1
_WHO = ["scope_kind", "scope_id", "forecaster_kind"]


def said_at(calls: pl.DataFrame, points: pl.DataFrame, measure: str) -> pl.DataFrame:
    """The newest statement of each scope and kind of forecaster at each point about the point's own period.

    `points`: period, age, point, at. Gives scope_kind, scope_id, forecaster_kind, age, point, said; of several
    categories the most likely is taken, else the commit, else the best case.
    """
    rows = calls.filter(
        (pl.col("measure") == measure)
        & pl.col("forecaster_kind").is_in(["rep", "manager"])
        & pl.col("category").is_in(list(PREFERRED))
        & pl.col("period").is_in(points["period"].unique().implode())
    ).with_columns(_from=pl.max_horizontal("called_at", "recorded_at"))
    named = rows.select(*_WHO, "category", "period").unique().join(points, on="period")
    found = named.sort("at").join_asof(
        rows.select(*_WHO, "category", "period", "_from", "called_at", said="value").sort("_from", "called_at", "said"),
        left_on="at",
        right_on="_from",
        by=[*_WHO, "category", "period"],
        allow_exact_matches=False,
        check_sortedness=False,
    )
    best = found.drop_nulls("said").with_columns(_rank=pl.col("category").replace_strict(PREFERRED))
    best = best.sort(*_WHO, "age", "point", "_rank").unique([*_WHO, "age", "point"], keep="first", maintain_order=True)
    return best.select(*_WHO, "age", "point", "said")


def weighed(said: pl.DataFrame, came: pl.DataFrame) -> pl.DataFrame:
    """`said` with `worth`: the statement times what such statements turned out to be worth in earlier periods.

    `came`: scope_kind, scope_id, age, came (what the scope's period came to). The present has age -1. Statements of
    the oldest period have no record and are left out.
    """
    known = said.filter(pl.col("age") > NOW).join(
        came, on=["scope_kind", "scope_id", "age"], how="left", maintain_order="left"
    )
    known = known.with_columns(pl.col("came").fill_null(0.0))
    nothing = said.head(0).with_columns(worth=pl.lit(0.0))
    parts = [_worth(said.filter(pl.col("age") == age), known, int(age)) for age in said["age"].unique().sort()]
    return pl.concat([nothing, *parts])


def _worth(told: pl.DataFrame, known: pl.DataFrame, age: int) -> pl.DataFrame:
    kept = KEPT_PER_PERIOD ** (pl.col("age") - age - 1).cast(pl.Float64)
    before = known.filter(pl.col("age") > age).with_columns(kept=kept)
    sums = [(pl.col(name) * pl.col("kept")).sum().alias(name) for name in ("said", "came")]
    usual = before.group_by("scope_kind", "forecaster_kind", "point", maintain_order=True).agg(
        usual=pl.col("came").dot("kept") / pl.col("said").dot("kept")
    )
    own = (
        before.group_by(*_WHO, "point", maintain_order=True)
        .agg(*sums, periods=pl.col("kept").sum())
        .rename({"said": "before"})
    )
    rows = told.join(usual, on=["scope_kind", "forecaster_kind", "point"], maintain_order="left").join(
        own, on=[*_WHO, "point"], how="left", maintain_order="left"
    )
    prior = PRIOR_PERIODS * pl.coalesce(pl.col("before") / pl.col("periods"), pl.col("said"))
    ratio = (pl.col("came").fill_null(0.0) + prior * pl.col("usual")) / (pl.col("before").fill_null(0.0) + prior)
    worth = rows.with_columns(worth=pl.col("said") * ratio).filter(pl.col("worth").is_finite())
    return worth.select(*_WHO, "age", "point", "said", "worth")


def evidence(past: History, course: Course, now: pl.DataFrame, by: str, measure: str) -> pl.DataFrame:
    """What people's statements, freed of their bias, add up to per scope of level `by` ("team" or "company").

    `now`: one row of period, age -1, point, at for the present. Columns: age, point, scope, by_reps, by_managers
    (null where nobody has said anything). For people who spoke of the period before and have not spoken yet those who
    have stand in; where fewer than `LEAST_HEARD` of them have, nothing is told.
    """
    points = pl.concat([course.points.select("period", "age", "point", "at"), now])
    said = said_at(past["forecast_calls"], points, measure)
    came = pl.concat(
        course.wins.group_by(scope_id=kind, age="age", maintain_order=True)
        .agg(came=pl.col(measure).sum())
        .with_columns(scope_kind=pl.lit(kind))
        for kind in ("rep", "team")
    )
    told = clipped(weighed(said, came), came)
    managers = told.filter((pl.col("scope_kind") == "team") & (pl.col("forecaster_kind") == "manager"))
    reps = told.filter((pl.col("scope_kind") == "rep") & (pl.col("forecaster_kind") == "rep"))
    people = standing_reps(past).select("rep_id", scope="team", left="left_at")
    if by == COMPANY:
        people = people.with_columns(scope=pl.lit(COMPANY))
        managers = managers.with_columns(scope=pl.lit(COMPANY))
    else:
        managers = managers.with_columns(scope="scope_id")
    present = people.filter(pl.col("left").is_null() | (pl.col("left") >= now["at"][0]))
    sides = (for_the_silent(reps, said, came, people, present), managers)
    sums = [
        side.group_by("age", "point", "scope", maintain_order=True).agg(pl.col("worth").sum().alias(name))
        for side, name in zip(sides, ("by_reps", "by_managers"), strict=True)
    ]
    return sums[0].join(sums[1], on=["age", "point", "scope"], how="full", coalesce=True)


def clipped(told: pl.DataFrame, came: pl.DataFrame) -> pl.DataFrame:
    """`told` with no worth beyond `MOST_TIMES` what its scope, or the mean of all, came to before: a slip of the pen
    shall not move a team."""
    parts = [_clipped(told.filter(pl.col("age") == age), int(age), came) for age in told["age"].unique().sort()]
    return pl.concat([told.head(0), *parts])


def _clipped(told: pl.DataFrame, age: int, came: pl.DataFrame) -> pl.DataFrame:
    before = came.filter(pl.col("age") > age)
    own = before.group_by("scope_kind", "scope_id", maintain_order=True).agg(own=pl.col("came").max())
    usual = before.group_by("scope_kind", maintain_order=True).agg(usual=pl.col("came").mean())
    rows = told.join(own, on=["scope_kind", "scope_id"], how="left", maintain_order="left").join(
        usual, on="scope_kind", how="left", maintain_order="left"
    )
    most = MOST_TIMES * pl.max_horizontal("own", "usual")
    return rows.with_columns(worth=pl.min_horizontal("worth", most)).select(told.columns)


def for_the_silent(
    reps: pl.DataFrame, said: pl.DataFrame, came: pl.DataFrame, people: pl.DataFrame, present: pl.DataFrame
) -> pl.DataFrame:
    """The statements of `reps` with `scope`, raised for those who spoke of the period before and have not spoken yet.

    `people`: rep_id, scope; `present`: the same of those who have not left. People count by what they usually come to.
    Rows of a scope of which less than `LEAST_HEARD` has spoken are left out.
    """
    cell = ["age", "point", "scope"]
    spoke = said.filter((pl.col("scope_kind") == "rep") & (pl.col("forecaster_kind") == "rep"))
    before = spoke.select("scope_id", age=pl.col("age") - 1).unique(maintain_order=True)
    gone = (pl.col("age") == NOW) & ~pl.col("scope_id").is_in(present["rep_id"].implode())
    asked = reps.select("age", "point").unique(maintain_order=True).join(before.filter(~gone), on="age")
    named = people.select("scope", scope_id="rep_id")
    rows = _sized(reps.join(named, on="scope_id", maintain_order="left"), came)
    silent = _sized(asked.join(named, on="scope_id").join(rows, on=[*cell, "scope_id"], how="anti"), came)
    counts = (
        rows.group_by(cell, maintain_order=True)
        .agg(heard=pl.col("size").sum())
        .join(silent.group_by(cell, maintain_order=True).agg(silent=pl.col("size").sum()), on=cell, how="left")
    )
    told = rows.join(counts, on=cell, maintain_order="left").with_columns(pl.col("silent").fill_null(0.0))
    share = pl.col("heard") / (pl.col("heard") + pl.col("silent"))
    kept = told.filter(share >= LEAST_HEARD).with_columns(worth=pl.col("worth") / share)
    return kept.drop("heard", "silent", "size")


def _sized(rows: pl.DataFrame, came: pl.DataFrame) -> pl.DataFrame:
    """`rows` with `size`: what the person came to in the periods before, drawn to the mean of all; above 0."""
    parts = [rows.head(0).with_columns(size=pl.lit(0.0))]
    for age in rows["age"].unique().sort():
        before = came.filter((pl.col("scope_kind") == "rep") & (pl.col("age") > age))
        periods = max(before["age"].n_unique(), 1)
        own = before.group_by("scope_id", maintain_order=True).agg(size=pl.col("came").sum() / periods)
        usual = float(own["size"].sum()) / own.height if own.height else 1.0
        here = rows.filter(pl.col("age") == age).join(own, on="scope_id", how="left", maintain_order="left")
        weight = PRIOR_PERIODS / (PRIOR_PERIODS + periods)
        size = (1 - weight) * pl.col("size").fill_null(0.0) + weight * usual
        parts.append(here.with_columns(size=size))
    return pl.concat(parts)
