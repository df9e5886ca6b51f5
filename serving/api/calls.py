"""POST /v1/forecast-calls: a rep's statement or a manager's override; GET lists what was said. Nothing is replaced."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Query, Request

from history.fiscal import parse_period
from history.scopes import parse_scope, scope_kinds
from serving.access import Reader, Speaker
from serving.live import Live, standing_of
from serving.planning_schemas import CallOut, CallsAnswer, StatementIn
from serving.submissions import CATEGORIES, Statement, submit
from serving.tokens import utc_now
from serving.told import call_rows

router = APIRouter(prefix="/v1")


@router.post("/forecast-calls", status_code=201)
def say(request: Request, speaker: Speaker, body: StatementIn) -> CallsAnswer:
    """Appends a statement of the person the token is named after: about oneself as a rep, about others as their
    manager. Statements made before stay as they are; the one said last holds."""
    live: Live = request.app.state.live
    kind, scope_id = (
        parse_scope(body.scope, scope_kinds(live.workspace.settings)) if body.scope else ("rep", speaker.person)
    )
    # Whoever sees a part is told of that part alone: not which other people and scopes there are.
    speaker.sight.require_scope(kind, scope_id)
    values = {name: value for name in CATEGORIES if (value := getattr(body, name)) is not None}
    statement = Statement(speaker.person, kind, scope_id, body.period, values, body.measure, body.note)
    rows = submit(live.store, standing_of(request).history, statement, utc_now())
    return CallsAnswer(calls=[_out(row) for row in rows.with_columns(holds=pl.lit(True)).iter_rows(named=True)])


@router.get("/forecast-calls")
def list_calls(
    request: Request,
    reader: Reader,
    period: Annotated[str | None, Query(description="only about this period, such as 2026Q4 or 2026")] = None,
    scope: Annotated[str | None, Query(description="only about this scope, such as rep:R1", max_length=200)] = None,
    forecaster: Annotated[str | None, Query(description="only of this person, by rep_id", max_length=200)] = None,
    measure: Annotated[
        Literal["amount", "count"] | None, Query(description="amount or count; both if left out")
    ] = None,
    holds: Annotated[
        bool, Query(description="only statements that hold: said last by that person of that scope")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=1000, description="rows given (unit: statements)")] = 200,
) -> CallsAnswer:
    """Statements as they were said, newest first, overridden and superseded ones included."""
    live: Live = request.app.state.live
    found = call_rows(live.store.read("forecast_calls"), reader.sight, utc_now())
    if period is not None:
        name = parse_period(period, live.workspace.settings).name
        found = found.filter(pl.col("period") == name)
    if scope is not None:
        kind, scope_id = parse_scope(scope, scope_kinds(live.workspace.settings))
        found = found.filter((pl.col("scope_kind") == kind) & (pl.col("scope_id") == scope_id))
    for column, wanted in (("forecaster_id", forecaster), ("measure", measure), ("holds", holds or None)):
        found = found if wanted is None else found.filter(pl.col(column) == wanted)
    return CallsAnswer(calls=[_out(row) for row in found.head(limit).iter_rows(named=True)])


def _out(row: dict[str, Any]) -> CallOut:
    return CallOut(**{name: row[name] for name in CallOut.model_fields})
