"""Statements about a period: a rep's own commit, most likely and best case, and a manager's override.

Every statement is a new row of `forecast_calls`; nothing that was ever said is replaced. Of a forecaster's statements
about one scope the one said last holds.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from history.as_of import known
from history.errors import DateInvalid, DealUnknown, NotAllowed, RequestInvalid
from history.fiscal import bounds, parse_period
from history.leading import leads_scope, led_scopes, people_at
from history.record import History
from history.scopes import COMPANY, scope_kinds
from history.store import Store
from history.tables import TABLES

CATEGORIES = ("commit", "most_likely", "best_case")
MEASURES = ("amount", "count")
LONGEST_NOTE = 2000
NAMED = 12
ONE_STATEMENT = ["scope_kind", "scope_id", "period", "forecaster_kind", "forecaster_id", "category", "measure"]


@dataclass(frozen=True)
class Statement:
    """What a person says of a scope and a period: values by category, in the workspace's currency or in deals.

    About oneself one speaks as a rep, about others as their manager.
    """

    by: str
    scope_kind: str
    scope_id: str
    period: str
    values: Mapping[str, float]
    measure: str = "amount"
    note: str | None = None

    @property
    def forecaster_kind(self) -> str:
        return "rep" if (self.scope_kind, self.scope_id) == ("rep", self.by) else "manager"


def submit(store: Store, history: History, statement: Statement, now: dt.datetime) -> pl.DataFrame:
    """Appends the statement as said at `now` (naive UTC), one row per category, and gives the rows back.

    Raises `DealUnknown` for a person or scope that `history` does not hold, `NotAllowed` for a scope that is not the
    person's own to speak for, `DateInvalid` for a period that is unknown or over, `RequestInvalid` for what is said.
    """
    rows = checked(history, statement, now)
    store.append("forecast_calls", rows)
    return rows


def checked(history: History, statement: Statement, now: dt.datetime) -> pl.DataFrame:
    """The rows that `submit` appends; raises what it raises."""
    past = known(History(history.settings, {name: history[name] for name in ("reps", "deals", "deal_changes")}), now)
    _check_speaker(past, statement, now)
    period = parse_period(statement.period.strip().upper(), history.settings)
    if bounds(period, history.settings)[1] <= now:
        raise DateInvalid(
            f"period {period.name} ended before {period.end_day}; expected one that is running or ahead, for what is "
            "said afterwards is no forecast. Name another period."
        )
    values = _checked_values(statement)
    said = {
        **{name: getattr(statement, name) for name in ("scope_kind", "scope_id", "forecaster_kind", "measure")},
        **{"period": period.name, "called_at": now, "forecaster_id": statement.by, "note": _checked_note(statement)},
        "recorded_at": now,
    }
    rows = [{**said, "category": category, "value": value} for category, value in values.items()]
    schema = TABLES["forecast_calls"].polars_schema
    return pl.DataFrame(rows, schema={name: schema[name] for name in rows[0]})


def _check_speaker(past: History, statement: Statement, now: dt.datetime) -> None:
    people = people_at(past, now)
    everybody = _everybody(past)
    if statement.by not in everybody:
        raise DealUnknown(
            f"nobody is called {statement.by[:80]!r}; expected a rep_id, such as {_some(everybody)}. Correct it."
        )
    gone = past["reps"].filter(pl.col("rep_id") == statement.by).height and statement.by not in people["rep_id"]
    if gone:
        raise NotAllowed(f"{statement.by} has left the company; expected somebody who is there. Name another person.")
    _check_scope(past, statement, everybody)
    own = statement.forecaster_kind == "rep"
    if not own and not leads_scope(people, statement.by, statement.scope_kind, statement.scope_id):
        mine = [f"rep:{statement.by}", *led_scopes(people, statement.by)]
        raise NotAllowed(
            f"{statement.by} cannot speak for {statement.scope_kind}:{statement.scope_id[:80]}; expected one's own "
            f"scope or one whose people all report to {statement.by}: {_some(mine)}. Name one of these."
        )


def _everybody(past: History) -> list[str]:
    owners = past["deal_changes"].filter(pl.col("field") == "owner_id")["new_value"].drop_nulls().unique()
    return sorted({*past["reps"]["rep_id"], *owners})


def _check_scope(past: History, statement: Statement, everybody: list[str]) -> None:
    kind = statement.scope_kind
    if kind not in (kinds := scope_kinds(past.settings)):
        raise RequestInvalid(f"scope kind {kind[:80]!r} is not known; expected one of {', '.join(kinds)}. Correct it.")
    known_ids = everybody if kind == "rep" else [COMPANY] if kind == COMPANY else _ids(past, kind)
    if statement.scope_id not in known_ids:
        raise DealUnknown(
            f"there is no {kind.replace('_', ' ')} {statement.scope_id[:80]!r}; expected one that is known, such as "
            f"{_some(known_ids)}. Correct it."
        )


def _ids(past: History, kind: str) -> list[str]:
    """What deals, and for teams and regions people, say there is of a kind."""
    said = past["deal_changes"].filter(pl.col("field") == kind)["new_value"]
    people = past["reps"][kind] if kind in ("team", "region") else said.head(0)
    return sorted({*said.drop_nulls(), *people.drop_nulls()})


def _checked_values(statement: Statement) -> dict[str, float]:
    if statement.measure not in MEASURES:
        raise RequestInvalid(f"measure {statement.measure[:80]!r} is not known; expected amount or count. Correct it.")
    if not statement.values:
        raise RequestInvalid(f"nothing was said; expected at least one of {', '.join(CATEGORIES)}. Give a value.")
    for category, value in statement.values.items():
        if category not in CATEGORIES:
            raise RequestInvalid(
                f"category {category[:80]!r} is not known; expected one of {', '.join(CATEGORIES)}. Correct it."
            )
        if not math.isfinite(value) or value < 0:
            raise RequestInvalid(f"{category} {value:g} cannot be; expected a number of 0 or more. Correct it.")
    given = [(category, float(statement.values[category])) for category in CATEGORIES if category in statement.values]
    for (lower, less), (higher, more) in itertools.pairwise(given):
        if less > more:
            raise RequestInvalid(
                f"{lower} {less:g} is more than {higher} {more:g}; expected commit, most_likely and best_case in "
                "rising order. Correct one of them."
            )
    return dict(given)


def _checked_note(statement: Statement) -> str | None:
    note = (statement.note or "").strip()
    if "\x00" in note or len(note) > LONGEST_NOTE:
        raise RequestInvalid(
            f"the note of {len(note)} characters cannot be kept; expected {LONGEST_NOTE} at most, no NUL. Shorten it."
        )
    return note or None


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return (", ".join(names[:NAMED]) or "(none)") + more


def statements(calls: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """What was said and known before `as_of`, newest first, with `holds`: said last by that forecaster of that scope.

    `calls` has the columns of `forecast_calls`.
    """
    said = calls.filter((pl.col("called_at") < as_of) & (pl.col("recorded_at") < as_of))
    order = [*ONE_STATEMENT, "called_at", "recorded_at", "value"]
    last = pl.int_range(pl.len()) == pl.len() - 1
    marked = said.sort(order, nulls_last=False).with_columns(holds=last.over(ONE_STATEMENT))
    return marked.sort("called_at", descending=True, maintain_order=True)
