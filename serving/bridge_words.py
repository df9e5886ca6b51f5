"""What changed in a forecast in words: the lines' names, and of each deal what stood before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from history.errors import DealUnknown, RequestInvalid
from history.settings import Settings
from serving.bridge import LINES, Bridge
from serving.pages.format import day, money, percent
from serving.texts import translator

AMOUNTS = ("amount_up", "amount_down", "revalued")
CHANCES = ("re_scored", "new_model")
DATES = ("pulled_in", "pushed_out")


def line_name(line: str, language: str) -> str:
    """The line's name in the reader's language."""
    return translator(language)(f"changed.{line}")


def before_and_after(part: Mapping[str, Any], settings: Settings, language: str) -> tuple[str, str]:
    """What of the deal changed in this line, as it stood on the first day and on the last."""
    first, last = (_told(part, f"{which}_", settings, language) for which in ("from", "to"))
    return first, last


def _told(part: Mapping[str, Any], which: str, settings: Settings, language: str) -> str:
    line, state = part["line"], part[f"{which}state"]
    if line in AMOUNTS:
        return money(part[f"{which}amount"], settings.currency, language)
    if line == "owner_moved":
        return str(part[f"{which}scope"])
    if line in CHANCES:
        return percent(part[f"{which}chance"])
    if line in DATES and state == "open":
        date: dt.datetime | None = part[f"{which}close_date"]
        return day(settings.day_of(date) if date else None, language)
    return translator(language)(f"standing.{state}", chance=percent(part[f"{which}chance"]))


def only(found: Bridge, scope_id: str | None = None, line: str | None = None) -> Bridge:
    """The lines and deals of one scope, of one line, or of both.

    Raises `DealUnknown` for a scope in which nothing stands on either day, `RequestInvalid` for an unknown line.
    """
    lines, parts = found.lines, found.parts
    if scope_id is not None:
        known = lines["scope_id"].unique().sort().to_list()
        if scope_id not in known:
            raise DealUnknown(
                f"scope {scope_id[:80]!r} has nothing booked, open or targeted on either day; expected one of "
                f"{', '.join(known[:12]) or 'none'}. Name another."
            )
        lines, parts = (frame.filter(frame["scope_id"] == scope_id) for frame in (lines, parts))
    if line is not None:
        if line not in LINES:
            raise RequestInvalid(f"line {line[:80]!r} is not known; expected one of {', '.join(LINES)}. Name another.")
        lines, parts = (frame.filter(frame["line"] == line) for frame in (lines, parts))
    return Bridge(lines, parts)
