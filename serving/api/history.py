"""GET /v1/deals/{id}/history: a deal's scores as they were said, as replayed, and what moved them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from fastapi import APIRouter, Request

from features.matrix import Prepared, prepare_deals
from history.errors import DealUnknown
from history.record import History
from serving.access import Reader
from serving.deal_facts import deal_facts, own_history
from serving.live import standing_of
from serving.moves import Move
from serving.schemas import DealHistory, MoveOut, MovePartOut, ReplayedScore, SaidScore
from serving.score_history import last_move, moved_between, replayed, stored_scores, version_of
from serving.shelf import words
from serving.standing import Standing

router = APIRouter(prefix="/v1")


@router.get("/deals/{deal_id:path}/history")
def deal_history(request: Request, reader: Reader, deal_id: str) -> DealHistory:
    """How the deal's win probability went: every stored score, the last weeks by replay, and what moved it."""
    standing = standing_of(request)
    reader.sight.require_deal(deal_id, deal_facts(standing, deal_id).owner_id)
    said = stored_scores(standing.history, deal_id, standing.as_of)
    own = own_history(standing, deal_id)
    weeks = replayed(_prepared(standing, own), own, standing.model, standing.as_of)
    move = move_of(standing, deal_id, said)
    return DealHistory(
        deal_id=deal_id,
        scores=[_said(row) for row in said.to_dicts()],
        replayed=[ReplayedScore(**vars(week)) for week in weeks],
        moved=move_out(move) if move else None,
    )


def move_of(standing: Standing, deal_id: str, said: pl.DataFrame) -> Move | None:
    """What moved between the last two days with stored scores, by the version of the last; else since a week before."""
    own = own_history(standing, deal_id)
    days: list[dt.datetime] = said["as_of"].unique().sort().to_list()
    if len(days) < 2:
        return last_move(_prepared(standing, own), own, standing.model, deal_id, standing.as_of)
    version = said["model_version"].item(-1)
    fields = standing.history.settings.feature_fields
    model = version_of(standing.registry, version, standing.model_at(days[-1]), fields)
    try:
        return moved_between(_prepared(standing, own), own, model, deal_id, (days[-2], days[-1]))
    except DealUnknown:
        return None


def _prepared(standing: Standing, own: History) -> Prepared:
    """The deal's own rows as they are now, among what was laid out when the whole was last worked out."""
    return prepare_deals(own, standing.prepared)


def move_out(move: Move) -> MoveOut:
    """A move as the API gives it."""
    parts = [
        MovePartOut(code=part.code, points=part.points, en=part.full("en"), zh=part.full("zh-CN"))
        for part in move.parts
    ]
    kept = {name: getattr(move, name) for name in MoveOut.model_fields if name != "parts"}
    return MoveOut(**kept, parts=parts)


def _said(row: dict[str, Any]) -> SaidScore:
    kept = {name: row[name] for name in SaidScore.model_fields}
    return SaidScore(**{**kept, "flags": words(row["flags"])})
