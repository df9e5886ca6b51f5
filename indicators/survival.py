"""Stays that may still last: how many end which way within a time, and how long they take.

Kaplan and Meier (1958) for how long, Aalen and Johansen (1978) for which way. Stays end one after the other: of those
that end after the same days one that moved on counts first, one that still lasts last.
"""

from __future__ import annotations

import polars as pl

STAYS, MOVED, LEFT = 0, 1, 2
LAST = 9
MOVES_ON_WITHIN_DAYS = 90.0


def in_turn(days: str = "num", event: str = "event") -> list[pl.Expr]:
    """What to sort stays by, so that they end one after the other."""
    return [pl.col(days), pl.when(pl.col(event) == STAYS).then(LAST).otherwise(pl.col(event))]


def _sorted(column: str, days: str, event: str, sort: bool) -> pl.Expr:
    return pl.col(column).sort_by(in_turn(days, event)) if sort else pl.col(column)


def _remaining(days: str, event: str, sort: bool) -> pl.Expr:
    """The share of stays that still last after each ending, in order."""
    ended = (_sorted(event, days, event, sort) != STAYS).cast(pl.Float64)
    return (1 - ended / _at_risk()).cum_prod()


def _at_risk() -> pl.Expr:
    return (pl.len() - pl.int_range(pl.len())).cast(pl.Float64)


def moves_on_within(limit_days: float, days: str = "num", event: str = "event", sort: bool = True) -> pl.Expr:
    """The share of a group's stays that move on within `limit_days`, 0 to 1.

    Without `sort` the rows come by `in_turn` already: sorting once is quicker than in every group.

    >>> stays = pl.DataFrame({"num": [10.0, 20.0, 30.0, 40.0], "event": [1, 2, 0, 1]})
    >>> stays.select(moves_on_within(35)).item(), stays.select(moves_on_within(50)).item()
    (0.25, 0.75)
    """
    moved = (_sorted(event, days, event, sort) == MOVED) & (_sorted(days, days, event, sort) <= limit_days)
    before = _remaining(days, event, sort).shift(1).fill_null(1.0)
    return (before / _at_risk()).filter(moved).sum()


def days_until(share: float | pl.Expr, days: str = "num", event: str = "event", sort: bool = True) -> pl.Expr:
    """The days within which `share` of a group's stays have ended; null where that has not been seen.

    `sort` as in `moves_on_within`.

    >>> stays = pl.DataFrame({"num": [10.0, 20.0, 30.0, 40.0], "event": [1, 2, 0, 1]})
    >>> stays.select(days_until(0.5)).item(), stays.select(days_until(0.8)).item()
    (20.0, 40.0)
    """
    reached = _remaining(days, event, sort) <= 1 - share + 1e-9
    return _sorted(days, days, event, sort).filter(reached).min()
