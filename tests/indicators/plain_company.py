"""A company as lists of rows, seen at an instant: the ground on which the second road of the sheet is walked.

It knows nothing of frames, ledgers or books: loops and the standard library.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
DAY, HOUR, MINUTE, WEEK = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1), dt.timedelta(weeks=1)
ZONE = ZoneInfo("Asia/Shanghai")
OPEN = ["Qualify", "Discover", "Propose", "Negotiate", "Contract"]
LATER_HALF = OPEN[2:]
KEYS = {
    "activities": ["activity_id"], "contacts": ["deal_id", "contact_id"], "accounts": ["account_id"],
    "reps": ["rep_id", "valid_from"], "leads": ["lead_id"], "invoices": ["invoice_id"], "contracts": ["contract_id"],
    "surveys": ["survey_id"], "complaints": ["complaint_id"], "trainings": ["training_id"],
    "contributions": ["contribution_id"], "support_tasks": ["task_id"],
}  # fmt: skip
REVEALED = {
    "leads": {"first_response_at": ["first_response_at"], "qualified_at": ["qualified_at", "deal_id"]},
    "invoices": {"paid_at": ["paid_at", "paid_amount"]},
    "contracts": {"delivered_at": ["delivered_at", "compliant"]},
    "complaints": {"resolved_at": ["resolved_at"]},
    "support_tasks": {"done_at": ["done_at"]},
    "reps": {"left_at": ["left_at"]},
}


def instant(day: dt.date) -> dt.datetime:
    """The naive UTC instant at which a day begins in Shanghai."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(dt.UTC).replace(tzinfo=None)


