"""What of a posted deal is held against the company's history: no customer that the caller sees no deal of."""

from __future__ import annotations

import polars as pl

from serving.pages.narrowing import seen_history
from serving.schemas import DealIn
from serving.sight import Sight
from serving.standing import Standing

ACCOUNT = "account_id"


def as_seen(standing: Standing, sight: Sight, deals: list[DealIn]) -> list[DealIn]:
    """The deals, without customers of others: a reason would tell how often a customer bought, and of whose deals.

    A customer that nobody knows counts as a new one, and so does one that the caller sees no deal of.
    """
    if sight.everything or not any(_accounts(deal) for deal in deals):
        return deals
    known = standing.remembered(("accounts seen", sight.mark), lambda: _seen_accounts(standing, sight))
    return [_without(deal, _accounts(deal) - known) for deal in deals]


def _accounts(deal: DealIn) -> set[str]:
    """Every customer that the deal names, then or now."""
    said = {change.new_value for change in deal.changes if change.field == ACCOUNT}
    return {name for name in (deal.account_id, *said) if name is not None}


def _seen_accounts(standing: Standing, sight: Sight) -> frozenset[str]:
    history = seen_history(standing, sight)
    changed = history["deal_changes"].filter(pl.col("field") == ACCOUNT)["new_value"]
    return frozenset({*history["deals"][ACCOUNT].drop_nulls(), *changed.drop_nulls()})


def _without(deal: DealIn, hidden: set[str]) -> DealIn:
    if not hidden:
        return deal
    changes = [change for change in deal.changes if change.field != ACCOUNT or change.new_value not in hidden]
    own = None if deal.account_id in hidden else deal.account_id
    return deal.model_copy(update={"changes": changes, ACCOUNT: own})
