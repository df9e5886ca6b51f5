"""GET /v1/linearity: how past periods' wins were spread over their months or weeks."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from serving.access import Reader
from serving.api.forecast import Level
from serving.live import standing_of
from serving.planning_schemas import LinearityAnswer, LinearityRow
from serving.told import linearity_rows, rows_of

router = APIRouter(prefix="/v1")


@router.get("/linearity")
def linearity(
    request: Request,
    reader: Reader,
    period: Annotated[
        str | None, Query(description="one that has ended, such as 2026Q1; the last ones and all together if left out")
    ] = None,
    by: Annotated[Level, Query(description="rep, team, region, product_line, segment or company")] = "company",
    part: Annotated[Literal["month", "week"], Query(description="month or week of the period")] = "month",
    measure: Annotated[Literal["amount", "count"], Query(description="amount or count of deals")] = "amount",
    cadence: Annotated[
        Literal["quarter", "month", "half", "year"], Query(description="quarter, month, half or year")
    ] = "quarter",
) -> LinearityAnswer:
    """What part of each past period's wins came in each of its months or weeks."""
    standing = standing_of(request)
    rows = linearity_rows(standing, reader.sight, by, part, measure, period, cadence)
    return LinearityAnswer(as_of=standing.as_of, linearity=rows_of(LinearityRow, rows))
