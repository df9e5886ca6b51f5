"""POST /v1/score: deals with their histories in the body, scored by the same feature code."""

from __future__ import annotations

import threading

from fastapi import APIRouter, Request

from history.fiscal import bounds, quarter_of
from serving.access import Reader
from serving.api.deals import score_out
from serving.live import standing_of
from serving.posted import score_posted
from serving.posted_sight import as_seen
from serving.schemas import ScoreAnswer, ScoreRequest

router = APIRouter(prefix="/v1")
ONE_AT_A_TIME = threading.Lock()
"""Scoring is bound by the processor: by turns several would each take as long as all of them together."""


@router.post("/score")
def score_deals(request: Request, reader: Reader, body: ScoreRequest) -> ScoreAnswer:
    """Scores one or more deals from their own changes, touches and people, with the workspace's people and accounts
    around them. Nothing is stored."""
    standing = standing_of(request)
    settings = standing.history.settings
    as_of = settings.start_of(body.as_of) if body.as_of else standing.as_of
    quarter_end = bounds(quarter_of(settings.day_of(as_of), settings), settings)[1]
    horizon = settings.start_of(body.horizon) if body.horizon else quarter_end
    deals = as_seen(standing, reader.sight, body.deals)
    with ONE_AT_A_TIME:
        scored = score_posted(standing, deals, as_of, horizon)
    for owner in sorted({owner for owner in scored.frame["owner_id"].to_list() if owner is not None}):
        # A deal's reasons tell of its owner's record, which is not everybody's to read.
        reader.sight.require_person(owner)
    model = standing.model_at(as_of)
    answers = [score_out(scored, deal.deal_id, model) for deal in body.deals]
    version = answers[0].model_version
    return ScoreAnswer(as_of=as_of, horizon=horizon, model_version=version, scores=answers)
