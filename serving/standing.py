"""Where things stand on one as-of date: the history, the model that serves it, the scores and the board, all in memory.

A `Standing` never changes; when the store does, a new one is made and takes its place.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import polars as pl

from features.matrix import Prepared
from features.silence import heard_since, silent_flags
from history.as_of import known
from history.record import History
from serving.board import make_board
from serving.choosing import ServedModel, choose_model
from serving.scoring import Scored
from serving.shelf import Shelf, make_shelf
from training.deal_model import DealModel
from training.registry import Registry

T = TypeVar("T")
ANSWERS_KEPT = 256
WARMER = "warmer"
"""The name of the thread that works answers out before they are asked for."""


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
    answers: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    before: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)
    """Answers of what stood before, given until those of this standing are worked out; see `serving.warmth`."""
    _guard: threading.Lock = field(default_factory=threading.Lock, init=False, compare=False, repr=False)
    _working: dict[Hashable, threading.RLock] = field(default_factory=dict, init=False, compare=False, repr=False)

    def remembered(self, question: Hashable, answer: Callable[[], T]) -> T:
        """The answer to a question, worked out once, by one thread for all who ask meanwhile.

        When there are too many the one that was asked for longest ago is forgotten.
        """
        with self._guard:
            if question in self.answers:
                kept: T = self.answers.pop(question)
                self.answers[question] = kept
                return kept
            if question in self.before and threading.current_thread().name != WARMER:
                stood: T = self.before[question]
                return stood
            lock = self._working.setdefault(question, threading.RLock())
        with lock:
            return self._worked_out(question, answer)

    def _worked_out(self, question: Hashable, answer: Callable[[], T]) -> T:
        with self._guard:
            if question in self.answers:
                kept: T = self.answers[question]
                return kept
        found = answer()
        with self._guard:
            self.answers[question] = found
            self.before.pop(question, None)
            self._working.pop(question, None)
            while len(self.answers) > ANSWERS_KEPT:
                del self.answers[next(iter(self.answers))]
        return found

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
