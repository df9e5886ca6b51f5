"""Tables drawn in text, as frames and back to plain rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl

READ: dict[str, Callable[[str], Any]] = {
    "called_at": dt.datetime.fromisoformat,
    "recorded_at": dt.datetime.fromisoformat,
    "happened_at": dt.datetime.fromisoformat,
    "assessed_at": dt.datetime.fromisoformat,
    "issued_at": dt.datetime.fromisoformat,
    "due_at": dt.datetime.fromisoformat,
    "paid_at": dt.datetime.fromisoformat,
    "created_at": dt.datetime.fromisoformat,
    "first_response_at": dt.datetime.fromisoformat,
    "qualified_at": dt.datetime.fromisoformat,
    "added_at": dt.datetime.fromisoformat,
    "value": float,
    "amount": float,
    "cost": float,
    "paid_amount": float,
    "score": float,
    "forecast": float,
    "actual": float,
    "duration_minutes": float,
    "n_periods": int,
    "horizon_days": int,
    "effective": lambda text: text == "yes",
}


def table(text: str, **everywhere: object) -> pl.DataFrame:
    """A frame from a table drawn with bars: the first line names the columns, an empty cell is unknown.

    `everywhere` are columns with one value in all rows.
    """
    lines = [line.strip().strip("|").split("|") for line in text.strip().splitlines() if set(line.strip()) - set("|-")]
    names = [cell.strip() for cell in lines[0]]
    rows = [[_cell(name, cell.strip()) for name, cell in zip(names, line, strict=True)] for line in lines[1:]]
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    return frame.with_columns(pl.lit(value).alias(name) for name, value in everywhere.items())


def _cell(name: str, text: str) -> Any:
    return READ.get(name, str)(text) if text else None
