"""Feeds: rows of a table, a kind of touch, a field of deals. Does as much arrive as their own past leads to expect?

What arrived in the newest weeks is held against the half year before as a Poisson count: the signed root of the
deviance is about a standard normal variable where nothing changed (McCullagh and Nelder 1989, 2.4.3). Feeds are more
uneven than that; how much is learned from their own past weeks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import norm

from history.record import History
from training.watching.course import Course
from training.watching.thresholds import level
from training.watching.wins import week_of

WINDOWS = (2, 4, 8)
"""A feed is held against its past over so many newest weeks: a busy one is missed soon, a thin one after a while."""
BEFORE, LEAST_BEFORE = 26, 8
LEAST_ROWS = 20
LEFT_OUT = frozenset({"scores"})
PARTS = {"activities": ("kind", "touches", "互动"), "deal_changes": ("field", "changes of", "字段变更")}


@dataclass(frozen=True)
class Feed:
    """The rows of one feed by the week in which they were recorded."""

    what: str
    en: str
    zh: str
    arrived: np.ndarray


def feed_courses(history: History, weeks: Sequence[dt.datetime]) -> list[Course]:
    """One course per feed; `weeks` are the instants looked from, a week apart, the last is the as-of date."""
    feeds = [feed for feed in feeds_of(history, weeks) if feed.arrived.sum() >= LEAST_ROWS]
    return [silence("feed", feed, len(feeds)) for feed in feeds]


def feeds_of(history: History, weeks: Sequence[dt.datetime]) -> Iterator[Feed]:
    """Every table with its rows, then its parts, sorted."""
    for table in sorted(set(history.tables) - LEFT_OUT):
        rows = history[table].drop_nulls("recorded_at").filter(pl.col("recorded_at") < weeks[-1])
        if rows.is_empty():
            continue
        yield Feed(table, table, table, arrivals(rows, weeks))
        if table in PARTS:
            column, en, zh = PARTS[table]
            for part in sorted(rows[column].drop_nulls().unique().to_list()):
                arrived = arrivals(rows.filter(pl.col(column) == part), weeks)
                yield Feed(f"{table}.{part}", f"{en} {part}", f"{zh} {part}", arrived)


def arrivals(rows: pl.DataFrame, weeks: Sequence[dt.datetime]) -> np.ndarray:
    """How many rows were recorded in the week before each instant; what was recorded earlier is left out."""
    late = rows.filter(pl.col("recorded_at") >= weeks[0] - dt.timedelta(days=7))
    return np.bincount(week_of(late["recorded_at"], weeks), minlength=len(weeks)).astype(float)


def silence(kind: str, feed: Feed, figures: int) -> Course:
    """By how much less arrived than expected, in standard deviations of chance; 0 where as much or more did."""
    found = [missing(feed.arrived, now) for now in WINDOWS]
    value = np.fmax.reduce([one[0] for one in found])
    noise = np.full(len(value), float(norm.isf(level(figures * len(WINDOWS)))))
    place = int(np.nanargmax([one[0][-1] for one in found])) if np.isfinite(value[-1]) else 0
    now, expected = WINDOWS[place], found[place][1][-1]
    came = feed.arrived[-now:].sum()
    en = f"{feed.en}: {came:,.0f} in {now} weeks, {expected:,.1f} expected"
    zh = f"{feed.zh}：{now} 周内 {came:,.0f} 条，预期 {expected:,.1f} 条"
    return Course(kind, feed.what, value, noise, int(came), en, zh)


def missing(arrived: np.ndarray, now: int) -> tuple[np.ndarray, np.ndarray]:
    """Per week the signed root of the Poisson deviance of the newest `now` weeks (0 or more), and what was expected.

    >>> value, expected = missing(np.array([10.0] * 12 + [0.0, 0.0]), 2)
    >>> float(expected[-1]), round(float(value[-1]), 2), float(value[-3])
    (20.0, 6.32, 0.0)
    """
    total = np.append(0.0, np.cumsum(arrived))
    value, expected = np.full(len(arrived), np.nan), np.full(len(arrived), np.nan)
    for at in range(len(arrived)):
        cut = at + 1 - now
        first = max(cut - BEFORE, 0)
        if cut - first < LEAST_BEFORE or total[cut] == total[first]:
            continue
        expected[at] = (total[cut] - total[first]) / (cut - first) * now
        value[at] = shortfall(total[at + 1] - total[cut], expected[at])
    return value, expected


def shortfall(came: float, expected: float) -> float:
    """
    >>> shortfall(25.0, 20.0), round(shortfall(0.0, 8.0), 1)
    (0.0, 4.0)
    """
    if came >= expected:
        return 0.0
    return float(np.sqrt(2 * ((came * np.log(came / expected) if came else 0.0) - (came - expected))))
