"""GET /v1/pace: how a period is coming along, and what it would take to close the gap."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from serving.access import Reader
from serving.api.forecast import Level
from serving.live import standing_of
from serving.pace_words import working
from serving.planning_schemas import PaceAnswer, PaceRow
from serving.told import pace_rows

router = APIRouter(prefix="/v1")


@router.get("/pace")
def pace(
    request: Request,
    reader: Reader,
    period: Annotated[
        str | None, Query(description="2026Q4, 2026-11, 2026H2 or 2026; the running quarter if left out")
    ] = None,
    by: Annotated[Level, Query(description="rep, team, region, product_line, segment or company")] = "team",
    measure: Annotated[Literal["amount", "count"], Query(description="amount or count of deals")] = "amount",
) -> PaceAnswer:
    """Pace against the same day of earlier periods, gap, coverage, and required new pipeline with its working."""
    standing = standing_of(request)
    rows = pace_rows(standing, reader.sight, period, by, measure)
    currency = standing.currency
    return PaceAnswer(
        model_version=standing.model.version,
        pace=[
            PaceRow(**row, working_en=working(row, currency, "en"), working_zh=working(row, currency, "zh-CN"))
            for row in rows.iter_rows(named=True)
        ],
    )
