"""What the forecast page of a period asks whatever its reader sees: worked out once for all of them, and remembered."""

from __future__ import annotations

import polars as pl

from history.scopes import COMPANY
from serving.bridge import Bridge, bridge
from serving.deeds import PROGRAM
from serving.score_history import WEEK
from serving.sight import Sight
from serving.standing import Standing
from serving.told import forecast_rows, outlook_of, pace_rows, pair_between
from serving.ways import Way, ways

WIDEST_FIRST = (COMPANY, "region", "team", "rep")


def ahead(standing: Standing, period: str) -> None:
    """Works out what the page of a period asks whatever its reader sees, so that no reader waits for it."""
    whole = Sight(PROGRAM, None, frozenset())
    rows = {kind: forecast_rows(standing, whole, period, kind, "amount") for kind in WIDEST_FIRST}
    for kind in (COMPANY, "team"):
        pace_rows(standing, whole, period, kind, "amount")
        asked_ways(standing, period, kind, "amount", rows[kind])
    changed(standing, period, COMPANY, "amount")


def changed(standing: Standing, period: str, kind: str, measure: str) -> Bridge:
    """What changed since a week before in every scope of a level."""
    days = (standing.as_of - WEEK, standing.as_of)
    pair = pair_between(standing, period, days)
    return standing.remembered(("bridge", period, kind, measure), lambda: bridge(pair, kind, measure))


def asked_ways(standing: Standing, period: str, kind: str, measure: str, rows: pl.DataFrame) -> list[Way]:
    """The ways of a level; `rows` are the forecast of all its scopes."""
    ours = dict(rows.select("scope_id", "mean").iter_rows())
    return standing.remembered(
        ("ways", period, kind, measure), lambda: ways(outlook_of(standing, period), kind, measure, ours)
    )
