"""What happened to a deal, as known: changes of its fields and touches, newest first."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.record import History

COLUMNS: dict[str, pl.DataType] = {
    "at": pl.Datetime("us"),
    "recorded_at": pl.Datetime("us"),
    "kind": pl.String(),
    "field": pl.String(),
    "old_value": pl.String(),
    "new_value": pl.String(),
    "direction": pl.String(),
    "by": pl.String(),
    "subject": pl.String(),
    "duration_minutes": pl.Float64(),
}


def timeline(past: History, deal_id: str, as_of: dt.datetime) -> pl.DataFrame:
    """Columns: at, recorded_at (UTC instants), kind ("change" or the kind of touch), field, old_value, new_value,
    direction, by, subject, duration_minutes. `past` is the history as known; what lies at or after `as_of` is not
    there, even if it was known in advance.
    """
    changes = past["deal_changes"].filter((pl.col("deal_id") == deal_id) & (pl.col("changed_at") < as_of))
    touches = past["activities"].filter((pl.col("deal_id") == deal_id) & (pl.col("happened_at") < as_of))
    told = pl.concat(
        [
            _shaped(changes.rename({"changed_at": "at", "changed_by": "by"}).with_columns(kind=pl.lit("change"))),
            _shaped(touches.rename({"happened_at": "at", "rep_id": "by"})),
        ]
    )
    order = ["at", "kind", "field", "new_value", "by", "subject"]
    return told.sort(order, descending=[True] + [False] * 5, nulls_last=True)


def _shaped(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        pl.col(name) if name in rows.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in COLUMNS.items()
    )
