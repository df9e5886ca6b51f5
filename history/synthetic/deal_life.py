"""A deal's days: stage and momentum, day by day, to the win or the loss and sometimes back again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from history.synthetic import days
from history.synthetic.births import Births
from history.synthetic.process import MARKET_SPEED, Process, chances_at
from history.synthetic.vocabulary import LOST, OPEN_STAGES, WON

REOPENS_LOST, REOPENS_WON = 0.05, 0.006
FIRST_MOMENTUM = np.array([0.18, 0.60, 0.22])


@dataclass(frozen=True)
class Lives:
    """What happened. `states` has one row per stretch in which a deal's stage and momentum stayed the same.

    states: deal, at (second), day, stage, momentum, until (second of the next state; null in the last), spell (which
    time the deal was open, from 0), sorted by deal and at. `market` is the weather of each day (0 soft to 2 strong).
    """

    states: pl.DataFrame
    market: np.ndarray


def live(births: Births, process: Process, rng: np.random.Generator) -> Lives:
    """Every deal's life until it is closed or the run-out ends."""
    market = _weather(process, rng)
    log = _Log(births, rng)
    first_day = births.created_day
    order = np.searchsorted(first_day, np.arange(len(process.work) + 1))
    for day in range(len(process.work)):
        log.step(day, process, float(MARKET_SPEED[market[day]]), births, rng)
        log.open[order[day] : order[day + 1]] = True
    return Lives(_states(log.frame(), births, rng), market)


def _weather(process: Process, rng: np.random.Generator) -> np.ndarray:
    draws, market = rng.random(len(process.work)), np.ones(len(process.work), dtype=int)
    edges = process.market.cumsum(axis=1)
    for day in range(1, len(market)):
        market[day] = int(np.searchsorted(edges[market[day - 1]], draws[day - 1]))
    return np.minimum(market, 2)


class _Log:
    """Where every deal stands while the days go by, and the list of what has changed."""

    def __init__(self, births: Births, rng: np.random.Generator) -> None:
        size = births.size
        self.open = np.zeros(size, dtype=bool)
        self.stage = np.where(rng.random(size) < 0.12, 1, 0)
        self.momentum = rng.choice(3, size, p=FIRST_MOMENTUM)
        self.reopened = np.zeros(size, dtype=bool)
        self.again: dict[int, list[np.ndarray]] = {}
        self.rows = [(np.arange(size), births.created_day, self.stage.copy(), self.momentum.copy())]

    def step(self, day: int, process: Process, speed: float, births: Births, rng: np.random.Generator) -> None:
        """One day of all open deals. A deal that opens today moves from tomorrow on."""
        deals = np.flatnonzero(self.open)
        stage, momentum, kind = self.stage[deals], self.momentum[deals], births.deal_class[deals]
        on, back, leap, loss = chances_at(process, day, speed, kind, momentum, stage)
        draw = rng.random(len(deals))
        edges = np.cumsum([on, back, leap, loss], axis=0)
        options = np.stack([stage + 1, stage - 1, np.minimum(stage + 2, WON), np.full(len(deals), LOST)])
        fate = (draw >= edges).sum(axis=0)
        new_stage = np.where(fate < 4, np.take_along_axis(options, np.minimum(fate, 3)[None], axis=0)[0], stage)
        turns = process.momentum[kind, momentum].cumsum(axis=1)
        new_momentum = np.minimum((rng.random(len(deals))[:, None] >= turns).sum(axis=1), 2)
        closed = new_stage >= OPEN_STAGES
        new_momentum = np.where(closed, momentum, new_momentum)
        self._change(day, deals, new_stage, new_momentum, (new_stage != stage) | (new_momentum != momentum))
        self.open[deals[closed]] = False
        self._plan_return(day, deals[closed], new_stage[closed], rng)
        self._return(day)

    def _change(
        self, day: int, deals: np.ndarray, stage: np.ndarray, momentum: np.ndarray, changed: np.ndarray
    ) -> None:
        who = deals[changed]
        self.stage[who], self.momentum[who] = stage[changed], momentum[changed]
        self.rows.append((who, np.full(len(who), day), stage[changed], momentum[changed]))

    def _plan_return(self, day: int, deals: np.ndarray, stage: np.ndarray, rng: np.random.Generator) -> None:
        """Some lost deals come back after weeks; a few signed ones turn out not to be signed."""
        lost = stage == LOST
        comes = rng.random(len(deals)) < np.where(lost, REOPENS_LOST, REOPENS_WON)
        wait = np.where(lost, rng.integers(15, 130, len(deals)), rng.integers(2, 20, len(deals)))
        for deal, later in zip(deals[comes], wait[comes], strict=True):
            if not self.reopened[deal]:
                self.reopened[deal] = True
                self.again.setdefault(day + int(later), []).append(deal)

    def _return(self, day: int) -> None:
        deals = np.array(self.again.pop(day, []), dtype=int)
        stage = np.where(self.stage[deals] == WON, OPEN_STAGES - 1, 1)
        self._change(day, deals, stage, np.ones(len(deals), dtype=int), np.ones(len(deals), dtype=bool))
        self.open[deals] = True

    def frame(self) -> pl.DataFrame:
        names = ("deal", "day", "stage", "momentum")
        columns = {name: np.concatenate([row[at] for row in self.rows]) for at, name in enumerate(names)}
        return pl.DataFrame(columns).sort("deal", "day")


def _states(log: pl.DataFrame, births: Births, rng: np.random.Generator) -> pl.DataFrame:
    """The log with seconds of the day, the end of each state, and which time the deal was open."""
    deal, day = log["deal"].to_numpy(), log["day"].to_numpy()
    first = np.r_[True, deal[1:] != deal[:-1]]
    at = np.where(first, births.created[deal], days.in_hours(day, rng))
    closed_before = (pl.col("stage") >= OPEN_STAGES).cast(pl.Int32).cum_sum().over("deal")
    return log.with_columns(pl.Series("at", at)).with_columns(
        until=pl.col("at").shift(-1).over("deal"),
        spell=closed_before - (pl.col("stage") >= OPEN_STAGES).cast(pl.Int32),
    )
