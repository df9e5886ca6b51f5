"""GET /v1/accuracy and what lies below it: how good forecasters' own statements have been."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import polars as pl
from fastapi import APIRouter, Depends, Query, Request

from indicators.kinds import KINDS
from serving.access import Caller, Reader
from serving.accuracy_schemas import (
    AccuracyAnswer,
    AccuracyRow,
    CategoriesAnswer,
    CategoryRow,
    CloseDateRow,
    CloseDatesAnswer,
    DefinitionRow,
    DefinitionsAnswer,
    KindRule,
    PeriodRow,
    PeriodsAnswer,
    RemarkRow,
    TrendAnswer,
    TrendRow,
)
from serving.accuracy_told import remarks_seen, view_rows
from serving.live import standing_of
from serving.standing import Standing
from serving.told import rows_of

router = APIRouter(prefix="/v1")

Level = Annotated[Literal["rep", "team", "forecaster_kind"], Query(description="rep, team or forecaster_kind")]
PeopleLevel = Annotated[Literal["rep", "team"], Query(description="rep or team")]


@dataclass(frozen=True)
class Asked:
    """What else is asked of every view."""

    horizon: int | None
    measure: str
    cadence: str


def asked(
    horizon: Annotated[
        int | None,
        Query(ge=1, le=366, description="days before the period's end; 75, 45 and 15 if left out (unit: days)"),
    ] = None,
    measure: Annotated[Literal["amount", "count"], Query(description="amount or count of deals")] = "amount",
    cadence: Annotated[
        Literal["quarter", "month", "half", "year"], Query(description="quarter, month, half or year")
    ] = "quarter",
) -> Asked:
    """The query that all views share."""
    return Asked(horizon, measure, cadence)


Question = Annotated[Asked, Depends(asked)]


@router.get("/accuracy")
def accuracy(request: Request, reader: Reader, question: Question, by: Level = "rep") -> AccuracyAnswer:
    """Bias, WAPE with its 80 % interval, coverage of calls, and value added over the model and a naive rule; fractions,
    not percent. Beside them the rules of the kinds of bias that occur, and what of the calls was odd."""
    standing = standing_of(request)
    rows = _rows(standing, reader, "record", by, question)
    rules = [KINDS[kind] for kind in sorted(rows["kind_of_bias"].drop_nulls().unique())]
    return AccuracyAnswer(
        as_of=standing.as_of,
        accuracy=rows_of(AccuracyRow, rows),
        rules=[
            KindRule(kind=one.code, en=one.en, zh=one.zh, rule_en=one.rule_en, rule_zh=one.rule_zh) for one in rules
        ],
        remarks=[RemarkRow(**asdict(one)) for one in remarks_seen(standing, reader.sight, question.cadence)],
    )


@router.get("/accuracy/periods")
def periods(request: Request, reader: Reader, question: Question, by: Level = "rep") -> PeriodsAnswer:
    """What was said and what came, period by period, with what the model and the naive rule said of the same day."""
    standing = standing_of(request)
    rows = _rows(standing, reader, "periods", by, question)
    return PeriodsAnswer(as_of=standing.as_of, periods=rows_of(PeriodRow, rows))


@router.get("/accuracy/trend")
def trend(request: Request, reader: Reader, question: Question, by: Level = "rep") -> TrendAnswer:
    """By how much bias and WAPE move from period to period, with n and 80 % intervals; closer, farther, or neither."""
    standing = standing_of(request)
    rows = _rows(standing, reader, "trend", by, question)
    return TrendAnswer(as_of=standing.as_of, trend=rows_of(TrendRow, rows))


@router.get("/accuracy/definitions")
def definitions(request: Request, reader: Reader, question: Question, by: Level = "rep") -> DefinitionsAnswer:
    """Two definitions of accuracy in use elsewhere beside ours: the mean of 1 - |A - F| / A, and bands of F / A."""
    standing = standing_of(request)
    rows = _rows(standing, reader, "definitions", by, question)
    return DefinitionsAnswer(as_of=standing.as_of, definitions=rows_of(DefinitionRow, rows))


@router.get("/accuracy/categories")
def categories(request: Request, reader: Reader, question: Question, by: PeopleLevel = "rep") -> CategoriesAnswer:
    """Of what was called commit how much was won in the period, of best case, and of what was not called."""
    standing = standing_of(request)
    rows = _rows(standing, reader, "categories", by, question)
    return CategoriesAnswer(as_of=standing.as_of, categories=rows_of(CategoryRow, rows))


@router.get("/accuracy/close-dates")
def close_dates(request: Request, reader: Reader, question: Question, by: PeopleLevel = "rep") -> CloseDatesAnswer:
    """By how many days deals closed later than was stated on the horizon day: median, 80 % interval and n. It is
    counted in days of deals, so the measure changes nothing."""
    standing = standing_of(request)
    rows = _rows(standing, reader, "close_dates", by, question)
    return CloseDatesAnswer(as_of=standing.as_of, close_dates=rows_of(CloseDateRow, rows))


def _rows(standing: Standing, reader: Caller, view: str, by: str, question: Asked) -> pl.DataFrame:
    return view_rows(standing, reader.sight, view, by, question.horizon, question.measure, question.cadence)
