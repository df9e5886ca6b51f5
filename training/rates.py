"""The stage x age table: how many deals of a stage and age were won and lost within each horizon, shrunk where few.

It is the plainest honest forecast, the one that every model must beat, and what serves where closed deals are few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from history.record import History
from training.labels import LOST, WON, first_closings

AGE_EDGES_DAYS = (7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0)
GRID_DAYS = (3, 7, 14, 21, 30, 45, 60, 75, 90, 120, 180, 270, 365)
PRIOR_WON, PRIOR_LOST, PRIOR_DAYS = 0.25, 0.45, 120.0
"""What is assumed before any deal has closed: a quarter is won and somewhat less than half lost in the end, most of
it within four months. The prior counts for `PRIOR_ROWS` rows, so a few closings already outweigh it."""
PRIOR_ROWS = 20.0
LEAN_ROWS = 60.0
"""As many rows as the wider table counts for within the narrower one."""
PRIOR_DEALS, LEAN_DEALS = 8.0, 12.0
"""The same in deals, where deals are counted: the weeks of one stale deal are not many witnesses."""


@dataclass(frozen=True)
class Rates:
    """Shares won and lost within each day of `GRID_DAYS` (outcomes x days), and distinct closed deals, per cell.

    Keys are "" for all deals, "stage" and "stage\\tage group". Shares never fall with the horizon.
    """

    shares: Mapping[str, np.ndarray]
    deals: Mapping[str, int]

    def chance(self, cells: list[str], horizon_days: np.ndarray) -> np.ndarray:
        """Chances won and lost (2 x rows) of cells at horizons in days; straight between the grid's days.

        A cell that was never seen answers as its stage, an unknown stage as all deals; past the last day of the grid
        the chance stays as it is.
        """
        out = np.empty((2, len(cells)))
        names = np.array([self.nearest(cell) for cell in cells], dtype=object)
        grid = np.array([0, *GRID_DAYS], dtype=float)
        for name in sorted(set(names)):
            here = names == name
            for outcome in range(2):
                out[outcome, here] = np.interp(horizon_days[here], grid, [0.0, *self.shares[name][outcome]])
        return out

    def nearest(self, cell: str) -> str:
        """The narrowest key that holds `cell`."""
        return next(key for key in (cell, cell.split("\t")[0], "") if key in self.shares)


def cell_of(stage: str, age_days: float) -> str:
    """The table's cell of a deal.

    >>> cell_of("Design", 10.0)
    'Design\\t1'
    """
    group = int(np.searchsorted(AGE_EDGES_DAYS, age_days, side="right")) if age_days == age_days else "unknown"
    return f"{stage}\t{group}"


def cells_of(spine: pl.DataFrame) -> list[str]:
    """The cell of each row of a spine with stage and age_days."""
    ages = spine["age_days"].fill_null(float("nan"))
    return [cell_of(stage, age) for stage, age in zip(spine["stage"].fill_null("(none)"), ages, strict=True)]


def fit_rates(
    history: History, spine: pl.DataFrame, cut: dt.datetime, by_age: bool = True, count_deals: bool = False
) -> Rates:
    """The table as it could have been made at `cut` from rows of `spine` (deal_id, as_of, stage, age_days) before it.

    Each horizon is counted over the rows for which it had ended by `cut`. Without `by_age` only the stage counts,
    which is the stage-conversion rule. With `count_deals` a share weighs as much as the deals it was seen on, not as
    their rows.
    """
    rows = first_closings(history, spine.filter(pl.col("as_of") < cut), cut)
    cells = np.array(cells_of(rows), dtype=object)
    stages = np.array([cell.split("\t")[0] for cell in cells], dtype=object)
    facts = _Facts(rows, cut, count_deals)
    prior, lean = (PRIOR_DEALS, LEAN_DEALS) if count_deals else (PRIOR_ROWS, LEAN_ROWS)
    shares = {"": _shrunk(facts, np.ones(rows.height, bool), prior_shares(), prior)}
    ended = rows["outcome"].is_not_null()
    deals = {"": rows.filter(ended)["deal_id"].n_unique()}
    for names, wide in ((stages, lambda name: ""), (cells, lambda name: name.split("\t")[0])):
        for name in sorted(set(names)) if by_age or names is stages else []:
            here = names == name
            shares[name] = _shrunk(facts, here, shares[wide(name)], lean)
            deals[name] = rows.filter(ended & pl.Series(here))["deal_id"].n_unique()
    # A bundle keeps nine digits; so does memory, so that a model reloads to the same numbers.
    return Rates({name: _never_falling(share).round(9) for name, share in shares.items()}, deals)


def prior_shares() -> np.ndarray:
    """Shares won and lost by each day of the grid before any deal has closed."""
    grown = 1 - np.exp(-np.array(GRID_DAYS) / PRIOR_DAYS)
    return np.stack([PRIOR_WON * grown, PRIOR_LOST * grown])


class _Facts:
    """Days to closing and days observed of each row, with its outcome."""

    def __init__(self, rows: pl.DataFrame, cut: dt.datetime, count_deals: bool = False) -> None:
        days = rows.select(
            closed=(pl.col("closed_at") - pl.col("as_of")).dt.total_microseconds() / 86_400e6,
            seen=(pl.lit(cut) - pl.col("as_of")).dt.total_microseconds() / 86_400e6,
        )
        self.closed = days["closed"].fill_null(float("inf")).to_numpy()
        self.seen = days["seen"].to_numpy()
        self.outcome = rows["outcome"].fill_null("").to_numpy()
        self.deal = rows["deal_id"].rank("dense").to_numpy()
        self.count_deals = count_deals

    def weight(self, rows: np.ndarray) -> float:
        """How much the row numbers `rows` count for together."""
        return float(len(np.unique(self.deal[rows]))) if self.count_deals else float(len(rows))


def _shrunk(facts: _Facts, here: np.ndarray, wider: np.ndarray, strength: float) -> np.ndarray:
    out = np.empty((2, len(GRID_DAYS)))
    closed, seen, outcome, rows = facts.closed[here], facts.seen[here], facts.outcome[here], np.flatnonzero(here)
    for place, days in enumerate(GRID_DAYS):
        known = seen >= days
        weight = facts.weight(rows[known])
        for row, name in enumerate((WON, LOST)):
            came = float((closed[known] < days)[outcome[known] == name].sum()) / max(1, int(known.sum()))
            out[row, place] = (weight * came + strength * wider[row, place]) / (weight + strength)
    return out


def _never_falling(shares: np.ndarray) -> np.ndarray:
    """Shares that do not fall with the horizon and leave room for each other and for open deals."""
    grown = np.maximum.accumulate(shares, axis=1)
    return grown * min(1.0, 0.999 / grown[:, -1].sum())
