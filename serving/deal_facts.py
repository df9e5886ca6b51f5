"""Everything that is known of one deal, for the API and for the page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from history.deals import snapshot
from history.errors import DealUnknown
from history.record import History
from serving.board import facts_of
from serving.reasons import Reason
from serving.standing import Standing
from serving.timeline import timeline


@dataclass(frozen=True)
class DealFacts:
    """One deal. `row` is its line on the board, None when it is closed; reasons add up from baseline to the score."""

    deal_id: str
    name: str | None
    outcome: Literal["open", "won", "lost"]
    stage: str | None
    owner_id: str | None
    owner_name: str | None
    account_id: str | None
    account_name: str | None
    amount_home: float | None
    close_day: dt.date | None
    created_at: dt.datetime
    row: dict[str, Any] | None
    baseline: float
    reasons: list[Reason]
    timeline: pl.DataFrame


def deal_facts(standing: Standing, deal_id: str) -> DealFacts:
    """The deal as known at the standing's as-of date; raises `DealUnknown` when it was not known then."""
    past = only_deal(standing.past, deal_id)
    shot = snapshot(past, standing.as_of)
    if shot.is_empty():
        raise DealUnknown(f"deal {deal_id[:80]!r} is not in the history known to you; expected a deal_id of /v1/deals.")
    told = facts_of(past, shot, standing.as_of).row(0, named=True)
    found = standing.board.filter(pl.col("deal_id") == deal_id)
    row = found.row(0, named=True) if found.height else None
    baseline, reasons = standing.scored.reasons_of(deal_id) if row else (0.0, [])
    kept = ("name", "stage", "owner_id", "owner_name", "account_id", "account_name", "amount_home", "close_day")
    return DealFacts(
        deal_id=deal_id,
        outcome=told["outcome"] or "open",
        created_at=told["created_at"],
        row=row,
        baseline=baseline,
        reasons=reasons,
        timeline=timeline(past, deal_id, standing.as_of),
        **{name: told[name] for name in kept},
    )


def own_history(standing: Standing, deal_id: str) -> History:
    """The whole history of the standing with the rows of this deal alone, later ones included."""
    return only_deal(standing.history, deal_id)


def only_deal(past: History, deal_id: str) -> History:
    """The history with the rows of this deal alone in the tables that are about deals."""
    tables = ("deals", "deal_changes", "activities", "contacts", "scores")
    return past.with_tables(**{name: past[name].filter(pl.col("deal_id") == deal_id) for name in tables})
