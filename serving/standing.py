"""Where things stand on one as-of date: the history, the model that serves it, the scores and the board, all in memory.

A `Standing` never changes; when the store does, a new one is made and takes its place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import polars as pl

from features.matrix import Prepared
from features.silence import heard_since, silent_flags
from history.as_of import known
from history.record import History
from serving.board import make_board
from serving.choosing import ServedModel, choose_model
from serving.memory import Memory
from serving.scoring import Scored
from serving.shelf import Shelf, make_shelf
from training.deal_model import DealModel
from training.registry import Registry

T = TypeVar("T")
LASTING = frozenset({
    "outlook", "forecast", "correction", "pace", "linearity", "accuracy", "scorecard", "cues", "plans", "funnel",
    "api funnel", "hierarchy", "versions", "model", "pair", "bridge", "ways", "assess", "by period", "track", "told",
    "records", "ranges", "waterfall", "missing", "imports", "lately open", "week ago", "led", "watched",
})  # fmt: skip
"""Questions about the whole company, or about no deal: their answers outlast single events (`serving.renewal`)."""


@dataclass(frozen=True)
class Standing:
    """The state that every answer of the service is read from. Instants are naive UTC."""

    history: History
    prepared: Prepared
    registry: Registry
    model: ServedModel
    as_of: dt.datetime
    horizon: dt.datetime
    scored: Scored
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)
    lasting: Memory = field(default_factory=Memory, compare=False, repr=False)
    """Answers to the questions `LASTING`: those that a single event does not make worth working out again."""

    def remembered(self, question: tuple[Hashable, ...], answer: Callable[[], T]) -> T:
        """The answer to a question that begins with its kind, worked out once; see `serving.memory`."""
        return (self.lasting if question[0] in LASTING else self.memory).remembered(question, answer)

    @property
    def in_sample(self) -> bool:
        """Whether the model was trained after the as-of date."""
        return self.model.trained_as_of > self.as_of

    @property
    def small_data(self) -> bool:
        """Whether tables of past deals speak because there are too few for a model."""
        return not isinstance(self.model, DealModel)

    def model_at(self, as_of: dt.datetime) -> ServedModel:
        """The model that may speak of another day."""
        if as_of == self.as_of:
            return self.model
        return self.remembered(("model", as_of), lambda: choose_model(self.registry, as_of, history=self.history))

    @cached_property
    def board(self) -> pl.DataFrame:
        """One row per open deal; see `serving.board.make_board`."""
        return make_board(self.history, self.scored.frame, self.as_of)

    @cached_property
    def shelf(self) -> Shelf:
        """The board laid out to be listed page by page."""
        return make_shelf(self.board)

    @cached_property
    def past(self) -> History:
        """The history as known at the as-of date."""
        return known(self.history, self.as_of)

    def surroundings(self, as_of: dt.datetime) -> dict[str, pl.DataFrame]:
        """The people and rates around deals that are scored by themselves, as known at `as_of`."""
        past = self.past if as_of == self.as_of else None
        names = ("reps", "fx_rates")
        if past is None:
            past = known(History(self.history.settings, {name: self.history[name] for name in names}), as_of)
        return {name: past[name] for name in names}

    @cached_property
    def _heard(self) -> dict[str, dt.datetime | None]:
        return heard_since(self.history)

    def mute_at(self, as_of: dt.datetime) -> frozenset[str]:
        """The flags that the company's history cannot speak to, as known at `as_of`."""
        return silent_flags(self._heard, as_of)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of people by rep_id, where known."""
        return dict(self.past["reps"].select("rep_id", "name").drop_nulls().iter_rows())

    @property
    def currency(self) -> str:
        return self.history.settings.currency

    @property
    def day(self) -> dt.date:
        """The as-of date in the workspace's time zone."""
        return self.history.settings.day_of(self.as_of)

    @property
    def horizon_day(self) -> dt.date:
        """The horizon's end (exclusive) in the workspace's time zone."""
        return self.history.settings.day_of(self.horizon)
