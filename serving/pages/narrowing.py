"""The part of the history that a reader sees, for pages that count over all of it."""

from __future__ import annotations

from history.deals import snapshot
from history.record import History
from serving.sight import Sight
from serving.standing import Standing

OF_DEALS = ("deals", "deal_changes", "activities", "contacts", "scores")


def seen_history(standing: Standing, sight: Sight) -> History:
    """The history with the deals, open and closed, whose owner now is seen; all of it for who sees everything."""
    if sight.everything:
        return standing.history
    return standing.remembered(("history", sight.mark), lambda: _narrowed(standing, sight))


def _narrowed(standing: Standing, sight: Sight) -> History:
    owned = sight.narrow_deals(snapshot(standing.past, standing.as_of)).select("deal_id")
    tables = {name: standing.history[name].join(owned, on="deal_id", how="semi") for name in OF_DEALS}
    return standing.history.with_tables(**tables)
