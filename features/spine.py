"""Spines: which deals were open on which dates, as known then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

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
    began = pl.DataFrame({"deal_id": log.entities, "began": _began(log)})
    points = pl.DataFrame({"as_of": pl.Series(list(instants), dtype=pl.Datetime("us"))})
    rows = began.join_where(points, pl.col("began") < pl.col("as_of")).select("deal_id", "as_of")
    rows = rows.sort("as_of", "deal_id")
    wanted = [AGGREGATES[expr.meta.output_name()] for expr in (_STAGE, _OUTCOME, _BEGAN)]
    found = sweep(log, rows.rename({"deal_id": "entity"}), wanted)
    state = pl.concat([rows, found], how="horizontal")
    return state.filter(_OUTCOME.is_null() & _BEGAN.is_not_null()).select(
        "deal_id", "as_of", _STAGE.alias("stage"), days_between(pl.col("as_of"), _BEGAN).alias("age_days")
    )


def _began(log: Log) -> pl.Series:
    """When the first change of each deal arrived."""
    return pl.Series(log.arrived_us[log.offsets[:-1]]).cast(pl.Datetime("us"))
