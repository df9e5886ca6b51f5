"""GET /v1/export/{table}: a table as CSV, Parquet or JSON, of what the caller sees."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from history.errors import DealUnknown
from serving.access import Exporter
from serving.api.forecast import Level, Period
from serving.exports import MEDIA, NAMES, Asked, Form, Source, exported, file_name, written
from serving.live import standing_of
from serving.tokens import utc_now

router = APIRouter(prefix="/v1")
FILES = {
    kind: {"schema": {"type": "string", "format": "binary"} if kind != MEDIA["json"] else {"type": "array"}}
    for kind in MEDIA.values()
}


@router.get(
    "/export/{table}",
    response_class=Response,
    responses={200: {"description": "the table, one row per line, object or record", "content": FILES}},
)
def export(
    request: Request,
    exporter: Exporter,
    table: Annotated[
        str, Path(description="one of " + ", ".join(NAMES) + "; history_ tables hold every row", max_length=60)
    ],
    form: Annotated[Form, Query(alias="format", description="csv, parquet or json")] = "csv",
    period: Annotated[
        Period | None,
        Query(description="of forecast, changes, correction, pace, linearity, scorecard and cues: which period"),
    ] = None,
    by: Annotated[
        Level | None,
        Query(description="of forecast, changes, correction, pace, linearity, funnel and the accuracy tables: by what"),
    ] = None,
    measure: Annotated[Literal["amount", "count"], Query(description="amount or count of deals")] = "amount",
    cadence: Annotated[
        Literal["quarter", "month", "half", "year"],
        Query(description="of linearity and the accuracy tables: which periods"),
    ] = "quarter",
    role: Annotated[Level | None, Query(description="of scorecard and cues: only people of this role")] = None,
    first: Annotated[dt.date | None, Query(alias="from", description="of changes and funnel: the first day")] = None,
    last: Annotated[dt.date | None, Query(alias="to", description="of changes and funnel: the last day")] = None,
    part: Annotated[Literal["month", "week"], Query(description="of linearity: month or week")] = "month",
    horizon: Annotated[
        int | None,
        Query(ge=1, le=366, description="of the accuracy tables: which one; 75, 45 and 15 if left out (unit: days)"),
    ] = None,
) -> Response:
    """A table to take away. In CSV, a text that a spreadsheet would run as a formula has ' before it."""
    if table not in NAMES:
        raise DealUnknown(f"there is no table {table[:60]!r}; expected one of {', '.join(NAMES)}.")
    standing = standing_of(request)
    source = Source(standing, exporter.sight, utc_now(), request.app.state.engine, request.app.state.live.store)
    asked = Asked(period, by, measure, cadence, role, first, last, part, horizon)
    body = written(exported(source, table, asked), form)
    name = file_name(table, standing.day, form)
    return Response(body, media_type=MEDIA[form], headers={"Content-Disposition": f'attachment; filename="{name}"'})
