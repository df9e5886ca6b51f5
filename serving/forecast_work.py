"""What the forecast page of a period asks whatever its reader sees: worked out once for all of them, and remembered."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl

from history.scopes import COMPANY
from serving.bridge import Bridge, bridge, must_follow, pair_of
from serving.deeds import PROGRAM
from serving.score_history import WEEK
from serving.sight import Sight
from serving.standing import Standing
from serving.told import forecast_rows, outlook_of, pace_rows
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
    must_follow(standing.history, days)
    pair = standing.remembered(("pair", period, days), lambda: _pair(standing, period, days))
    return standing.remembered(("bridge", period, kind, measure), lambda: bridge(pair, kind, measure))


def _pair(standing: Standing, period: str, days: tuple[dt.datetime, dt.datetime]) -> Any:
    first, last = standing.model_at(days[0]), standing.model_at(days[1])
    same = (first.version, first.trained_as_of) == (last.version, last.trained_as_of)
    found = pair_of(standing.history, (last if same else first, last), period, days)
    return replace(found, last=standing.remembered(("outlook", period), lambda: found.last))


def asked_ways(standing: Standing, period: str, kind: str, measure: str, rows: pl.DataFrame) -> list[Way]:
    """The ways of a level; `rows` are the forecast of all its scopes."""
    ours = dict(rows.select("scope_id", "mean").iter_rows())
    return standing.remembered(
        ("ways", period, kind, measure), lambda: ways(outlook_of(standing, period), kind, measure, ours)
    )
