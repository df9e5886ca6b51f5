"""Scores deals whose histories were sent in a request, among the workspace's own history, by the same feature code."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
from pydantic import BaseModel

from features.matrix import prepare_deals
from features.spine import open_spine
from features.streams import changes
from history.as_of import known
from history.errors import RequestInvalid
from history.record import History, complete
from history.settings import Settings
from history.tables import TABLES
from serving.schemas import ChangeIn, DealIn
from serving.scoring import Scored, check_dates, score_rows
from serving.standing import Standing

PLAIN_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
PLAIN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def score_posted(standing: Standing, deals: list[DealIn], as_of: dt.datetime, horizon: dt.datetime) -> Scored:
    """Scores of the deals sent, sorted by deal_id; the workspace's own rows of those deals are not used.

    Raises `RequestInvalid` naming the deal and field that cannot be used, or the deal that is not open at `as_of`.
    """
    check_dates(standing.history, as_of, horizon)
    for place, deal in enumerate(deals):
        check_deal(deal, f"/deals/{place}", standing.history.settings)
    _refuse_repeats(deals)
    posted = posted_history(standing.history.settings, deals)
    prepared = prepare_deals(posted, standing.prepared)
    spine = open_spine(posted, [as_of], prepared.logs[changes])
    _refuse_closed(deals, spine, standing, as_of)
    past = History(posted.settings, {**known(posted, as_of).tables, **standing.surroundings(as_of)})
    return score_rows(past, prepared, standing.model_at(as_of), spine, horizon, standing.mute_at(as_of))


def posted_history(settings: Settings, deals: list[DealIn]) -> History:
    """The deals sent as the only deals; all that is around them the prepared history tells."""
    frames = {
        "deals": _frame("deals", [_row(deal) for deal in deals]),
        "deal_changes": _frame("deal_changes", _rows(deals, "changes")),
        "activities": _frame("activities", _rows(deals, "activities")),
        "contacts": _frame("contacts", _rows(deals, "contacts")),
    }
    return History(settings, frames)


def check_deal(deal: DealIn, where: str, settings: Settings) -> None:
    """Raises `RequestInvalid` for the first change whose value its field cannot take."""
    for place, change in enumerate(deal.changes):
        expected = _expected(change, settings)
        if expected is not None:
            raise RequestInvalid(
                f"{where}/changes/{place}/new_value of deal {deal.deal_id[:80]!r} is {change.new_value!r}; "
                f"expected {expected}. Correct it."
            )


def _expected(change: ChangeIn, settings: Settings) -> str | None:
    """What the change's new value should have been, or None where it can be used."""
    value = change.new_value
    if value is None:
        return None
    if change.field == "amount" and not _is_amount(value):
        return "an amount as a plain number at or above 0, such as 120000 or 120000.50"
    if change.field == "close_date" and not _is_day(value):
        return "a date as YYYY-MM-DD"
    if change.field == "stage" and settings.stages and value not in (names := [s.name for s in settings.stages]):
        return f"one of the workspace's stages ({', '.join(names)})"
    return None


def _is_amount(value: str) -> bool:
    """Whether it is read as that number everywhere: Python alone would take "1_000" and " 12 " too."""
    return PLAIN_NUMBER.fullmatch(value) is not None and math.isfinite(float(value))


def _is_day(value: str) -> bool:
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return PLAIN_DAY.fullmatch(value) is not None


def _refuse_repeats(deals: list[DealIn]) -> None:
    seen: set[str] = set()
    for deal in deals:
        if deal.deal_id in seen:
            raise RequestInvalid(f"deal {deal.deal_id[:80]!r} is sent twice; send each deal once.")
        seen.add(deal.deal_id)


def _refuse_closed(deals: list[DealIn], spine: pl.DataFrame, standing: Standing, as_of: dt.datetime) -> None:
    is_open = set(spine["deal_id"])
    for deal in deals:
        if deal.deal_id not in is_open:
            raise RequestInvalid(
                f"deal {deal.deal_id[:80]!r} is not open on {standing.history.settings.day_of(as_of)}: its changes "
                "known by then begin later or end in a won or lost stage. Send an open deal or another as_of."
            )


def _rows(deals: Iterable[DealIn], part: str) -> Iterator[dict[str, Any]]:
    for deal in deals:
        for entry in getattr(deal, part):
            yield {"deal_id": deal.deal_id, **_row(entry)}


def _row(entry: BaseModel) -> dict[str, Any]:
    values = ((name, getattr(entry, name)) for name in type(entry).model_fields)
    return {name: _utc(value) for name, value in values if not isinstance(value, list)}


def _utc(value: Any) -> Any:
    """Instants as naive UTC; one sent without an offset is UTC already."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _frame(table: str, rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    schema = TABLES[table].polars_schema
    return complete(table, pl.DataFrame(list(rows), schema=schema))
