"""Who on the buyer's side is on a deal, when each was last heard of, and which key roles nobody fills."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from features.people import KEY_ROLES
from history.record import History


@dataclass(frozen=True)
class Buyer:
    """One person of the buyer. `last_touch` is the newest touch before the as-of instant (naive UTC), if any."""

    contact_id: str
    role: str | None
    added_at: dt.datetime
    last_touch: dt.datetime | None
    touches: int


@dataclass(frozen=True)
class Buyers:
    """The people of a deal by their last touch, the newest first, and the key roles that nobody fills."""

    people: list[Buyer]
    missing: list[str]

    @property
    def covered(self) -> int:
        """How many of the key roles are filled."""
        return len(KEY_ROLES) - len(self.missing)


def buyers(past: History, deal_id: str, as_of: dt.datetime) -> Buyers:
    """The people on the deal as known at `as_of`; `past` is the history as known then."""
    mine = pl.col("deal_id") == deal_id
    on_deal = past["contacts"].filter(mine & (pl.col("added_at") < as_of))
    roles = (
        on_deal.sort("added_at", "role", nulls_last=False)
        .group_by("contact_id", maintain_order=True)
        .agg(pl.col("role").last(), pl.col("added_at").first())
    )
    touched = (
        past["activities"]
        .filter(mine & (pl.col("happened_at") < as_of) & pl.col("contact_id").is_not_null())
        .group_by("contact_id")
        .agg(last_touch=pl.col("happened_at").max(), touches=pl.len())
    )
    rows = roles.join(touched, on="contact_id", how="left").sort(
        "last_touch", "contact_id", descending=[True, False], nulls_last=True
    )
    people = [Buyer(**{**row, "touches": row["touches"] or 0}) for row in rows.iter_rows(named=True)]
    filled = {one.role for one in people}
    return Buyers(people, [role for role in KEY_ROLES if role not in filled])
