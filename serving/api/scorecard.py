"""GET /v1/scorecard: the performance sheet of a period."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from serving.access import Reader
from serving.live import standing_of
from serving.schemas import ScorecardAnswer, ScorecardRow
from serving.told import rows_of, scorecard_rows

router = APIRouter(prefix="/v1")


@router.get("/scorecard")
def scorecard(
    request: Request,
    reader: Reader,
    period: Annotated[
        str | None,
        Query(description="2026Q4, 2026-11, 2026H2 or 2026; the quarter of the newest known day if left out"),
    ] = None,
    role: Annotated[str | None, Query(description="only people of this role; managers only if asked for")] = None,
) -> ScorecardAnswer:
    """Indicators with value, target, the team's value, the period before, and a weighted score; a missing input is
    named, never shown as 0."""
    standing = standing_of(request)
    name, rows = scorecard_rows(standing, reader.sight, period, role)
    return ScorecardAnswer(period=name, as_of=standing.as_of, scorecard=rows_of(ScorecardRow, rows))
