"""Stages: one into which no deal moves any more, and one never seen before that may be the same under a new name."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from history.record import History
from training.watching.course import Course
from training.watching.feeds import LEAST_ROWS, WINDOWS, Feed, arrivals, silence
from training.watching.thresholds import LEAST_WEEKS

ENTRIES: dict[str, Any] = {"stage": pl.String, "recorded_at": pl.Datetime("us")}
FRESH_WEEKS = max(WINDOWS)
LEAST_ENTRIES = 3


@dataclass(frozen=True)
class Fresh:
    """A stage first seen in the newest weeks, how often, and when first."""

    stage: str
    n: int
    since: dt.datetime


def stage_courses(
    history: History, weeks: Sequence[dt.datetime], set_aside: pl.DataFrame | None = None
) -> tuple[list[Course], list[Fresh]]:
    """One course per stage, of the moves into it, and the stages that are new.

    `set_aside` (stage, recorded_at) are moves that an import refused because it did not know the stage. A silent stage
    is told together with the new ones.
    """
    moves = entries(history, weeks[-1], set_aside)
    fresh = fresh_stages(moves, weeks)
    names = sorted(set(moves["stage"].to_list()) - {one.stage for one in fresh})
    feeds = [
        Feed(name, f"moves to stage {name}", f"进入阶段 {name}", arrivals(moves.filter(pl.col("stage") == name), weeks))
        for name in names
    ]
    feeds = [feed for feed in feeds if feed.arrived.sum() >= LEAST_ROWS]
    return [with_rename(silence("stage", feed, len(feeds)), fresh) for feed in feeds], fresh


def entries(history: History, until: dt.datetime, set_aside: pl.DataFrame | None = None) -> pl.DataFrame:
    """Every move into a stage known at `until`: stage, recorded_at."""
    moves = history["deal_changes"].filter(pl.col("field") == "stage").drop_nulls("new_value")
    found = moves.select(pl.col("new_value").alias("stage"), "recorded_at").cast(pl.Schema(ENTRIES))
    if set_aside is not None:
        found = pl.concat([found, set_aside.select(list(ENTRIES)).cast(pl.Schema(ENTRIES))])
    return found.filter(pl.col("recorded_at") < until)


def fresh_stages(moves: pl.DataFrame, weeks: Sequence[dt.datetime]) -> list[Fresh]:
    """Stages whose first move was recorded in the newest weeks, the commonest first; none in a history as short."""
    begins = weeks[-1] - dt.timedelta(days=7 * FRESH_WEEKS)
    first = moves["recorded_at"].min()
    if not isinstance(first, dt.datetime) or first > begins - dt.timedelta(days=7 * LEAST_WEEKS):
        return []
    seen = moves.group_by("stage").agg(n=pl.len(), since=pl.col("recorded_at").min())
    new = seen.filter((pl.col("since") >= begins) & (pl.col("n") >= LEAST_ENTRIES)).sort("n", "stage", descending=True)
    return [Fresh(*row) for row in new.select("stage", "n", "since").iter_rows()]


def with_rename(course: Course, fresh: Sequence[Fresh]) -> Course:
    """The course with the new stages in its words: what went silent may go on under another name."""
    if not fresh:
        return course
    en = ", ".join(f"{one.stage} ({one.n:,} moves since {one.since:%Y-%m-%d})" for one in fresh)
    zh = "、".join(f"{one.stage}（自 {one.since:%Y-%m-%d} 起 {one.n:,} 次）" for one in fresh)
    return replace(course, en=f"{course.en}; new stage {en}: renamed?", zh=f"{course.zh}；新阶段 {zh}：是否改名？")


def refused_stages(quarantine: pl.DataFrame) -> pl.DataFrame:
    """The moves that imports set aside because of their stage: stage, recorded_at.

    `quarantine` is what `Store.quarantined` gives. A row that says neither when it was recorded nor when it happened
    is left out.
    """
    bad = quarantine.filter((pl.col("table_name") == "deal_changes") & (pl.col("column_name") == "new_value"))
    found = [move for value, row in bad.select("value", "row").iter_rows() if (move := _move(value, row)) is not None]
    return pl.DataFrame(found, schema=ENTRIES, orient="row")


def _move(value: str | None, row: str) -> tuple[str, dt.datetime] | None:
    told = json.loads(row)
    if told.get("field") != "stage" or not value:
        return None
    for name in ("recorded_at", "changed_at"):
        try:
            at = dt.datetime.fromisoformat(str(told.get(name)))
        except ValueError:
            continue
        return value, at.astimezone(dt.UTC).replace(tzinfo=None) if at.tzinfo else at
    return None
