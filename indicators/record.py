"""History as known at one instant, looked up once and shared by the books of all its periods."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from history.as_of import known
from history.deals import close_instant
from history.money import in_workspace_currency
from history.record import History
from history.scopes import COMPANY, NONE, deal_scopes
from indicators.cells import statement_cells
from indicators.credit import reps_at, slim
from indicators.indicator import Indicator
from indicators.ledger import Ledger

ACCURACY_HORIZON_DAYS = {"quarter": 45, "month": 15}
CREDITED_FIELDS = ("owner_id", "region", "product_line", "segment")


@dataclass(frozen=True)
class Record:
    """History as known at `as_of` (naive UTC); `shelf` keeps the books that were opened (see `book.book_of`)."""

    history: History
    as_of: dt.datetime
    shelf: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    lacks: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def lacking(self, indicator: Indicator) -> str:
        """Which tables the indicator needs and history does not hold, looked up once."""
        if indicator.slug not in self.lacks:
            self.lacks[indicator.slug] = indicator.missing(self.past)
        return self.lacks[indicator.slug]

    @cached_property
    def past(self) -> History:
        return known(self.history, self.as_of)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(slim(self.past), self.as_of)

    def standing(self, instant: dt.datetime) -> pl.DataFrame:
        """All deals as they stood at `instant`, with scope columns and amounts in the workspace's currency."""
        past = known(History(self.past.settings, {name: self.past[name] for name in ("reps", "fx_rates")}), instant)
        deals = in_workspace_currency(past, self.ledger.standing(instant), "amount", "currency", instant)
        return deal_scopes(past, deals, instant)

    @cached_property
    def closings(self) -> pl.DataFrame:
        """Every closing with its deal's facts and the scopes that it is credited to: those of that moment."""
        rows = self.ledger.closings.join(
            self.ledger.deals.select("number", "deal_id", "created_at", "currency"), on="number", maintain_order="left"
        )
        return credited_at(self.ledger, rows, "closed_at")

    @cached_property
    def monthly_cells(self) -> pl.DataFrame:
        return self._cells("month")

    @cached_property
    def quarterly_cells(self) -> pl.DataFrame:
        return self._cells("quarter")

    def _cells(self, cadence: str) -> pl.DataFrame:
        days = (ACCURACY_HORIZON_DAYS[cadence],)
        return statement_cells(self.history, self.as_of, ("rep",), days, "amount", cadence)

    def closed_in(self, start: dt.datetime, end: dt.datetime) -> pl.DataFrame:
        """Deals won and lost in a stretch of time and still so at its end, by the rules of `actuals.closed_in`."""
        stood = pl.col("reopened_at").is_null() | (pl.col("reopened_at") >= end)
        rows = self.closings.filter(pl.col("closed_at").is_between(start, end, closed="left") & stood)
        rows = rows.with_columns(_end=pl.lit(end, dtype=pl.Datetime("us")))
        amount = self.ledger.value_at(rows, "amount", "_end", inclusive=False).cast(pl.Float64, strict=False)
        money = in_workspace_currency(self.past, rows.with_columns(amount), "amount", "currency", self.as_of)
        return money.with_columns(count=pl.lit(1.0)).drop("_end")

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """The customer of each deal as known last: deal_id, account_id; deals without one are left out."""
        return self.ledger.standing(self.as_of).select("deal_id", "account_id").drop_nulls()

    @cached_property
    def wins(self) -> pl.DataFrame:
        """Every win of a known customer: account_id, deal_id, rep, closed_at, reopened_at, by time."""
        won = self.closings.filter(pl.col("outcome") == "won").join(self.accounts, on="deal_id")
        return won.sort("closed_at", "deal_id").select("account_id", "deal_id", "rep", "closed_at", "reopened_at")

    def stated_close(self, rows: pl.DataFrame, at: str) -> pl.Series:
        """The close date stated for each row's deal at its own instant (UTC), null where none was."""
        text = self.ledger.value_at(rows, "close_date", at)
        return text.to_frame("text").select(close_instant(self.past, pl.col("text"))).to_series()


def credited_at(ledger: Ledger, rows: pl.DataFrame, at: str) -> pl.DataFrame:
    """`rows` (by number) with rep, team, region, product_line, segment and company as of each row's instant `at`."""
    fields = {name: ledger.value_at(rows, name, at) for name in CREDITED_FIELDS}
    out = rows.with_columns(
        rep=_filled(fields["owner_id"]),
        product_line=_filled(fields["product_line"]),
        segment=_filled(fields["segment"]),
        company=pl.lit(COMPANY),
        _region=fields["region"],
    )
    people = reps_at(ledger.past, out, at)
    own_region = pl.when(pl.col("_region").str.strip_chars() != "").then("_region")
    return (
        out.with_columns(team=people["team"].fill_null(NONE), _rep_region=people["rep_region"])
        .with_columns(region=pl.coalesce(own_region, "_rep_region", pl.lit(NONE)))
        .drop("_region", "_rep_region")
    )


def _filled(series: pl.Series) -> pl.Series:
    return series.set(series.is_null() | (series.str.strip_chars() == ""), NONE)
