"""The implied call: what a person's deals in the CRM said on a day, where nobody said it in words."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from history.as_of import known
from history.money import in_workspace_currency
from history.record import History
from history.scopes import NONE, deal_scopes
from indicators.actuals import by_scope
from indicators.credited import CREDITED_FIELDS, closed_in, credited_closings
from indicators.horizons import Horizon
from indicators.ledger import Ledger

READ = (*CREDITED_FIELDS, "stage", "forecast_category", "amount", "close_date")
LIKELY = ("commit", "most_likely", "closed")
"""Categories that an implied call counts, once the CRM in use states categories at all."""


def positions(ledger: Ledger, reps: History, horizon: Horizon, kinds: Sequence[str], measure: str) -> pl.DataFrame:
    """Where each scope stood when the horizon day was over, as was known then.

    `ledger` is that of a later day, `reps` the history whose people and rates are read. Columns: scope_kind, scope_id,
    booked (won in the period so far), base_total (won in the base period as it then stood), dated (open deals expected
    to close in the period that count; null where their worth is unknown), n_open (open deals), states (some open deal
    carries a close date, or all is booked).
    """
    past = known(History(reps.settings, {name: reps[name] for name in ("reps", "fx_rates")}), horizon.cut)
    then = ledger.known_by(horizon.cut, past)
    closings = credited_closings(then, min(horizon.base_start, horizon.start))
    won = closings.filter(pl.col("outcome") == "won")
    booked = by_scope(closed_in(then, won, horizon.start, horizon.end), kinds, measure, [])
    base = by_scope(closed_in(then, won, horizon.base_start, horizon.base_end), kinds, measure, [])
    keys = ["scope_kind", "scope_id"]
    return (
        _open_by_scope(then, horizon, kinds, measure)
        .join(booked.select(*keys, booked="value"), on=keys, how="full", coalesce=True)
        .join(base.select(*keys, base_total="value"), on=keys, how="full", coalesce=True)
        .with_columns(
            states=pl.col("states").fill_null(pl.col("states").any() & pl.col("booked").is_not_null()).fill_null(False),
            n_open=pl.col("n_open").fill_null(0),
        )
        .sort(keys)
    )


def implied_calls(position: pl.DataFrame) -> pl.DataFrame:
    """Implied statements from `positions`: scope_kind, scope_id, forecast = booked so far + counted open deals."""
    told = position.filter(pl.col("states") & (pl.col("scope_id") != NONE))
    unknown = pl.col("dated").is_null() & pl.col("booked").is_null()
    forecast = pl.when(~unknown).then(pl.col("booked").fill_null(0.0) + pl.col("dated").fill_null(0.0))
    return told.select("scope_kind", "scope_id", forecast=forecast).drop_nulls("forecast")


def _open_by_scope(then: Ledger, horizon: Horizon, kinds: Sequence[str], measure: str) -> pl.DataFrame:
    deals = open_deals(then, horizon)
    worth = pl.col(measure)
    counts = pl.col("counts")
    known_worth = worth.filter(counts).is_not_null().any() | ~counts.any()
    parts = [
        deals.group_by(scope_id=kind)
        .agg(
            dated=pl.when(known_worth).then(worth.filter(counts).sum()),
            states=pl.col("close_date").is_not_null().any(),
            n_open=pl.len(),
        )
        .select(pl.lit(kind).alias("scope_kind"), "scope_id", "dated", "states", "n_open")
        for kind in kinds
    ]
    return pl.concat(parts)


def open_deals(then: Ledger, horizon: Horizon) -> pl.DataFrame:
    """Open deals at the end of the horizon day with amount, count, scope columns and `counts` in the implied call.

    `then` is the ledger as known at that end. A deal counts when its expected close lies in the period and, if any open
    deal of the company carries a forecast category, its own category (else its stage's) is commit or most likely.
    """
    past = then.past
    deals = then.standing(horizon.cut, open_only=True, fields=(*READ, *past.settings.own_levels))
    deals = in_workspace_currency(past, deals, "amount", "currency", horizon.cut)
    deals = deal_scopes(past, deals, horizon.cut).with_columns(count=pl.lit(1.0), category=_category(past))
    dated = pl.col("close_date").is_between(horizon.start, horizon.end, closed="left")
    likely = pl.col("category").is_in(LIKELY) | pl.col("category").is_null().all()
    return deals.with_columns(counts=(dated & likely).fill_null(False))


def _category(past: History) -> pl.Expr:
    """The deal's forecast category, else its stage's, in lower case with underscores."""
    by_stage = {stage.name: stage.category for stage in past.settings.stages if stage.category}
    fallback = pl.col("stage").replace_strict(by_stage, default=None, return_dtype=pl.String)
    own = pl.when(pl.col("forecast_category").str.strip_chars() != "").then("forecast_category")
    return pl.coalesce(own, fallback).str.to_lowercase().str.replace_all(r"[\s-]+", "_")
