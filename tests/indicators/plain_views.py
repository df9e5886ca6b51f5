"""Trend, public definitions, categories and slips worked out a second time, in plain Python over small tables."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict

import numpy as np

from tests.indicators.plain_accuracy import DAY, Company, last, lives, quarter_bounds


def definitions(pairs: list[tuple[float, float]]) -> dict[str, float | None]:
    """Mean accuracy, mean ratio and the bands from (forecast, actual) of each period."""
    told = [(f, a) for f, a in pairs if a > 0]
    ratios = [f / a for f, a in told]
    return {
        "n_winless": len(pairs) - len(told),
        "mean_accuracy": sum(1 - abs(a - f) / a for f, a in told) / len(told) if told else None,
        "mean_ratio": sum(ratios) / len(told) if told else None,
        "within_85_115": sum(0.85 <= r <= 1.15 for r in ratios) / len(told) if told else None,
        "within_70_130": sum(0.7 <= r <= 1.3 for r in ratios) / len(told) if told else None,
    }


def slope(places: list[float], misses: list[float], came: list[float]) -> tuple[float, float]:
    """Weighted least squares of miss / came on place by the normal equations, and the HC3 error by matrices."""
    design = np.array([[1.0, place] for place in places])
    weight, miss = np.array(came), np.array(misses)
    inverse = np.linalg.inv(design.T @ (design * weight[:, None]))
    found = inverse @ design.T @ miss
    leverage = weight * np.einsum("ij,jk,ik->i", design, inverse, design)
    rest = (miss - weight * (design @ found)) / (1 - leverage)
    spread = inverse @ (design.T * rest**2) @ design @ inverse
    return float(found[1]), math.sqrt(spread[1, 1])


def open_and_dated(company: Company, period: str, days: int) -> dict[str, tuple[str, float, dt.datetime | None]]:
    """Each deal open at the horizon day: owner, worth and stated close date."""
    cut = quarter_bounds(period)[1] - days * DAY + DAY
    found = {}
    for deal, rows in lives(company, cut, cut).items():
        if last(rows, "stage") not in ("Won", "Lost"):
            amount, close = last(rows, "amount"), last(rows, "close_date")
            date = dt.datetime.fromisoformat(close) if close else None
            found[deal] = (last(rows, "owner_id") or "(none)", float(amount) if amount else 0.0, date)
    return found


def won_deals(company: Company, period: str, as_of: dt.datetime) -> dict[str, tuple[str, float, dt.datetime]]:
    """Each deal won in the period and won at its end: owner at the closing, worth, when."""
    start, end = quarter_bounds(period)
    found = {}
    for deal, rows in lives(company, as_of, end).items():
        stages = [row for row in rows if row["field"] == "stage"]
        if stages and stages[-1]["new_value"] == "Won" and stages[-1]["changed_at"] >= start:
            when = stages[-1]["changed_at"]
            found[deal] = (last(rows, "owner_id", when) or "(none)", float(last(rows, "amount") or 0.0), when)
    return found


def dated_shares(company: Company, periods: list[str], days: int, as_of: dt.datetime) -> dict[str, list[float]]:
    """By rep: worth dated in the periods, what of it was won there; worth won after the horizon days, and the rest."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * 4)
    for period in periods:
        start, end = quarter_bounds(period)
        cut = end - days * DAY + DAY
        stood, won = open_and_dated(company, period, days), won_deals(company, period, as_of)
        told = {deal: row for deal, row in stood.items() if row[2] is not None and start <= row[2] < end}
        for deal, (owner, worth, _) in told.items():
            sums[owner][0] += worth
            sums[owner][1] += worth if deal in won else 0.0
        for deal, (owner, worth, when) in won.items():
            if when >= cut:
                sums[owner][2] += worth
                sums[owner][3] += 0.0 if deal in told and told[deal][0] == owner else worth
    return dict(sums)


def slips(company: Company, periods: list[str], days: int, as_of: dt.datetime) -> dict[str, list[tuple[int, bool]]]:
    """By rep: days from the stated day to the closing of each dated deal, and whether it has closed by now."""
    found: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for period in periods:
        start, end = quarter_bounds(period)
        for deal, (owner, _, date) in open_and_dated(company, period, days).items():
            if date is None or not start <= date < end:
                continue
            stages = [row for row in lives(company, as_of, as_of)[deal] if row["field"] == "stage"]
            closed = stages[-1]["new_value"] in ("Won", "Lost")
            until = stages[-1]["changed_at"] if closed else as_of - dt.timedelta(microseconds=1)
            found[owner].append(((until.date() - date.date()).days, closed))
    return dict(found)


def half_closed_within(rows: list[tuple[int, bool]]) -> float | None:
    """Kaplan and Meier, by hand: the days by which no more than half still last."""
    lasting = 1.0
    for day in sorted({day for day, _ in rows}):
        at_risk = sum(other >= day for other, _ in rows)
        lasting *= 1 - sum(other == day and closed for other, closed in rows) / at_risk
        if lasting <= 0.5 + 1e-9:
            return float(day)
    return None
