"""The implied call of a CRM that holds no close date at all: what the stages of a person's deals say on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from history.as_of import known
from history.money import in_workspace_currency
from history.record import History
from history.scopes import NONE, deal_scopes
from indicators.horizons import Horizon
from indicators.ledger import Ledger


def holds_dates(placed: Mapping[tuple[str, int], pl.DataFrame]) -> bool:
    """Whether an open deal carried a close date on any of the horizon days; `placed` as in `naive.naive_calls`."""
    return any(position["states"].any() for position in placed.values())


def stage_calls(
    ledger: Ledger,
    reps: History,
    horizon: Horizon,
    base: Horizon,
    position: pl.DataFrame,
    kinds: Sequence[str],
    measure: str,
) -> pl.DataFrame:
    """What stages imply at the end of a horizon day: scope_kind, scope_id, forecast.

    Booked so far, plus the worth of each open deal times the fraction of the company's deals that stood at its stage
    on the same day of the `base` period (the newest that had ended) and were won before that period's end, all as known
    at the horizon day. It is a rule laid over where people's deals stand, not a statement of theirs.
    """
    past = known(History(reps.settings, {name: reps[name] for name in ("reps", "fx_rates")}), horizon.cut)
    then = ledger.known_by(horizon.cut, past)
    deals = in_workspace_currency(past, then.standing(horizon.cut, open_only=True), "amount", "currency", horizon.cut)
    deals = deal_scopes(past, deals, horizon.cut).with_columns(count=pl.lit(1.0))
    expected = deals.join(_won_from(then, base), on="stage").with_columns(part=pl.col(measure) * pl.col("share"))
    booked = position.select("scope_kind", "scope_id", "booked")
    parts = [
        expected.group_by(scope_id=kind)
        .agg(open=pl.col("part").sum(), told=pl.col("part").is_not_null().any())
        .select(pl.lit(kind).alias("scope_kind"), "scope_id", "open", "told")
        for kind in kinds
    ]
    said = pl.concat(parts).join(booked, on=["scope_kind", "scope_id"], how="full", coalesce=True)
    said = said.filter(
        (pl.col("scope_id") != NONE) & (pl.col("told").fill_null(False) | pl.col("booked").is_not_null())
    )
    forecast = pl.col("booked").fill_null(0.0) + pl.col("open").fill_null(0.0)
    return said.select("scope_kind", "scope_id", forecast=forecast).sort("scope_kind", "scope_id")


def _won_from(then: Ledger, base: Horizon) -> pl.DataFrame:
    """Of the deals at each stage on the base's horizon day, the fraction won by its end: stage, share."""
    stood = then.standing(base.cut, open_only=True).select("deal_id", "stage")
    wins = then.standing(base.end).filter(
        (pl.col("outcome") == "won") & pl.col("closed_at").is_between(base.cut, base.end, closed="left")
    )
    won = pl.col("deal_id").is_in(wins["deal_id"].implode())
    return stood.drop_nulls("stage").group_by("stage").agg(share=won.mean())
