"""What a review is asked about: whom, of which period, and since when things are compared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from history.errors import DealUnknown, RequestInvalid
from history.fiscal import bounds, parse_period, quarter_of
from history.scopes import COMPANY, standing_reps
from history.settings import Settings
from serving.standing import Standing

LEVELS = ("team", "rep", "region", COMPANY)
CADENCES = ("weekly", "monthly", "quarterly")
BELOW = {COMPANY: "team", "region": "rep", "team": "rep", "rep": "rep"}
"""The level whose rows stand under one scope."""
OF_PEOPLE = {"team": "team", "region": "region", "rep": "rep_id"}
OF_DEALS = {"team": "team", "region": "region", "rep": "owner_id"}


@dataclass(frozen=True)
class Asked:
    """One review: a level, one scope of it or all (None), how often it is held, and the period it looks at."""

    level: str
    scope_id: str | None
    cadence: str
    period: str

    @property
    def head(self) -> tuple[str, str]:
        """The scope that the first sentence speaks of: the one asked for, else the company."""
        return (self.level, self.scope_id) if self.scope_id is not None else (COMPANY, COMPANY)

    @property
    def rows_by(self) -> str:
        """The level of the rows that stand under it."""
        if self.scope_id is not None:
            return BELOW[self.level]
        return BELOW[COMPANY] if self.level == COMPANY else self.level


def asked(
    standing: Standing, level: str, scope_id: str | None = None, cadence: str = "weekly", period: str | None = None
) -> Asked:
    """The review that is asked for, with the period filled in: the quarter of the day before the as-of date.

    Raises `RequestInvalid` for a level or cadence that is not offered, `DateInvalid` for a period that does not parse,
    `DealUnknown` for a scope that nobody is in and no deal is of.
    """
    must_be_offered(level, cadence)
    settings = standing.history.settings
    name = parse_period(period, settings).name if period else _usual_period(standing, cadence)
    whom = None if level == COMPANY else scope_id
    if whom is not None and not _exists(standing, level, whom):
        raise DealUnknown(
            f"{level} {whom!r} is nobody's on {standing.day}; expected one with people or open deals then. "
            "See `dealcast forecast` for those there are."
        )
    return Asked(level, whom, cadence, name)


def must_be_offered(level: str, cadence: str) -> None:
    """Raises `RequestInvalid` for a level or a cadence that there is no review of."""
    _must_be("level", level, LEVELS)
    _must_be("cadence", cadence, CADENCES)


def since(standing: Standing, wanted: Asked) -> dt.datetime:
    """The instant (naive UTC) that what changed is told from: a week or a month before, or the period's start."""
    settings = standing.history.settings
    if wanted.cadence == "weekly":
        return settings.start_of(standing.day - dt.timedelta(days=7))
    if wanted.cadence == "monthly":
        return settings.start_of(a_month_before(standing.day))
    return min(bounds(parse_period(wanted.period, settings), settings)[0], standing.as_of - dt.timedelta(days=7))


def a_month_before(day: dt.date) -> dt.date:
    """The same day of the month before, or its last day.

    >>> a_month_before(dt.date(2026, 5, 31)), a_month_before(dt.date(2026, 1, 15))
    (datetime.date(2026, 4, 30), datetime.date(2025, 12, 15))
    """
    last = day.replace(day=1) - dt.timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def people_of(standing: Standing, wanted: Asked) -> list[str]:
    """The rep_ids of the people in the scope who had not left, in order."""
    reps = standing_reps(standing.past, standing.as_of)
    here = reps.filter(pl.col("left_at").is_null() | (pl.col("left_at") >= standing.as_of))
    if wanted.scope_id is not None:
        here = here.filter(pl.col(OF_PEOPLE[wanted.level]) == wanted.scope_id)
    return sorted(here["rep_id"].to_list())


def deals_of(standing: Standing, wanted: Asked) -> pl.DataFrame:
    """The rows of the board that are the scope's."""
    if wanted.scope_id is None:
        return standing.board
    return standing.board.filter(pl.col(OF_DEALS[wanted.level]) == wanted.scope_id)


def _usual_period(standing: Standing, cadence: str) -> str:
    settings: Settings = standing.history.settings
    before = dt.timedelta(days=1 if cadence == "quarterly" else 0)
    return quarter_of(standing.day - before, settings).name


def _exists(standing: Standing, level: str, scope_id: str) -> bool:
    reps = standing_reps(standing.past, standing.as_of)
    return scope_id in reps[OF_PEOPLE[level]] or scope_id in standing.board[OF_DEALS[level]]


def _must_be(what: str, given: str, offered: tuple[str, ...]) -> None:
    if given not in offered:
        raise RequestInvalid(f"{what} {given[:40]!r} is not offered; expected one of {', '.join(offered)}.")
