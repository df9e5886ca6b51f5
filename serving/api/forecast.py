"""GET /v1/forecast: where a period will land, by scope; GET /v1/forecast/correction: what its correction goes by."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints

from serving.access import Reader
from serving.live import standing_of
from serving.planning_schemas import CorrectionAnswer, CorrectionRow
from serving.schemas import ForecastAnswer, ForecastRow
from serving.told import correction_rows, forecast_rows, rows_of

router = APIRouter(prefix="/v1")
Level = Annotated[str, StringConstraints(max_length=60)]
"""rep, team, region, product_line, segment, company, or a level of the workspace's own."""
Period = Annotated[str, StringConstraints(max_length=40)]
"""A fiscal quarter, half-year or year, or a calendar month."""


@router.get("/forecast")
def forecast(
    request: Request,
    reader: Reader,
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
    rows = forecast_rows(standing, reader.sight, period, by, measure)
    return ForecastAnswer(model_version=standing.model.version, forecast=rows_of(ForecastRow, rows))


@router.get("/forecast/correction")
def correction(
    request: Request,
    reader: Reader,
    period: Annotated[
        str | None, Query(description="2026Q4, 2026-11, 2026H2 or 2026; the running quarter if left out")
    ] = None,
    by: Annotated[Level, Query(description="rep, team, region, product_line, segment, company or own level")] = "team",
    measure: Annotated[Literal["amount", "count"], Query(description="amount or count of deals")] = "amount",
) -> CorrectionAnswer:
    """What the correction of each scope's forecast goes by, clue by clue; the effects add up to what it changes."""
    standing = standing_of(request)
    rows = correction_rows(standing, reader.sight, period, by, measure)
    return CorrectionAnswer(as_of=standing.as_of, correction=rows_of(CorrectionRow, rows))
