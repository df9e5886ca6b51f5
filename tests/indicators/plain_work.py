"""The cases of indicators of what people did, can do and heard back, in plain Python, from the formulas in words."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable

from tests.indicators.plain_company import DAY, WEEK, Company, Row, instant
from tests.indicators.plain_deals import Case, case


def visited(c: Company) -> list[Case]:
    targets = {row["account_id"] for row in c.known["accounts"] if row["fit_grade"] == "A"}
    pairs = set()
    for deal, owner in c.owners.items():
        outcome, since = c.outcome(deal, c.upto)
        if c.account(deal) in targets and (outcome is None or (since is not None and since >= c.start)):
            pairs.add((owner, c.account(deal)))
    seen = {row["account_id"] for row in c.within("activities", "happened_at") if row["kind"] == "visit"}
    return [case(owner, float(account in seen)) for owner, account in pairs]


def long_calls(c: Company) -> list[tuple[str, Row]]:
    return [(rep, row) for rep, row in c.touches("call") if (row["duration_minutes"] or 0) >= 3]


def work_days(c: Company) -> int:
    days = [c.first + at * DAY for at in range((c.end_day - c.first).days)]
    return sum(day.weekday() < 5 and instant(day) < c.upto for day in days)


def mails(c: Company, mark: str) -> list[Case]:
    sent = [(rep, row) for rep, row in c.touches("email") if row["direction"] == "out" and row[mark] is not None]
    return [case(rep, float(row[mark])) for rep, row in sent]


def touch_rate(c: Company) -> list[Case]:
    out = []
    for row in c.within("activities", "happened_at"):
        two_way = row["direction"] == "in" or row["kind"] in ("meeting", "visit", "demo") or row["replied"]
        two_way = two_way or (row["kind"] == "call" and (row["duration_minutes"] or 0) >= 3)
        if two_way and row["deal_id"] in c.owners:
            out.append(case(c.owners[row["deal_id"]], 1.0, 0.0))
    for deal, owner in c.owners.items():
        until = min(c.outcome(deal, c.upto)[1] or c.upto, c.upto)
        weeks = (until - max(c.deals[deal]["created_at"], c.start)) / WEEK
        if weeks > 0:
            out.append(case(owner, 0.0, weeks, 0))
    return out


def follow_ups(c: Company) -> list[Case]:
    sent: dict[str, list[dt.datetime]] = defaultdict(list)
    for row in c.known["activities"]:
        if row["direction"] == "out" and row["happened_at"] < c.as_of:
            sent[row["deal_id"]].append(row["happened_at"])
    asks = [
        (row["deal_id"], row["happened_at"])
        for row in c.within("activities", "happened_at")
        if row["direction"] == "in" and row["deal_id"]
    ]
    asks += [(stay["deal"], stay["from"]) for stay in c.stays if not stay["first"] and c.start <= stay["from"] < c.upto]
    out = []
    for deal, when in asks:
        done = any(when < answer <= when + 3 * DAY for answer in sent[deal])
        if deal in c.owners and (done or when + 3 * DAY < c.as_of):
            out.append(case(c.owners[deal], float(done)))
    return out


def contracts(c: Company) -> list[tuple[str, Row, dt.datetime]]:
    rows = [row for row in c.within("contracts", "promised_at") if row["deal_id"] in c.owners]
    told = [(c.owners[row["deal_id"]], row, row["promised_at"] + DAY) for row in rows]
    return [one for one in told if one[2] <= c.as_of or one[1]["delivered_at"]]


def slips(c: Company) -> list[Case]:
    out = []
    for one in c.won():
        stated = c.at(one["deal"], "close_date", one["at"] - 30 * DAY)
        if one["from_open"] and stated is not None:
            out.append(case(one["rep"], (one["at"] - instant(dt.date.fromisoformat(stated))) / DAY))
    return out


def foresight(c: Company) -> list[Case]:
    out = []
    for one in c.won():
        first = [row["new_value"] for row in c.log[one["deal"]]["product_line"]]
        won = c.at(one["deal"], "product_line", one["at"])
        if won is not None:
            out.append(case(one["rep"], float(first[0] == won)))
    return out


def skill_growth(c: Company) -> list[Case]:
    def last(before: dt.datetime) -> dict[tuple[str, str], float]:
        rows = sorted(c.known["assessments"], key=lambda row: row["assessed_at"])
        return {(row["rep_id"], row["dimension"]): row["score"] for row in rows if row["assessed_at"] < before}

    now, then = last(c.upto), last(c.start)
    return [case(key[0], score - then[key]) for key, score in now.items() if key in then]


def answers(c: Company, kind: str) -> list[Row]:
    return [row for row in c.within("surveys", "happened_at") if row["kind"] == kind and row["rep_id"]]


def told(c: Company, table: str, column: str, number: Callable[[Row], float | None]) -> list[Case]:
    rows = [(row["rep_id"], number(row)) for row in c.within(table, column) if row["rep_id"]]
    return [case(rep, value) for rep, value in rows if value is not None]


def flag(value: bool | None) -> float | None:
    return None if value is None else float(value)
