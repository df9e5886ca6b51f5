"""What the company's people learn, share and do for each other: trainings, contributions, support tasks."""

from __future__ import annotations

import numpy as np
import polars as pl

from history.settings import Settings
from history.synthetic import days
from history.synthetic import vocabulary as words
from history.synthetic.people import rep_id
from history.synthetic.world import Staff

TRAININGS, ITEMS, USES, TASKS = 1.6, 1.2, 2.0, 5.0
"""How many a person takes, shares (each used so often) and is asked for in a quarter, on average."""
UNTESTED, NEVER_DONE = 0.2, 0.03
QUARTER_DAYS = 90


def make_learning(staff: Staff, settings: Settings, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """The tables trainings, contributions and support_tasks."""
    return {
        "trainings": _trainings(staff, settings, rng),
        "contributions": _contributions(staff, settings, rng),
        "support_tasks": _support_tasks(staff, settings, rng),
    }


def _moments(staff: Staff, each: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`each` things per person and quarter on average, in working hours while the person is there: rep, second."""
    span = np.clip(np.minimum(staff.leaves, days.DAYS) - np.maximum(staff.starts, 0), 0, days.DAYS)
    rep = np.repeat(np.arange(staff.size), rng.poisson(each * span / QUARTER_DAYS))
    day = np.maximum(staff.starts, 0)[rep] + (rng.random(len(rep)) * span[rep]).astype(np.int64)
    return rep, days.in_hours(day, rng)


def _people(rep: np.ndarray) -> pl.Series:
    return pl.Series([rep_id(int(number)) for number in rep], dtype=pl.String)


def _numbered(frame: pl.DataFrame, name: str, prefix: str, by: str) -> pl.DataFrame:
    """The rows in order of time under ids, recorded as they happen."""
    ordered = frame.sort(by, *[column for column in frame.columns if column != by])
    ids = days.ids(prefix, np.arange(frame.height), 6).alias(name)
    return ordered.select(ids, *ordered.columns, pl.col(by).alias("recorded_at"))


def _trainings(staff: Staff, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    """Courses with their hours; most end in a test, which the skilled pass more often."""
    rep, at = _moments(staff, np.full(staff.size, TRAININGS), rng)
    passed = pl.Series(rng.random(len(rep)) < np.clip(0.8 + 0.08 * staff.skill[rep], 0.3, 0.98))
    tested = pl.Series(rng.random(len(rep)) >= UNTESTED)
    course = rng.integers(0, len(words.COURSES), len(rep))
    frame = pl.DataFrame(
        {
            "rep_id": _people(rep),
            "course": pl.Series(words.COURSES).gather(course),
            "taken_at": days.instants(at, settings),
            "hours": rng.choice(np.array([2.0, 4.0, 6.0, 8.0, 16.0]), len(rep)),
        }
    ).with_columns(passed=pl.select(pl.when(tested).then(passed)).to_series())
    return _numbered(frame, "training_id", "B", "taken_at")


def _contributions(staff: Staff, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    """Items that the diligent share more often, and each use of one in the months after."""
    rep, at = _moments(staff, ITEMS * staff.diligence, rng)
    item = np.arange(len(rep))
    used = np.repeat(item, rng.poisson(USES, len(rep)))
    later = at[used] + (1 + rng.exponential(40.0, len(used))).astype(np.int64) * days.SECONDS
    everything = np.r_[item, used]
    frame = pl.DataFrame(
        {
            "rep_id": _people(rep[everything]),
            "item_id": days.ids("N", everything, 5),
            "kind": np.where(np.arange(len(everything)) < len(item), "shared", "used"),
            "happened_at": days.instants(np.r_[at, later], settings),
        }
    )
    return _numbered(frame, "contribution_id", "F", "happened_at")


def _support_tasks(staff: Staff, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    """Requests of colleagues, wanted within days; the diligent are in time more often, a few are never done."""
    rep, at = _moments(staff, np.full(staff.size, TASKS), rng)
    wanted = rng.integers(1, 6, len(rep)) * days.SECONDS
    took = (wanted * np.exp(rng.normal(-0.7, 0.8, len(rep))) / staff.diligence[rep]).astype(np.int64)
    done = pl.Series(days.instants(at + took, settings))
    never = pl.Series(rng.random(len(rep)) < NEVER_DONE)
    colleague = (rep + rng.integers(1, max(staff.size, 2), len(rep))) % staff.size
    frame = pl.DataFrame(
        {
            "rep_id": _people(rep),
            "asked_by": _people(colleague),
            "asked_at": days.instants(at, settings),
            "due_at": days.instants(at + wanted, settings),
        }
    ).with_columns(done_at=pl.select(pl.when(~never).then(done)).to_series())
    return _numbered(frame, "task_id", "G", "asked_at")
