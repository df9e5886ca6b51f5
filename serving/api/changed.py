"""GET /v1/forecast/changes: what changed in a period's forecast between two days, down to the deals."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Query, Request

from history.scopes import parse_scope, scope_kinds
from serving.access import Reader
from serving.api.forecast import Level
from serving.bridge_words import before_and_after, line_name, only
from serving.live import standing_of
from serving.planning_schemas import ChangedAnswer, ChangedDeal, ChangedLine, ChangedScope
from serving.standing import Standing
from serving.told import seen_bridge

router = APIRouter(prefix="/v1")


@router.get("/forecast/changes")
def forecast_changes(
    request: Request,
    reader: Reader,
    period: Annotated[
        str | None, Query(description="2026Q4, 2026-11, 2026H2 or 2026; the quarter of the last day if left out")
    ] = None,
    first: Annotated[dt.date | None, Query(alias="from", description="first day; a week before the last")] = None,
    last: Annotated[dt.date | None, Query(alias="to", description="last day; the day that is served")] = None,
    by: Annotated[Level, Query(description="rep, team, region, product_line, segment or company")] = "company",
    scope: Annotated[str | None, Query(description="one scope alone, such as team:North", max_length=200)] = None,
    measure: Annotated[Literal["amount", "count"], Query(description="amount or count of deals")] = "amount",
    line: Annotated[str | None, Query(description="one line alone, such as won", max_length=40)] = None,
    deals: Annotated[bool, Query(description="whether to open the lines to their deals")] = False,
) -> ChangedAnswer:
    """Lines that add up exactly to the difference of the expected result; each day is forecast as it was then."""
    standing = standing_of(request)
    settings = standing.history.settings
    kind, scope_id = parse_scope(scope, scope_kinds(settings)) if scope else (by, None)
    if scope_id is not None:
        reader.sight.require_scope(kind, scope_id)
    told = seen_bridge(standing, reader.sight, period, first, last, kind, measure)
    found = only(told.bridge, scope_id, line)
    parts = found.parts if deals or line else found.parts.head(0)
    return ChangedAnswer(
        scope_kind=kind,
        period=told.period,
        from_day=told.days[0],
        to_day=told.days[1],
        measure=measure,
        from_model=told.models[0].version,
        to_model=told.models[1].version,
        scopes=[_scope(standing, own, parts) for _, own in found.lines.group_by("scope_id", maintain_order=True)],
    )


def _scope(standing: Standing, lines: pl.DataFrame, parts: pl.DataFrame) -> ChangedScope:
    found = lines.to_dicts()
    own = parts.filter(parts["scope_id"] == found[0]["scope_id"])
    return ChangedScope(
        **{name: found[0][name] for name in ("scope_id", "mean_from", "mean_to")},
        lines=[
            ChangedLine(
                en=line_name(row["line"], "en"),
                zh=line_name(row["line"], "zh-CN"),
                **{name: row[name] for name in ("line", "deals", "contribution")},
            )
            for row in found
        ],
        deals=[_deal(standing, part) for part in own.iter_rows(named=True)],
    )


def _deal(standing: Standing, part: dict[str, Any]) -> ChangedDeal:
    words = [before_and_after(part, standing.history.settings, language) for language in ("en", "zh-CN")]
    told: dict[str, Any] = {
        "before_en": words[0][0],
        "after_en": words[0][1],
        "before_zh": words[1][0],
        "after_zh": words[1][1],
    }
    return ChangedDeal(**{name: part[name] for name in ChangedDeal.model_fields if name in part}, **told)
