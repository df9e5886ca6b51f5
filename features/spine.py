"""Spines: which deals were open on which dates, as known then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from features.aggregate import AGGREGATES, days_between, first, last
from features.streams import changes, changes_log, field
from features.sweep import Log, sweep
from history.record import History

_STAGE = last(changes, "new", field == "stage")
_OUTCOME = last(changes, "outcome", field == "stage")
_BEGAN = first(changes, "happened_at")


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
    rows = pl.DataFrame(
        {
            "deal_id": log.entities.gather(np.concatenate([*places, np.zeros(0, np.int64)])),
            "as_of": np.repeat(points, [len(one) for one in places]).view("datetime64[us]"),
        }
    )
    wanted = [AGGREGATES[expr.meta.output_name()] for expr in (_STAGE, _OUTCOME, _BEGAN)]
    found = sweep(log, rows.select(entity="deal_id", as_of="as_of"), wanted)
    state = rows.hstack(found)
    return state.filter(_OUTCOME.is_null() & _BEGAN.is_not_null()).select(
        "deal_id", "as_of", _STAGE.alias("stage"), days_between(pl.col("as_of"), _BEGAN).alias("age_days")
    )
