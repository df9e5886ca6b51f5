"""Forecasters' records as the service tells them: worked out once for everybody, then narrowed to what is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from indicators.accuracy import assess
from indicators.by_period import by_period
from indicators.categories import categories
from indicators.close_dates import close_dates
from indicators.definitions import definitions
from indicators.forecasters import HORIZONS_DAYS
from indicators.remarks import Remark, remarks
from indicators.trend import trend
from serving.sight import Sight
from serving.standing import Standing
from serving.told import by_seen_forecasters

View = Callable[[Standing, str, Sequence[int], str, str], pl.DataFrame]

VIEWS: dict[str, View] = {
    "record": lambda standing, by, days, of, cadence: assess(standing.history, standing.as_of, by, days, of, cadence),
    "periods": lambda standing, by, days, of, cadence: by_period(
        standing.history, standing.as_of, by, days, of, cadence
    ),
    "trend": lambda standing, by, days, of, cadence: trend(standing.history, standing.as_of, by, days, of, cadence),
    "definitions": lambda standing, by, days, of, cadence: definitions(
        standing.history, standing.as_of, by, days, of, cadence
    ),
    "categories": lambda standing, by, days, of, cadence: categories(
        standing.history, standing.as_of, by, days, of, cadence
    ),
    "close_dates": lambda standing, by, days, of, cadence: close_dates(
        standing.history, standing.as_of, by, days, cadence
    ),
}
"""The views of forecasters' records, by what they are asked with: by, horizons in days, measure, cadence."""


def view_rows(
    standing: Standing, sight: Sight, view: str, by: str, horizon: int | None, measure: str, cadence: str
) -> pl.DataFrame:
    """A view of the statements about the scopes that are seen, by forecasters who are seen."""
    horizons = (horizon,) if horizon else HORIZONS_DAYS
    rows = standing.remembered(
        ("accuracy", view, by, horizons, measure, cadence),
        lambda: VIEWS[view](standing, by, horizons, measure, cadence),
    )
    if sight.everything:
        return rows
    if by == "forecaster_kind":
        return rows.clear()
    seen = sight.narrow_scopes(rows)
    return seen if view == "close_dates" else by_seen_forecasters(seen, sight)


def remarks_seen(standing: Standing, sight: Sight, cadence: str) -> list[Remark]:
    """What is odd about the calls; it names people, so only those who see everybody are told."""
    if not sight.everything:
        return []
    found: list[Remark] = standing.remembered(
        ("remarks", cadence), lambda: remarks(standing.history, standing.as_of, cadence)
    )
    return found
