"""GET /v1/deals and /v1/deals/{id}: the open deals by risk, and one deal with its reasons and timeline."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from serving.access import Reader
from serving.board import Wanted, chosen, paged, value_at_risk
from serving.choosing import ServedModel
from serving.deal_facts import DealFacts, deal_facts
from serving.flag_words import flag_text, record_text
from serving.live import standing_of
from serving.reasons import Reason
from serving.schemas import (
    DealDetail,
    DealList,
    DealRow,
    EventOut,
    EvidenceOut,
    FlagOut,
    FlagRecordOut,
    ProblemOut,
    ReasonOut,
    ScoreOut,
)
from serving.scoring import Evidence, Scored
from serving.standing import Standing
from serving.texts import translator

router = APIRouter(prefix="/v1")
EVENTS_GIVEN = 500
LANGUAGES_OUT = {"en": "en", "zh": "zh-CN"}


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
    return score_out(standing.scored, facts.deal_id, standing.model)


def deal_row(row: dict[str, Any]) -> DealRow:
    """One row of the board as the API gives it."""
    kept = {name: row[name] for name in DealRow.model_fields if name in row}
    kept.update(close_date=row["close_day"], flags=words(row["flags"]), problems=words(row["problems"]))
    return DealRow(**kept)


def score_out(scored: Scored, deal_id: str, model: ServedModel) -> ScoreOut:
    """One row of `scores` with its reasons as the API gives it."""
    row = scored.frame.row(scored.places[deal_id], named=True)
    baseline, reasons = scored.reasons_of(deal_id)
    evidence = scored.evidence_of(deal_id)
    kept = {name: row[name] for name in ScoreOut.model_fields if name in row}
    kept.update(
        baseline=baseline,
        reasons=[reason_out(reason) for reason in reasons],
        flags=[flag_out(code, model) for code in words(row["flags"])],
        problems=words(row["problems"]),
        problems_told=[problem_out(code) for code in words(row["problems"])],
        evidence=evidence_out(evidence) if evidence else None,
    )
    return ScoreOut(**kept)


def reason_out(reason: Reason) -> ReasonOut:
    """A reason with its sentences."""
    return ReasonOut(code=reason.code, points=reason.points, en=reason.full("en"), zh=reason.full("zh-CN"))


def flag_out(code: str, model: ServedModel) -> FlagOut:
    """A flag with its sentences and its record."""
    record = model.flag_records.get(code)
    told: dict[str, Any] = {name: record_text(record, language) for name, language in LANGUAGES_OUT.items()}
    shown = FlagRecordOut(**told, **record.as_dict()) if record else None
    return FlagOut(code=code, en=flag_text(code, "en"), zh=flag_text(code, "zh-CN"), record=shown)


def problem_out(code: str) -> ProblemOut:
    """A data problem with its sentences."""
    return ProblemOut(code=code, **{name: translator(of)(f"problem.{code}") for name, of in LANGUAGES_OUT.items()})


def evidence_out(evidence: Evidence) -> EvidenceOut:
    """What a number of the tables rests on."""
    told = {name: evidence.sentence(language) for name, language in LANGUAGES_OUT.items()}
    return EvidenceOut(n_deals=evidence.n_deals, low=evidence.low, high=evidence.high, **told)


def words(codes: str | None) -> list[str]:
    """Codes separated by spaces as a list."""
    return (codes or "").split()
