"""Where a period stands at an instant: what is booked and what is open, with the scope and worth of each deal.

Amounts are as the CRM had them then, in the workspace's currency at the rates of that instant.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from history.as_of import known
from history.deals import snapshot
from history.money import in_workspace_currency
from history.record import History
from history.scopes import NONE, deal_scopes, scope_kinds

LEAST_WON_AMOUNTS = 5


@dataclass(frozen=True)
class Position:
    """A period at an instant; frames have deal_id, the scope columns, stage, amount, amount_unknown, close_date.

    `booked` also has closed_at. `past` is the history as known at the instant, `deals` every deal known then.
    """

    past: History
    start: dt.datetime
    end: dt.datetime
    as_of: dt.datetime
    deals: pl.DataFrame
    booked: pl.DataFrame
    open: pl.DataFrame


def position(history: History, start: dt.datetime, end: dt.datetime, as_of: dt.datetime) -> Position:
    """The period from `start` up to `end` (naive UTC, exclusive) as known at `as_of`.

    Once the period is over it stands as it ended: what is reopened later does not change it, what is recorded late
    still does.
    """
    past = known(history, as_of)
    deals = valued_deals(past, as_of)
    won = standing_deals(past, as_of, min(as_of, end)) if end < as_of else deals
    in_period = (pl.col("outcome") == "won") & pl.col("closed_at").is_between(start, end, closed="left")
    still_open = pl.col("outcome").is_null() & pl.lit(as_of < end)
    booked = credited(past, won.filter(in_period), as_of)
    return Position(past, start, end, as_of, deals, booked, deals.filter(still_open))


def valued_deals(past: History, as_of: dt.datetime) -> pl.DataFrame:
    """Every deal known at `as_of`, with scopes and a filled amount."""
    return standing_deals(past, as_of, as_of)


def standing_deals(past: History, as_of: dt.datetime, before: dt.datetime) -> pl.DataFrame:
    """Every deal by what is known at `as_of` of the changes that took effect before `before`."""
    changes = past["deal_changes"].filter(pl.col("changed_at") < before)
    lean = History(past.settings, {"deals": past["deals"], "deal_changes": changes})
    rows = deal_scopes(past, snapshot(lean, as_of), as_of)
    rows = in_workspace_currency(past, rows, "amount", "currency", as_of)
    kinds = scope_kinds(past.settings)
    return fill_amounts(
        rows.select("deal_id", "created_at", *kinds, "stage", "amount", "close_date", "outcome", "closed_at")
    )


def credited(past: History, booked: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """`booked` with the scopes each deal had when it was won: a later change of owner takes no win away."""
    won_at = booked.select("deal_id", _won_at="closed_at")
    changes = past["deal_changes"].join(won_at, on="deal_id", how="inner")
    changes = changes.filter(pl.col("changed_at") <= pl.col("_won_at")).drop("_won_at")
    deals = past["deals"].join(won_at, on="deal_id", how="semi")
    then = snapshot(History(past.settings, {"deals": deals, "deal_changes": changes}), as_of)
    kinds = scope_kinds(past.settings)
    scopes = deal_scopes(past, then, as_of).select("deal_id", *kinds)
    return booked.drop(kinds).join(scopes, on="deal_id", how="left", maintain_order="left")


def fill_amounts(deals: pl.DataFrame) -> pl.DataFrame:
    """`deals` with unknown amounts filled and marked in `amount_unknown`.

    The fill is the median of the amounts won in the deal's segment where there are `LEAST_WON_AMOUNTS` or more, else in
    its team, else in the company, else of every known amount, else nothing. It depends on the deal alone, so that
    levels add up.
    """
    won = pl.col("amount").filter(pl.col("outcome") == "won")
    enough = won.count() >= LEAST_WON_AMOUNTS
    segment_norm = pl.when(enough.over("segment") & (pl.col("segment") != NONE)).then(won.median().over("segment"))
    team_norm = pl.when(enough.over("team")).then(won.median().over("team"))
    fill = pl.coalesce(segment_norm, team_norm, won.median(), pl.col("amount").median(), pl.lit(0.0))
    return deals.with_columns(amount_unknown=pl.col("amount").is_null(), amount=pl.col("amount").fill_null(fill))
