"""GET /v1/funnel, /v1/cues and /v1/plans: how people work, for those who lead them; POST /v1/plans writes a goal."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Query, Request

from history.errors import NotAllowed
from indicators.plans import Plan, plan_row
from serving.access import Coach, Reader
from serving.api.forecast import Level, Period
from serving.live import Live, standing_of
from serving.people_schemas import (
    CueRow,
    CuesAnswer,
    FunnelAnswer,
    FunnelRow,
    GroupKey,
    PlanIn,
    PlanRow,
    PlansAnswer,
    PlanWritten,
)
from serving.tokens import utc_now
from serving.told import cue_rows, funnel_rows, plan_rows, rows_of

router = APIRouter(prefix="/v1")
A_YEAR = dt.timedelta(days=365)


@router.get("/funnel")
def funnel(
    request: Request,
    reader: Reader,
    by: Annotated[
        Level,
        Query(description="one or two of company, team, rep, region, product_line, segment, source, month, quarter"),
    ] = "company",
    first: Annotated[
        dt.date | None, Query(alias="from", description="stays that began on this day or later; a year before `to`")
    ] = None,
    last: Annotated[dt.date | None, Query(alias="to", description="stays that began before; the served day")] = None,
) -> FunnelAnswer:
    """What entered each stage, how it went on and how long it took, as known on the served day."""
    standing = standing_of(request)
    keys = [key.strip() for key in by.split(",")]
    rows = funnel_rows(standing, reader.sight, first, last, keys)
    end = last or standing.day
    return FunnelAnswer(
        as_of=standing.as_of, from_day=first or end - A_YEAR, to_day=end, funnel=_with_groups(rows, keys)
    )


def _with_groups(rows: pl.DataFrame, keys: list[str]) -> list[FunnelRow]:
    kept = [name for name in FunnelRow.model_fields if name in rows.columns]
    return [
        FunnelRow(group=[GroupKey(by=key, which=row[key]) for key in keys], **{name: row[name] for name in kept})
        for row in rows.iter_rows(named=True)
    ]


@router.get("/cues")
def cues(
    request: Request,
    reader: Reader,
    period: Annotated[
        Period | None, Query(description="2026Q4, 2026-11, 2026H2 or 2026; the last whole quarter if left out")
    ] = None,
    role: Annotated[Level | None, Query(description="only people of this role")] = None,
    rep: Annotated[Level | None, Query(description="only this person, by rep_id")] = None,
) -> CuesAnswer:
    """What to talk about with whom: differences that are larger than chance would make, never causes."""
    standing = standing_of(request)
    if rep is not None:
        reader.sight.require_person(rep)
    name, rows = cue_rows(standing, reader.sight, period, role)
    found = rows if rep is None else rows.filter(pl.col("rep_id") == rep)
    return CuesAnswer(period=name, as_of=standing.as_of, cues=rows_of(CueRow, found))


@router.get("/plans")
def plans(
    request: Request,
    reader: Reader,
    rep: Annotated[Level | None, Query(description="only of this person, by rep_id")] = None,
    holds: Annotated[bool, Query(description="only goals that no later one replaced")] = False,
) -> PlansAnswer:
    """Goals agreed with people, and what then happened; the newest first."""
    standing = standing_of(request)
    if rep is not None:
        reader.sight.require_person(rep)
    rows = plan_rows(standing, reader.sight)
    rows = rows if rep is None else rows.filter(pl.col("rep_id") == rep)
    return PlansAnswer(as_of=standing.as_of, plans=rows_of(PlanRow, rows.filter("holds") if holds else rows))


@router.post("/plans", status_code=201)
def write_plan(request: Request, coach: Coach, body: PlanIn) -> PlanWritten:
    """Writes a goal down for oneself or for somebody one leads. Goals written before stay as they are."""
    if coach.rep_id is None:
        raise NotAllowed(
            f"{coach.name[:80]} is no person of the history; a goal is written by the person or who leads the person. "
            "Use a token of one of these."
        )
    coach.sight.require_person(body.rep_id)
    live: Live = request.app.state.live
    plan = Plan(body.rep_id, body.indicator, body.goal, body.period, coach.rep_id, body.note)
    row = plan_row(live.store.history(live.workspace.settings), plan, utc_now())
    live.store.append("coaching_plans", row)
    return rows_of(PlanWritten, row)[0]
