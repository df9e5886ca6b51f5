"""A span's book: what indicators read, looked up once. Everything in it was known before the as-of instant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from history.fiscal import Period, bounds, period_of, previous
from history.money import in_workspace_currency
from history.record import History
from history.scopes import NONE, standing_reps
from indicators.credited import CREDITED_FIELDS
from indicators.record import Record
from indicators.spans import IN_A_YEAR, earlier, kind_of

__all__ = ["RECORD_PERIODS", "Book", "Record", "book_of"]

RECORD_PERIODS = 8
READ = (*CREDITED_FIELDS, "stage", "amount", "close_date", "next_step", "account_id")
"""The fields of deals that indicators read."""
CUSTOMER_DAYS = 365
"""A customer is an account with a win in so many days."""


@dataclass(frozen=True)
class Book:
    """One span of a record. `start` and `end` bound it, `upto` is where what is known of it stops.

    `measured` keeps what was measured from it, by indicators.
    """

    record: Record
    period: Period
    measured: dict[tuple[str, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, find: Callable[[Book], pl.DataFrame]) -> pl.DataFrame:
        """What `find` gives for this book, found once for the several indicators that read it."""
        key = (find.__module__, find.__name__)
        if key not in self.measured:
            self.measured[key] = find(self)
        found: pl.DataFrame = self.measured[key]
        return found

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

    @property
    def before(self) -> Book:
        """The book of the span before, read at the same as-of instant."""
        return book_of(self.record, earlier(self.period, self.past.settings))

    @property
    def year_before(self) -> Book:
        """The book of the same span a year before."""
        return book_of(self.record, earlier(self.period, self.past.settings, IN_A_YEAR[kind_of(self.period)]))

    @property
    def goal(self) -> Book:
        """The book whose target this span works towards: its own, for a week that of the quarter in which it ends."""
        if kind_of(self.period) != "week":
            return self
        last_day = self.period.end_day - dt.timedelta(days=1)
        return book_of(self.record, period_of(last_day, self.past.settings, "quarter"))

    def within(self, table: str, column: str) -> pl.DataFrame:
        """Rows of a table whose instant `column` lies in the span and before the as-of instant."""
        return self.past[table].filter(pl.col(column).is_between(self.start, self.upto, closed="left"))

    @cached_property
    def people(self) -> pl.DataFrame:
        """Who sells in the span: rep, name, team, role, hired_at; the people of `reps`, else the owners of deals."""
        reps = standing_reps(self.past, self.upto).rename({"rep_id": "rep"})
        if reps.is_empty():
            owners = self.standing.filter(pl.col("rep") != NONE).select("rep").unique()
            reps = owners.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in ("name", "team", "role"))
            hired = pl.lit(None, dtype=pl.Datetime("us"))
            return reps.with_columns(team=pl.lit(NONE), hired_at=hired).sort("rep")
        here = pl.col("left_at").is_null() | (pl.col("left_at") > self.start)
        return reps.filter(here).select("rep", "name", pl.col("team").fill_null(NONE), "role", "hired_at").sort("rep")

    @cached_property
    def sellers(self) -> pl.DataFrame:
        """`people` without those who lead others and neither own a deal nor have a target of their own."""
        leads = self.past["reps"]["manager_id"].drop_nulls().unique().implode()
        sells = pl.concat([self.standing["rep"], self.closed["rep"], self.targets["rep"]]).unique().implode()
        return self.people.filter(~pl.col("rep").is_in(leads) | pl.col("rep").is_in(sells))

    @cached_property
    def closed(self) -> pl.DataFrame:
        """Deals won and lost in the span, credited to the owner at the closing; see `actuals.closed_in`."""
        return self.record.closed_in(self.start, self.end)

    @cached_property
    def won(self) -> pl.DataFrame:
        return self.closed.filter(pl.col("outcome") == "won")

    @cached_property
    def standing(self) -> pl.DataFrame:
        """All deals as they stood at `upto`, `READ` fields alone, with amounts in the workspace's currency."""
        return self.record.standing(self.upto, (*READ, *self.past.settings.own_levels))

    @cached_property
    def open(self) -> pl.DataFrame:
        """The deals of `standing` that are open."""
        return self.standing.filter(pl.col("outcome").is_null())

    def with_owner(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` of a table about deals with `rep`, the deal's owner at `upto`, and the deal's currency."""
        return rows.join(self.standing.select("deal_id", "rep", "currency"), on="deal_id", how="inner")

    def in_currency(self, rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """`rows` with money columns in the workspace's currency; `rows` has `currency`."""
        for column in columns:
            rows = in_workspace_currency(self.past, rows, column, "currency", self.upto)
        return rows

    @cached_property
    def touches(self) -> pl.DataFrame:
        """Touches of the span with `rep`, who made it, else the owner of the deal; and `owner`, that owner."""
        owners = self.standing.select("deal_id", owner="rep")
        rows = self.record.touched(self.start, self.upto).join(owners, on="deal_id", how="left", maintain_order="left")
        return rows.with_columns(rep=pl.coalesce("rep_id", "owner"))

    def touches_of(self, *kinds: str) -> pl.DataFrame:
        """The touches of some kinds that somebody is known to have made, found once."""
        key = ("touches", *kinds)
        if key not in self.measured:
            self.measured[key] = self.touches.filter(pl.col("kind").is_in(kinds) & pl.col("rep").is_not_null())
        found: pl.DataFrame = self.measured[key]
        return found

    def customers(self, instant: dt.datetime) -> pl.DataFrame:
        """Accounts with a win in the `CUSTOMER_DAYS` before `instant` that stood then: account_id, rep of the last win,
        first_win (ever), last_win."""
        return self.record.once(_customers, instant)

    @cached_property
    def targets(self) -> pl.DataFrame:
        """Each rep's amount target of the span: rep, target. A longer span without its own is its months' sum."""
        own = self._set_for([self.period.name])
        if kind_of(self.period) in ("week", "month"):
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
        """Statements of reps about themselves, of the last periods up to this span's end; submitted where they exist.

        They are about months for a month (or week), else about quarters.
        """
        settings = self.past.settings
        cadence = "month" if kind_of(self.period) in ("week", "month") else "quarter"
        cells = self.record.monthly_cells if cadence == "month" else self.record.quarterly_cells
        last = period_of(self.period.end_day - dt.timedelta(days=1), settings, cadence)
        newest, oldest = (bounds(one, settings)[0] for one in (last, previous(last, settings, RECORD_PERIODS - 1)))
        own = cells.filter((pl.col("forecaster_kind") == "rep") & (pl.col("forecaster_id") == pl.col("scope_id")))
        recent = own.filter(pl.col("start").is_between(oldest, newest))
        submits = (pl.col("source") == "submitted").any().over("forecaster_id")
        return recent.filter((pl.col("source") == "submitted") | ~submits)


def book_of(record: Record, span: Period) -> Book:
    """The book of a span, opened once."""
    found: Book = record.shelf.setdefault(span.name, Book(record, span))
    return found


def _customers(record: Record, instant: dt.datetime) -> pl.DataFrame:
    stood = pl.col("reopened_at").is_null() | (pl.col("reopened_at") >= instant)
    wins = record.wins.filter((pl.col("closed_at") < instant) & stood)
    found = wins.group_by("account_id").agg(
        rep=pl.col("rep").last(),
        first_win=pl.col("closed_at").first(),
        last_win=pl.col("closed_at").last(),
        wins=pl.len(),
    )
    return found.filter(pl.col("last_win") >= instant - dt.timedelta(days=CUSTOMER_DAYS)).sort("account_id")


def _months(period: Period) -> list[dt.date]:
    first, end = (day.year * 12 + day.month - 1 for day in (period.first_day, period.end_day))
    return [dt.date(at // 12, at % 12 + 1, 1) for at in range(first, end)]
