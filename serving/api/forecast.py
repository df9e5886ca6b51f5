"""GET /v1/forecast: where a period will land, by scope."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints

from history.fiscal import parse_period, quarter_of
from serving.access import Reader
from serving.forecasting import outlook, table
from serving.live import standing_of
from serving.schemas import ForecastAnswer, ForecastRow

router = APIRouter(prefix="/v1")
Level = Annotated[str, StringConstraints(max_length=60)]
"""rep, team, region, product_line, segment, company, or a level of the workspace's own."""


@router.get("/forecast")
def forecast(
    request: Request,
    _: Reader,
    period: Annotated[
        str | None, Query(description="2026Q4, 2026-11, 2026H2 or 2026; the running quarter if left out")
    ] = None,
    by: Annotated[
        Level, Query(description="one row per rep, team, region, product_line, segment, company or own level")
    ] = "team",
    measure: Annotated[Literal["amount", "count"], Query(description="amount or count of deals")] = "amount",
) -> ForecastAnswer:
    """Booked, expected from open deals, expected from deals to come, quantiles, and the chance to reach the target."""
    standing = standing_of(request)
    settings = standing.history.settings
    name = parse_period(period, settings).name if period else quarter_of(standing.day, settings).name
    seen = standing.remembered(
        ("outlook", name), lambda: outlook(standing.history, standing.model, name, standing.as_of)
    )
    rows = standing.remembered(("forecast", name, by, measure), lambda: table(seen, by, measure))
    return ForecastAnswer(
        model_version=standing.model.version,
        forecast=[ForecastRow(**row) for row in rows.iter_rows(named=True)],
    )
