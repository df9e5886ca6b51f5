"""Everything that is watched between retrainings, read off at one date from what was known by then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from history.as_of import known
from history.errors import NoHistory
from history.record import History
from training.bundle import Model
from training.watching.calibration import HORIZON_DAYS, Fit, calibration_courses, matured
from training.watching.course import KINDS, Course, Reading
from training.watching.deals import feature_courses, open_deals, score_courses
from training.watching.estimated_loss import loss_courses
from training.watching.feeds import BEFORE, WINDOWS, feed_courses
from training.watching.stages import Fresh, stage_courses
from training.watching.thresholds import readings
from training.watching.windows import DEALS, LEARNED, WINS, week_starts
from training.watching.wins import win_courses

APART = {
    "feature": DEALS.now,
    "score": DEALS.now,
    "wins": WINS.now,
    "calibration": HORIZON_DAYS // 7,
    "loss": DEALS.now,
    "feed": max(WINDOWS),
    "stage": max(WINDOWS),
}
"""Weeks by which a past look must lie before the as-of date to share none of its newest weeks."""
Say = Callable[[str], object]


@dataclass(frozen=True)
class Watch:
    """What was read at `as_of` of model `version`: one reading per figure, those that crossed first.

    `fit` is the calibration on matured deals, None where too few matured since the model was trained. `fresh` are the
    stages never seen before.
    """

    as_of: dt.datetime
    version: str
    readings: Sequence[Reading]
    fit: Fit | None
    fresh: Sequence[Fresh]

    @property
    def crossed(self) -> list[Reading]:
        """The figures beyond their thresholds."""
        return [reading for reading in self.readings if reading.crossed]

    def frame(self) -> pl.DataFrame:
        """The readings as a table."""
        return pl.DataFrame([reading.as_dict() for reading in self.readings], schema=SCHEMA)


SCHEMA = {
    "kind": pl.String,
    "what": pl.String,
    "value": pl.Float64,
    "noise": pl.Float64,
    "threshold": pl.Float64,
    "n": pl.Int64,
    "weeks": pl.Int64,
    "crossed": pl.Boolean,
    "en": pl.String,
    "zh": pl.String,
}


def watch(
    history: History,
    model: Model,
    as_of: dt.datetime,
    set_aside: pl.DataFrame | None = None,
    say: Say | None = None,
) -> Watch:
    """Read every watched figure at `as_of` (naive UTC) and hold it against what its own past weeks teach.

    Nothing recorded at or after `as_of` is used. `set_aside` are moves into stages that imports refused (see
    `stages.refused_stages`). Raises `NoHistory` when nothing was known at `as_of`.
    """
    say = say or (lambda _: None)
    past = known(history, as_of)
    first = past.first_recorded
    if first is None:
        day = history.settings.day_of(as_of)
        raise NoHistory(f"nothing was known on {day}, so nothing can have drifted. Give a later day or import data.")
    say("features of the deals open each week")
    deals = open_deals(past, model, weeks_back(past, as_of, DEALS.span))
    rows = matured(past, deals, model.trained_as_of, as_of)
    say("what drifted, and what usually does")
    calibrated, fit = calibration_courses(rows, deals.weeks)
    feed_weeks = weeks_back(past, as_of, BEFORE + max(WINDOWS))
    stages, fresh = stage_courses(past, feed_weeks, set_aside)
    courses = {
        "feature": feature_courses(deals),
        "score": score_courses(deals),
        "wins": win_courses(past, weeks_back(past, as_of, WINS.span)),
        "calibration": calibrated,
        "loss": loss_courses(deals, rows, fit),
        "feed": feed_courses(past, feed_weeks),
        "stage": stages,
    }
    return Watch(as_of, model.version, ordered(courses), fit, fresh)


def weeks_back(past: History, as_of: dt.datetime, span: int) -> list[dt.datetime]:
    """The weeks that thresholds are learned from and the `span` weeks that the first of those looks back on."""
    weeks = week_starts(as_of, LEARNED + span, past.settings)
    first = past.first_recorded
    return [week for week in weeks if first is not None and week > first]


def ordered(courses: dict[str, list[Course]]) -> list[Reading]:
    """The readings of every family, those that crossed first, then by family and by how far they went."""
    found = [reading for kind in KINDS for reading in readings(courses[kind], APART[kind])]
    place = {kind: at for at, kind in enumerate(KINDS)}
    return sorted(found, key=lambda one: (not one.crossed, place[one.kind], -one.value / one.threshold, one.what))
