"""GET /v1/deals and /v1/deals/{id}: the open deals by risk, and one deal with its reasons and timeline."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from features.flags import FLAGS
from serving.access import Reader
from serving.board import Wanted, chosen, paged, value_at_risk
from serving.deal_facts import DealFacts, deal_facts
from serving.live import standing_of
from serving.reasons import Reason
from serving.schemas import DealDetail, DealList, DealRow, EventOut, FlagOut, ReasonOut, ScoreOut
from serving.standing import Standing

router = APIRouter(prefix="/v1")
EVENTS_GIVEN = 500


@router.get("/deals")
def list_deals(
    request: Request,
    _: Reader,
    owner: Annotated[str | None, Query(description="only deals of this owner_id")] = None,
    team: Annotated[str | None, Query(description="only deals whose owner is in this team")] = None,
    stage: Annotated[str | None, Query(description="only deals in this stage")] = None,
    band: Annotated[str | None, Query(description="only deals of this band: healthy, watch, at_risk, critical")] = None,
    sort: Annotated[
        str,
        Query(description="risk, amount, win_probability, health, close_date or deal_id; with - in front descending"),
    ] = "risk",
    limit: Annotated[int, Query(ge=1, le=500, description="deals a page (unit: deals)")] = 50,
    cursor: Annotated[str | None, Query(description="next_cursor of the page before", max_length=2000)] = None,
) -> DealList:
    """Open deals, most at risk first: by band, then by amount."""
    standing = standing_of(request)
    matching = chosen(standing.board, Wanted(owner, team, stage, band))
    page = paged(matching, sort, limit, cursor)
    return DealList(
        as_of=standing.as_of,
        horizon=standing.horizon,
        model_version=standing.model.version,
        currency=standing.currency,
        total=page.total,
        value=float(matching["amount_home"].sum()),
        value_at_risk=value_at_risk(matching),
        deals=[deal_row(row) for row in page.rows.iter_rows(named=True)],
        next_cursor=page.next_cursor,
    )


@router.get("/deals/{deal_id:path}")
def one_deal(request: Request, _: Reader, deal_id: str) -> DealDetail:
    """One deal as known: score, reasons in both languages, flags, timeline. A closed deal has no score."""
    standing = standing_of(request)
    facts = deal_facts(standing, deal_id)
    return DealDetail(
        deal_id=deal_id,
        name=facts.name,
        outcome=facts.outcome,
        row=deal_row(facts.row) if facts.row else None,
        score=_score(standing, facts) if facts.row else None,
        timeline=[EventOut(**event) for event in facts.timeline.head(EVENTS_GIVEN).iter_rows(named=True)],
    )


def _score(standing: Standing, facts: DealFacts) -> ScoreOut:
    place = standing.scored.places[facts.deal_id]
    return score_out(standing.scored.frame.row(place, named=True), facts.baseline, facts.reasons)


def deal_row(row: dict[str, Any]) -> DealRow:
    """One row of the board as the API gives it."""
    kept = {name: row[name] for name in DealRow.model_fields if name in row}
    kept.update(close_date=row["close_day"], flags=words(row["flags"]), problems=words(row["problems"]))
    return DealRow(**kept)


def score_out(row: dict[str, Any], baseline: float, reasons: list[Reason]) -> ScoreOut:
    """One row of `scores` with its reasons as the API gives it."""
    kept = {name: row[name] for name in ScoreOut.model_fields if name in row}
    kept.update(
        baseline=baseline,
        reasons=[reason_out(reason) for reason in reasons],
        flags=[flag_out(code) for code in words(row["flags"])],
        problems=words(row["problems"]),
    )
    return ScoreOut(**kept)


def reason_out(reason: Reason) -> ReasonOut:
    """A reason with its sentences."""
    return ReasonOut(code=reason.code, points=reason.points, en=reason.full("en"), zh=reason.full("zh-CN"))


def flag_out(code: str) -> FlagOut:
    """A flag with its sentences."""
    return FlagOut(code=code, en=FLAGS[code].sentence("en"), zh=FLAGS[code].sentence("zh-CN"))


def words(codes: str | None) -> list[str]:
    """Codes separated by spaces as a list."""
    return (codes or "").split()
