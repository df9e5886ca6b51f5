"""History as known at one instant, looked up once and shared by the books of all its periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from history.as_of import known
from history.deals import close_instant
from history.money import in_workspace_currency
from history.record import History
from history.scopes import deal_scopes
from indicators.cells import statement_cells
from indicators.credit import slim
from indicators.credited import closed_in, credited_closings
from indicators.indicator import Indicator
from indicators.ledger import Ledger, open_ledger

TOUCH_COLUMNS = (
    "happened_at", "kind", "deal_id", "account_id", "rep_id", "direction", "duration_minutes", "opened", "replied",
    "effective", "channel",
)  # fmt: skip
ACCURACY_HORIZON_DAYS = {"quarter": 45, "month": 15}


@dataclass(frozen=True)
class Record:
    """History as known at `as_of` (naive UTC); `shelf` keeps the books that were opened (see `book.book_of`)."""

    history: History
    as_of: dt.datetime
    shelf: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    lacks: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    found: dict[tuple[Any, ...], pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def once(self, find: Callable[..., pl.DataFrame], *given: object) -> pl.DataFrame:
        """What `find` gives for this record and what is `given`, found once for the books of all periods."""
        key = (find.__module__, find.__name__, *given)
        if key not in self.found:
            self.found[key] = find(self, *given)
        return self.found[key]

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
        return open_ledger(slim(self.past), self.as_of)

    @cached_property
    def activities(self) -> pl.DataFrame:
        """What indicators read of the touches, by time."""
        return self.past["activities"].select(TOUCH_COLUMNS).sort("happened_at", maintain_order=True)

    def touched(self, start: dt.datetime, end: dt.datetime) -> pl.DataFrame:
        """The touches from `start` and before `end`, by time."""
        happened = self.activities["happened_at"]
        first, last = happened.search_sorted(start, "left"), happened.search_sorted(end, "left")
        return self.activities.slice(first, last - first)

    def standing(self, instant: dt.datetime, fields: Sequence[str] = ()) -> pl.DataFrame:
        """All deals as they stood at `instant`, with scope columns and amounts in the workspace's currency.

        With `fields`, owner_id and amount among them, those alone are looked up.
        """
        past = known(
            History(self.history.settings, {name: self.history[name] for name in ("reps", "fx_rates")}), instant
        )
        deals = in_workspace_currency(past, self.ledger.standing(instant, fields=fields), "amount", "currency", instant)
        return deal_scopes(past, deals, instant)

    @cached_property
    def closings(self) -> pl.DataFrame:
        """Every closing with its deal's facts and the scopes that it is credited to: those of that moment."""
        return credited_closings(self.ledger)

    @cached_property
    def monthly_cells(self) -> pl.DataFrame:
        return self._cells("month")

    @cached_property
    def quarterly_cells(self) -> pl.DataFrame:
        return self._cells("quarter")

    def _cells(self, cadence: str) -> pl.DataFrame:
        days = (ACCURACY_HORIZON_DAYS[cadence],)
        return statement_cells(self.history, self.as_of, ("rep",), days, "amount", cadence, ledger=self.ledger)

    def closed_in(self, start: dt.datetime, end: dt.datetime) -> pl.DataFrame:
        """Deals won and lost in a stretch of time and still so at its end, by the rules of `actuals.closed_in`."""
        return closed_in(self.ledger, self.closings, start, end)

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """The customer of each deal as known last: deal_id, account_id; deals without one are left out."""
        standing = self.ledger.standing(self.as_of, fields=("account_id",))
        return standing.select("deal_id", "account_id").drop_nulls()

    @cached_property
    def wins(self) -> pl.DataFrame:
        """Every win of a known customer: account_id, deal_id, rep, closed_at, reopened_at, by time."""
        won = self.closings.filter(pl.col("outcome") == "won").join(self.accounts, on="deal_id")
        return won.sort("closed_at", "deal_id").select("account_id", "deal_id", "rep", "closed_at", "reopened_at")

    def stated_close(self, rows: pl.DataFrame, at: str) -> pl.Series:
        """The close date stated for each row's deal at its own instant (UTC), null where none was."""
        text = self.ledger.value_at(rows, "close_date", at)
        return text.to_frame("text").select(close_instant(self.past, pl.col("text"))).to_series()
