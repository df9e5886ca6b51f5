"""GET /v1/accuracy: how good forecasters' own statements have been."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from serving.access import Reader
from serving.live import standing_of
from serving.schemas import AccuracyAnswer, AccuracyRow
from serving.told import accuracy_rows, rows_of

router = APIRouter(prefix="/v1")


@router.get("/accuracy")
def accuracy(
    request: Request,
    reader: Reader,
    by: Annotated[Literal["rep", "team", "forecaster_kind"], Query(description="rep, team or forecaster_kind")] = "rep",
    horizon: Annotated[
        int | None,
        Query(ge=1, le=366, description="days before the period's end; 75, 45 and 15 if left out (unit: days)"),
    ] = None,
    measure: Annotated[Literal["amount", "count"], Query(description="amount or count of deals")] = "amount",
    cadence: Annotated[
        Literal["quarter", "month", "half", "year"], Query(description="quarter, month, half or year")
    ] = "quarter",
) -> AccuracyAnswer:
    """Bias, WAPE with its 80 % interval, and value added over the model and a naive rule; fractions, not percent."""
    standing = standing_of(request)
    rows = accuracy_rows(standing, reader.sight, by, horizon, measure, cadence)
    return AccuracyAnswer(as_of=standing.as_of, accuracy=rows_of(AccuracyRow, rows))
