"""GET /v1/deals and /v1/deals/{id}: the open deals by risk, and one deal with its reasons and timeline."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import StringConstraints

from features.flags import FLAGS
from serving.access import Reader
from serving.api.remembered import RememberedRoute
from serving.board import BANDS, SORTS, Wanted
from serving.choosing import ServedModel
from serving.deal_facts import DealFacts, deal_facts
from serving.flag_words import flag_text, record_text
from serving.live import standing_of
from serving.reasons import Reason
from serving.schemas import (
    DealDetail,
    DealList,
    EventOut,
    EvidenceOut,
    FlagOut,
    FlagRecordOut,
    ProblemOut,
    ReasonOut,
    ScoreOut,
)
from serving.scoring import Evidence, Scored
from serving.shelf import LONGEST_CURSOR, deal_row, start_after, words, write_cursor
from serving.standing import Standing
from serving.texts import translator

router = APIRouter(prefix="/v1")
lists = APIRouter(prefix="/v1", route_class=RememberedRoute)
EVENTS_GIVEN = 500
Name = StringConstraints(max_length=200)
LANGUAGES_OUT = {"en": "en", "zh": "zh-CN"}


@lists.get("/deals", response_model=DealList)
def list_deals(
    request: Request,
    reader: Reader,
    owner: Annotated[str | None, Name, Query(description="only deals of this owner_id")] = None,
    team: Annotated[str | None, Name, Query(description="only deals whose owner is in this team")] = None,
    region: Annotated[str | None, Name, Query(description="only deals of this region")] = None,
    product_line: Annotated[str | None, Name, Query(description="only deals of this product line")] = None,
    segment: Annotated[str | None, Name, Query(description="only deals of this segment")] = None,
    stage: Annotated[str | None, Name, Query(description="only deals in this stage")] = None,
    band: Annotated[str | None, Name, Query(description="only deals of this band: " + ", ".join(BANDS))] = None,
    flag: Annotated[str | None, Name, Query(description="only deals with this risk flag: " + ", ".join(FLAGS))] = None,
    search: Annotated[
        str | None, Name, Query(description="only deals whose id, name or customer's name holds this text, in any case")
    ] = None,
    sort: Annotated[str, Name, Query(description=", ".join(SORTS) + "; with - in front descending")] = "risk",
    limit: Annotated[int, Query(ge=1, le=500, description="deals a page (unit: deals)")] = 50,
    cursor: Annotated[
        str | None,
        Query(
            description="next_cursor of the page before. Deals that come, go or move between two pages make none of "
            "the others appear twice or not at all",
            max_length=LONGEST_CURSOR,
        ),
    ] = None,
) -> Response:
    """Open deals that the caller sees, most at risk first: by band, then by amount."""
    standing, sight = standing_of(request), reader.sight
    shelf = standing.shelf
    wanted = Wanted(owner, team, stage, band, region, product_line, segment, flag, search)
    order = shelf.order(wanted, sort, sight.narrow_deals, sight.mark)
    start = start_after(cursor, sort, order) if cursor else 0
    places = order.places[start : start + limit].tolist()
    head = {
        "as_of": f"{standing.as_of.isoformat()}Z",
        "horizon": f"{standing.horizon.isoformat()}Z",
        "model_version": standing.model.version,
        "currency": standing.currency,
        "total": len(order.places),
        "value": order.value,
        "value_at_risk": order.value_at_risk,
        "next_cursor": write_cursor(sort, order, start + len(places)),
    }
    told = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    rows = b",".join([shelf.row(place) for place in places])
    return Response(b"".join([told[:-1], b',"deals":[', rows, b"]}"]), media_type="application/json")


@router.get("/deals/{deal_id:path}")
def one_deal(request: Request, reader: Reader, deal_id: str) -> DealDetail:
    """One deal as known: score, reasons in both languages, flags, timeline. A closed deal has no score."""
    standing = standing_of(request)
    facts = deal_facts(standing, deal_id)
    reader.sight.require_deal(deal_id, facts.owner_id)
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
