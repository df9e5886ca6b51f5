"""Forecast accuracy worked out a second time, row by row in plain Python, without a line of the house's code.

It reads quarters, UTC and rep scopes only, which is enough to hold the fast road to.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

DAY = dt.timedelta(days=1)
Rows = Iterable[dict]


@dataclass(frozen=True)
class Company:
    changes: list[dict]
    calls: list[dict]


def quarter_bounds(name: str) -> tuple[dt.datetime, dt.datetime]:
    year, quarter = int(name[:4]), int(name[5])
    end_year, end_month = (year, 3 * quarter + 1) if quarter < 4 else (year + 1, 1)
    return dt.datetime(year, 3 * quarter - 2, 1), dt.datetime(end_year, end_month, 1)


def lives(company: Company, known_before: dt.datetime, until: dt.datetime) -> dict[str, list[dict]]:
    """Each deal's changes that were recorded and had happened by then, in order of time."""
    found: dict[str, list[dict]] = defaultdict(list)
    for change in company.changes:
        if change["recorded_at"] < known_before and change["changed_at"] < until:
            found[change["deal_id"]].append(change)
    return {deal: sorted(rows, key=lambda row: row["changed_at"]) for deal, rows in found.items()}


def last(rows: list[dict], field: str, upto: dt.datetime | None = None) -> str | None:
    value = None
    for row in rows:
        if row["field"] == field and (upto is None or row["changed_at"] <= upto):
            value = row["new_value"]
    return value


def won_by_rep(
    company: Company, start: dt.datetime, end: dt.datetime, known_before: dt.datetime, measure: str
) -> dict[str, list[float | None]]:
    """What each rep won between two instants and had still won at the second."""
    found: dict[str, list[float | None]] = defaultdict(list)
    for rows in lives(company, known_before, end).values():
        stages = [row for row in rows if row["field"] == "stage"]
        if not stages or stages[-1]["new_value"] != "Won" or stages[-1]["changed_at"] < start:
            continue
        owner = last(rows, "owner_id", stages[-1]["changed_at"])
        amount = last(rows, "amount")
        found[owner or "(none)"].append(1.0 if measure == "count" else (float(amount) if amount else None))
    return found


def implied(company: Company, period: str, days: int, measure: str) -> dict[str, float]:
    start, end = quarter_bounds(period)
    cut = end - days * DAY + DAY
    booked = won_by_rep(company, start, cut, cut, measure)
    dated: dict[str, list[float | None]] = defaultdict(list)
    has_date: dict[str, bool] = defaultdict(bool)
    for rows in lives(company, cut, cut).values():
        owner = last(rows, "owner_id") or "(none)"
        if last(rows, "stage") in ("Won", "Lost"):
            continue
        close = last(rows, "close_date")
        has_date[owner] |= close is not None
        if close and start <= dt.datetime.fromisoformat(close) < end:
            amount = last(rows, "amount")
            dated[owner].append(1.0 if measure == "count" else (float(amount) if amount else None))
    people = {rep for rep, any_date in has_date.items() if any_date} | {rep for rep in booked if rep not in has_date}
    calls = {}
    for rep in people - {"(none)"}:
        known = [value for value in booked[rep] + dated[rep] if value is not None]
        if known or not dated[rep]:
            calls[rep] = sum(known)
    return calls if any(has_date.values()) else {}


def submitted(company: Company, period: str, days: int, measure: str) -> dict[str, float]:
    cut = quarter_bounds(period)[1] - days * DAY + DAY
    calls = {}
    for category in ("commit", "most_likely"):
        said = [
            call
            for call in company.calls
            if (call["period"], call["measure"], call["category"]) == (period, measure, category)
            and max(call["called_at"], call["recorded_at"]) < cut
        ]
        for call in sorted(said, key=lambda call: call["called_at"]):
            calls[call["forecaster_id"] + " " + category] = call["value"]
    likely = {key.split()[0]: value for key, value in calls.items() if key.endswith("most_likely")}
    return {key.split()[0]: value for key, value in calls.items()} | likely


def record(
    company: Company, periods: list[str], days: int, measure: str, source: str, as_of: dt.datetime
) -> dict[str, dict[str, float]]:
    """n_periods, forecast_sum, actual_sum, bias, wape, accuracy and ratio of each rep."""
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for period in periods:
        road = submitted if source == "submitted" else implied
        won = won_by_rep(company, *quarter_bounds(period), as_of, measure)
        for rep, forecast in road(company, period, days, measure).items():
            known = [value for value in won[rep] if value is not None]
            if 2 * (len(won[rep]) - len(known)) <= len(won[rep]):
                pairs[rep].append((forecast, sum(known)))
    return {rep: _numbers(rows) for rep, rows in pairs.items()}


def _numbers(rows: list[tuple[float, float]]) -> dict[str, float]:
    forecast, actual = sum(f for f, _ in rows), sum(a for _, a in rows)
    numbers = {"n_periods": len(rows), "forecast_sum": forecast, "actual_sum": actual}
    if actual > 0:
        wape = sum(abs(f - a) for f, a in rows) / actual
        numbers |= {"bias": (forecast - actual) / actual, "wape": wape}
        numbers |= {"accuracy": max(0.0, 1 - wape), "ratio": forecast / actual}
    return numbers