@dataclass
class Company:
    """Tables as lists of rows, seen at `as_of`, and the span from `first` to `end` (days, exclusive)."""

    tables: dict[str, list[Row]]
    as_of: dt.datetime
    first: dt.date
    end_day: dt.date
    year_first: dt.date
    year_end: dt.date
    before_first: dt.date
    strategic: dict[str, list[str]]

    def __post_init__(self) -> None:
        self.start, self.end = instant(self.first), instant(self.end_day)
        self.upto = min(self.end, self.as_of)
        self.known = {name: self._known(name, rows) for name, rows in self.tables.items()}
        self.log: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        seen = set()
        for row in sorted(self.known["deal_changes"], key=lambda row: (row["changed_at"], row["recorded_at"])):
            key = (row["deal_id"], row["changed_at"], row["field"], row["new_value"], row["recorded_at"])
            if row["changed_at"] < self.as_of and key not in seen:
                seen.add(key)
                self.log[row["deal_id"]][row["field"]].append(row)
        self.deals = {row["deal_id"]: row for row in self.known["deals"] if row["created_at"] < self.as_of}

    def _known(self, name: str, rows: list[Row]) -> list[Row]:
        seen = [dict(row) for row in rows if row["recorded_at"] is None or row["recorded_at"] < self.as_of]
        if name in KEYS:
            latest = {}
            for row in sorted(seen, key=lambda row: row["recorded_at"] or dt.datetime.min):
                latest[tuple(row[key] for key in KEYS[name])] = row
            seen = list(latest.values())
        for row in seen:
            for by, columns in REVEALED.get(name, {}).items():
                if row[by] is not None and row[by] >= self.as_of:
                    for column in columns:
                        row[column] = None
        return seen

    def at(self, deal: str, field: str, when: dt.datetime, inclusive: bool = True) -> Any:
        value = None
        for row in self.log[deal][field]:
            if row["changed_at"] < when or (inclusive and row["changed_at"] == when):
                value = row["new_value"]
        return value

    def standing(self, deal: str, field: str, when: dt.datetime) -> Any:
        """The value at `when` as it was known at `when`."""
        value = None
        for row in self.log[deal][field]:
            if row["changed_at"] < when and row["recorded_at"] < when:
                value = row["new_value"]
        return value

    def number(self, text: str | None) -> float | None:
        return None if text is None else float(text)

    def existing(self, when: dt.datetime) -> Iterator[str]:
        for name, row in self.deals.items():
            if row["created_at"] < when and row["recorded_at"] < when:
                yield name

    @cached_property
    def closings(self) -> list[Row]:
        out = []
        for deal in self.deals:
            state = None
            for row in self.log[deal]["stage"]:
                new = {"Won": "won", "Lost": "lost"}.get(row["new_value"], "open")
                if new == state:
                    continue
                if state in ("won", "lost"):
                    out[-1]["reopened"] = row["changed_at"]
                if new != "open":
                    out.append({"deal": deal, "at": row["changed_at"], "outcome": new, "from_open": state == "open"})
                state = new
        for one in out:
            one["rep"] = self.at(one["deal"], "owner_id", one["at"])
            one.setdefault("reopened", None)
        return out

    def closed(self, start: dt.datetime, end: dt.datetime) -> list[Row]:
        found = [one for one in self.closings if start <= one["at"] < end and not (one["reopened"] or end) < end]
        return [{**one, "amount": self.number(self.at(one["deal"], "amount", end, inclusive=False))} for one in found]

    def won(self, start: dt.datetime | None = None, end: dt.datetime | None = None) -> list[Row]:
        return [one for one in self.closed(start or self.start, end or self.end) if one["outcome"] == "won"]

    def account(self, deal: str) -> str | None:
        return self.deals[deal]["account_id"]

    def outcome(self, deal: str, when: dt.datetime) -> tuple[str | None, dt.datetime | None]:
        """The outcome that stood at `when` as known then, and since when; (None, None) while open."""
        state, since = None, None
        for row in self.log[deal]["stage"]:
            if row["changed_at"] < when and row["recorded_at"] < when:
                new = {"Won": "won", "Lost": "lost"}.get(row["new_value"])
                if new != state or since is None:
                    state, since = new, row["changed_at"]
        return (state, since) if state else (None, None)

    def owner(self, deal: str, when: dt.datetime | None = None) -> str:
        return self.standing(deal, "owner_id", when or self.upto) or "(none)"

    def customers(self, when: dt.datetime) -> dict[str, list[Row]]:
        """Wins by account, oldest first, of the accounts with one in the year before `when`."""
        wins: dict[str, list[Row]] = defaultdict(list)
        for one in sorted(self.closings, key=lambda one: (one["at"], one["deal"])):
            if one["outcome"] == "won" and one["at"] < when and not (one["reopened"] and one["reopened"] < when):
                wins[str(self.account(one["deal"]))].append(one)
        return {name: rows for name, rows in wins.items() if rows[-1]["at"] >= when - 365 * DAY}

    def within(self, table: str, column: str) -> list[Row]:
        return [row for row in self.known[table] if row[column] is not None and self.start <= row[column] < self.upto]

    @cached_property
    def owners(self) -> dict[str, str]:
        return {deal: self.owner(deal) for deal in self.existing(self.upto)}

    def touches(self, kind: str | None = None) -> list[tuple[str, Row]]:
        """Touches with who made them."""
        rows = [row for row in self.within("activities", "happened_at") if kind in (None, row["kind"])]
        told = [(row["rep_id"] or self.owners.get(row["deal_id"]), row) for row in rows]
        return [(rep, row) for rep, row in told if rep]

    @cached_property
    def open_deals(self) -> list[str]:
        return [deal for deal in self.owners if self.outcome(deal, self.upto)[0] is None]

    @cached_property
    def stays(self) -> list[Row]:
        """Stays in open stages over the whole log: deal, place, from, till, how, first."""
        out = []
        for deal in self.deals:
            runs: list[tuple[str, dt.datetime]] = []
            for row in self.log[deal]["stage"]:
                if not runs or runs[-1][0] != row["new_value"]:
                    runs.append((row["new_value"], row["changed_at"]))
            for at, (stage, since) in enumerate(runs):
                if stage not in OPEN:
                    continue
                following = runs[at + 1] if at + 1 < len(runs) else None
                how = None if following is None else self._how(stage, following[0])
                first = not any(earlier in OPEN for earlier, _ in runs[:at])
                till = following[1] if following else None
                out.append({"deal": deal, "stage": stage, "from": since, "till": till, "how": how, "first": first})
        return out

    def _how(self, stage: str, following: str) -> str:
        if following in ("Won", "Lost"):
            return following.lower()
        return "forward" if OPEN.index(following) > OPEN.index(stage) else "back"
