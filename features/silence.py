"""Flags that a company's records cannot speak to: who never records people is not single-threaded in every deal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from features.flags import FLAGS
from history.as_of import ALWAYS
from history.record import History

_ARRIVED = pl.max_horizontal("recorded_at", "happened_at")


def heard_since(history: History) -> dict[str, dt.datetime | None]:
    """Since when the history has told of touches, replies, people and next_step (UTC instants; None if never)."""
    touches = history["activities"].filter(~pl.col("kind").is_in(["review", "task"]))
    people = history["contacts"].rename({"added_at": "happened_at"})
    steps = history["deal_changes"].filter(pl.col("field") == "next_step").rename({"changed_at": "happened_at"})
    told = {
        "touches": touches,
        "replies": touches.filter(pl.col("direction") == "in"),
        "people": people,
        "next_step": steps,
    }
    return {name: _first_arrival(rows) for name, rows in told.items()}


def silent_flags(since: Mapping[str, dt.datetime | None], as_of: dt.datetime) -> frozenset[str]:
    """The flags that cannot be raised at `as_of` (naive UTC): nothing that they need had been told by then."""
    return frozenset(code for code, flag in FLAGS.items() if flag.needs and not _told(since.get(flag.needs), as_of))


def keeps(need: str, silent: frozenset[str]) -> bool:
    """Whether the history tells of what flags with that need are about, where the flags `silent` cannot be raised."""
    return any(flag.needs == need and code not in silent for code, flag in FLAGS.items())


def mute_flags(history: History, as_of: dt.datetime) -> frozenset[str]:
    """The flags that a company's history cannot speak to as known at `as_of`; one deal alone cannot tell."""
    return silent_flags(heard_since(history), as_of)


def _told(since: dt.datetime | None, as_of: dt.datetime) -> bool:
    return since is not None and since < as_of


def _first_arrival(rows: pl.DataFrame) -> dt.datetime | None:
    first = rows.select(_ARRIVED.fill_null(ALWAYS).min()).item()
    return first if isinstance(first, dt.datetime) else None
