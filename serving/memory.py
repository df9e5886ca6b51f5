"""Answers that are worked out once, by one thread for all who ask meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
ANSWERS_KEPT = 256
WARMER = "warmer"
"""The name of the thread that works answers out before they are asked for."""


@dataclass(frozen=True)
class Memory:
    """Answers by question, of which there may be `ANSWERS_KEPT`."""

    answers: dict[Hashable, Any] = field(default_factory=dict)
    before: dict[Hashable, Any] = field(default_factory=dict)
    """Answers of what stood before, given until those of now are worked out; see `serving.warmth`."""
    since: float = 0.0
    """When the oldest of `before` was still right, by the monotonic clock."""
    settled: threading.Event = field(default_factory=threading.Event)
    """Set once nothing is worked out ahead any more."""
    _guard: threading.Lock = field(default_factory=threading.Lock, init=False)
    _working: dict[Hashable, threading.RLock] = field(default_factory=dict, init=False)

    def remembered(self, question: Hashable, answer: Callable[[], T]) -> T:
        """The answer to a question. Where there are too many the one asked for longest ago is forgotten."""
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
