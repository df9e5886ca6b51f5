"""The Indicator declaration: what it is called, what it needs, its formula in words, and the rows it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from history.record import History

if TYPE_CHECKING:
    from indicators.book import Book

Better = Literal["up", "down", "zero"]
Dimension = Literal["results", "process", "capability", "teamwork"]
Aggregate = Literal["sum", "ratio", "mean", "median", "accuracy", "incidence", "median_stay", "p80_stay"]
MONEY = "workspace currency"


@dataclass(frozen=True)
class Need:
    """A table an indicator is computed from; with `column`, rows in which that column says `value` (or anything)."""

    table: str
    column: str | None = None
    value: str | None = None
    instead: Need | None = None

    def met(self, past: History) -> bool:
        """Whether `past` holds such a row at all, in whatever period."""
        return self._here(past) or (self.instead is not None and self.instead.met(past))

    def _here(self, past: History) -> bool:
        frame = past[self.table]
        if self.column is None:
            return not frame.is_empty()
        told = pl.col(self.column).is_not_null() if self.value is None else pl.col(self.column) == self.value
        return bool(frame.select(told.fill_null(False).any()).item())

    def __str__(self) -> str:
        where = "" if self.column is None else f" ({self.column}{'' if self.value is None else f' {self.value}'})"
        return f"{self.table}{where}" + (f" or {self.instead}" if self.instead else "")


@dataclass(frozen=True)
class SettingNeed:
    """A section of `dealcast.toml` that an indicator is computed from."""

    section: str

    def met(self, past: History) -> bool:
        return bool(past.settings.raw.get(self.section))

    def __str__(self) -> str:
        return f"[{self.section}] in dealcast.toml"


@dataclass(frozen=True)
class Indicator:
    """One row of the sheet.

    `rows(book)` gives the rows of the book's period with columns rep (text), num (float) and, for a ratio, den
    (float) and n (1 where the row counts as a case); for stays, num in days and event (see `survival`); deal_id where a
    row is about one deal. `aggregate` says how rows become one number, for a person and for a team by the same rule:
    the sum of num (for a team, per person), Σnum/Σden, the mean or the median of num, max(0, 1 − Σnum/Σden) for
    "accuracy", and of stays the share that moves on in time or the days within which half or four in five end.
    """

    slug: str
    en: str
    zh: str
    unit: str
    better: Better
    dimension: Dimension
    leading: bool
    cadence: Literal["W", "M", "Q", "Y"]
    needs: tuple[Need | SettingNeed, ...]
    formula_en: str
    formula_zh: str
    aggregate: Aggregate
    rows: Callable[[Book], pl.DataFrame]

    def missing(self, past: History) -> str:
        """Which tables it needs and `past` does not hold; empty when it can be computed."""
        lacking = [str(need) for need in self.needs if not need.met(past)]
        return f"needs {', '.join(lacking)}" if lacking else ""
