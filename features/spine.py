"""Spines: which deals were open on which dates, as known then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from features.aggregate import AGGREGATES, DAYS_A_US, first, last
from features.log import Log, Words
from features.streams import changes, changes_log, field
from features.sweep import series_of, swept
from history.record import History

_STAGE = last(changes, "new", field == "stage")
_OUTCOME = last(changes, "outcome", field == "stage")
_BEGAN = first(changes, "happened_at")
_WANTED = [AGGREGATES[expr.meta.output_name()] for expr in (_STAGE, _OUTCOME, _BEGAN)]


def weekly(start: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
    """Instants seven days apart from `start`, before `end`.

    >>> weekly(dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 15))
    [datetime.datetime(2026, 1, 1, 0, 0), datetime.datetime(2026, 1, 8, 0, 0)]
    """
    weeks = max(0, -(-(end - start) // dt.timedelta(days=7)))
    return [start + dt.timedelta(days=7 * week) for week in range(weeks)]


def open_spine(history: History, instants: Sequence[dt.datetime], log: Log | None = None) -> pl.DataFrame:
    """The deals open at each instant as known then, sorted by as_of and deal_id.

    Columns: deal_id, as_of, stage (null when none is known), age_days (since the deal's first change). A deal counts
    as open from its first change on until a won or lost stage is known, and again once it is known to be reopened.
    """
    log = changes_log(history) if log is None else log
    began = log.arrived_us[log.offsets[:-1]]
    points = np.array(sorted(instants), "datetime64[us]").view(np.int64)
    # Entities stand in the order of their names, so the rows come out by as_of and deal_id.
    places = [np.flatnonzero(began < point) for point in points]
    us = np.repeat(points, [len(one) for one in places])
    deals = Words(np.concatenate([*places, np.zeros(0, np.int64)]).astype(np.int32), log.entities)
    found = swept(log, deals, us, _WANTED)
    stage, outcome, first_change = (found[aggregate.key] for aggregate in _WANTED)
    assert isinstance(stage, Words)
    assert isinstance(outcome, Words)
    assert isinstance(first_change, np.ndarray)
    at = np.flatnonzero((outcome.codes < 0) & ~np.isnat(first_change))
    age_us = us[at] - first_change[at].view(np.int64)
    return pl.DataFrame(
        [
            deals.some(deals.codes[at]).alias("deal_id"),
            pl.Series("as_of", us[at].view("datetime64[us]")),
            series_of("stage", Words(stage.codes[at], stage.words)),
            pl.Series("age_days", age_us * DAYS_A_US),
        ]
    )
