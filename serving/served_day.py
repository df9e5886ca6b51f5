"""The day that is served: a module of its own, so that verbs which ask no model need not load one to know it."""

from __future__ import annotations

import datetime as dt

from history.errors import NoHistory
from history.record import History


def serving_instant(history: History, asked: dt.date | None, now: dt.datetime) -> dt.datetime:
    """The as-of instant (naive UTC): the day asked for, else the start of the day after the newest recorded row.

    Never later than tomorrow's start, so that a row recorded in the future does not carry the pages there.
    Raises `NoHistory` when there is no row at all.
    """
    settings = history.settings
    if asked is not None:
        return settings.start_of(asked)
    newest = [history[name]["recorded_at"].max() for name in ("deal_changes", "activities")]
    known = [value for value in newest if isinstance(value, dt.datetime)]
    if not known:
        raise NoHistory("the workspace holds no deal; import a folder with `dealcast import canonical DIR` first.")
    day = min(settings.day_of(max(known)), settings.day_of(now))
    return settings.start_of(day + dt.timedelta(days=1))
