"""A period's book: what indicators read, looked up once. Everything in it was known before the as-of instant."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from history.as_of import known
from history.deals import snapshot
from history.fiscal import Period, bounds, cadence_of, previous
from history.money import in_workspace_currency
from history.record import History
from history.scopes import NONE, deal_scopes, standing_reps
from indicators.actuals import closed_in, one_period
from indicators.cells import statement_cells
from indicators.credit import slim

ACCURACY_HORIZON_DAYS = {"quarter": 45, "month": 15}
RECORD_PERIODS = 8


@dataclass(frozen=True)
class Record:
    """History as known at `as_of` (naive UTC), shared by the books of several periods."""

    history: History
    as_of: dt.datetime

    @cached_property
    def past(self) -> History:
        return known(self.history, self.as_of)

    @cached_property
    def deals(self) -> History:
        return slim(self.past)

    @cached_property
    def monthly_cells(self) -> pl.DataFrame:
        return self._cells("month")

    @cached_property
    def quarterly_cells(self) -> pl.DataFrame:
        return self._cells("quarter")

    def _cells(self, cadence: str) -> pl.DataFrame:
        days = (ACCURACY_HORIZON_DAYS[cadence],)
        return statement_cells(self.history, self.as_of, ("rep",), days, "amount", cadence)


@dataclass(frozen=True)
class Book:
    """One period of a record. `start` and `end` bound the period, `upto` is where what is known of it stops."""

    record: Record
    period: Period

    @property
    def past(self) -> History:
        return self.record.past

    @cached_property
    def start(self) -> dt.datetime:
        return bounds(self.period, self.past.settings)[0]

    @cached_property
    def end(self) -> dt.datetime:
        return bounds(self.period, self.past.settings)[1]

    @property
    def upto(self) -> dt.datetime:
        return min(self.end, self.record.as_of)

    @cached_property
    def before(self) -> Book:
        """The book of the period before, read at the same as-of instant."""
        return Book(self.record, previous(self.period, self.past.settings))

    def within(self, table: str, column: str) -> pl.DataFrame:
        """Rows of a table whose instant `column` lies in the period and before the as-of instant."""
        return self.past[table].filter(pl.col(column).is_between(self.start, self.upto, closed="left"))

    @cached_property
    def people(self) -> pl.DataFrame:
        """Who sells in the period: rep, name, team, role; the people of `reps`, else the owners of deals."""
        reps = standing_reps(self.past, self.upto).rename({"rep_id": "rep"})
        if reps.is_empty():
            owners = self.standing.filter(pl.col("rep") != NONE).select("rep").unique()
            reps = owners.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in ("name", "team", "role"))
            return reps.with_columns(team=pl.lit(NONE)).sort("rep")
        here = pl.col("left_at").is_null() | (pl.col("left_at") > self.start)
        return reps.filter(here).select("rep", "name", pl.col("team").fill_null(NONE), "role").sort("rep")

    @cached_property
    def sellers(self) -> pl.DataFrame:
        """`people` without those who lead others and neither own a deal nor have a target of their own."""
        leads = self.past["reps"]["manager_id"].drop_nulls().unique().implode()
        sells = pl.concat([self.standing["rep"], self.closed["rep"], self.targets["rep"]]).unique().implode()
        return self.people.filter(~pl.col("rep").is_in(leads) | pl.col("rep").is_in(sells))

    @cached_property
    def closed(self) -> pl.DataFrame:
        """Deals won and lost in the period, credited to the owner at the closing; see `actuals.closed_in`."""
        return closed_in(self.record.deals, one_period(self.period.name, self.start, self.end), self.record.as_of)

    @property
    def won(self) -> pl.DataFrame:
        return self.closed.filter(pl.col("outcome") == "won")

    @cached_property
    def standing(self) -> pl.DataFrame:
        """All deals as they stood at `upto`, with scope columns and amounts in the workspace's currency."""
        return self.standing_at(self.upto)

    def standing_at(self, instant: dt.datetime) -> pl.DataFrame:
        past = known(self.record.deals, instant)
        deals = in_workspace_currency(past, snapshot(past, instant), "amount", "currency", instant)
        return deal_scopes(past, deals, instant)

    def with_owner(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` of a table about deals with `rep`, the deal's owner at `upto`, and the deal's currency."""
        return rows.join(self.standing.select("deal_id", "rep", "currency"), on="deal_id", how="inner")

    @cached_property
    def targets(self) -> pl.DataFrame:
        """Each rep's amount target of the period: rep, target. A longer period without its own is its months' sum."""
        own = self._set_for([self.period.name])
        if cadence_of(self.period) == "month":
            return own.select("rep", "target")
        months = [f"{month:%Y-%m}" for month in _months(self.period)]
        summed = self._set_for(months).group_by("rep").agg(pl.col("target").sum(), n=pl.len())
        whole = summed.filter(pl.col("n") == len(months)).join(own, on="rep", how="anti")
        return pl.concat([own.select("rep", "target"), whole.select("rep", "target")]).sort("rep")

    def _set_for(self, periods: list[str]) -> pl.DataFrame:
        """The target that holds for each rep and period: set last before the as-of instant."""
        mine = (pl.col("scope_kind") == "rep") & (pl.col("measure") == "amount") & pl.col("period").is_in(periods)
        return (
            self.past["quotas"]
            .filter(mine & (pl.col("set_at") < self.record.as_of))
            .sort("scope_id", "period", "set_at", "recorded_at", "target")
            .group_by("scope_id", "period", maintain_order=True)
            .last()
            .rename({"scope_id": "rep"})
        )

    @cached_property
    def calls(self) -> pl.DataFrame:
        """Statements of reps about themselves, of the last periods up to this one; submitted ones where they exist."""
        monthly = cadence_of(self.period) == "month"
        cells = self.record.monthly_cells if monthly else self.record.quarterly_cells
        own = cells.filter((pl.col("forecaster_kind") == "rep") & (pl.col("forecaster_id") == pl.col("scope_id")))
        oldest = bounds(previous(self.period, self.past.settings, RECORD_PERIODS - 1), self.past.settings)[0]
        recent = own.filter(pl.col("start").is_between(oldest, self.start))
        submits = (pl.col("source") == "submitted").any().over("forecaster_id")
        return recent.filter((pl.col("source") == "submitted") | ~submits)


def _months(period: Period) -> list[dt.date]:
    first, end = (day.year * 12 + day.month - 1 for day in (period.first_day, period.end_day))
    return [dt.date(at // 12, at % 12 + 1, 1) for at in range(first, end)]
