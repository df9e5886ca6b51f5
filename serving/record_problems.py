"""What is odd in the record of a deal: events dated ahead, changes that do not fit together, no touch at all."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.log import FEW_EVENTS, Log, Words, instants_us
from history.record import History

RECORD_PROBLEMS = ("no_activity", "future_activity", "future_change", "tied_changes", "changes_out_of_order")
_FIELDS = ("stage", "amount", "close_date", "owner_id")
_NO_TOUCH = ("review", "task")


def record_problems(
    past: History, log: Log, deals: pl.Series, as_of: dt.datetime, keeps_touches: bool
) -> dict[str, np.ndarray]:
    """For each of `RECORD_PROBLEMS` which of the deals has it.

    `past` is the history as known at `as_of` (naive UTC), `log` the changes laid out, what came later among them. That
    a deal has no touch is only odd in a company that `keeps_touches`, which a few deals alone cannot tell.
    """
    now = int(np.datetime64(as_of, "us").astype(np.int64))
    touched, ahead = _touches(past["activities"], deals, now)
    deal = _deal_of_event(log, deals)
    known = (deal >= 0) & (instants_us(log.frame["recorded_at"]) < now)
    chain = _chain(log, deal, known)
    return {
        "no_activity": ~touched & keeps_touches,
        "future_activity": ahead,
        "future_change": _some(len(deals), deal[known & (log.happened_us >= now)]),
        "tied_changes": _some(len(deals), chain.deal[chain.tied()]),
        "changes_out_of_order": _some(len(deals), chain.deal[chain.out_of_order()]),
    }


def _touches(activities: pl.DataFrame, deals: pl.Series, now: int) -> np.ndarray:
    """Which deals have had a touch, and which have one dated ahead."""
    kind, deal = activities["kind"].to_list(), activities["deal_id"].to_list()
    happened = (instants_us(activities["happened_at"]) < now).tolist()
    rows = zip(deal, kind, happened, strict=True)
    told = [(of, past) for of, what, past in rows if what is not None and what not in _NO_TOUCH]
    touched, ahead = (frozenset(of for of, past in told if past is part) for part in (True, False))
    asked = deals.to_list()
    return np.array([[deal in found for deal in asked] for found in (touched, ahead)], np.bool_).reshape(2, len(asked))


def _deal_of_event(log: Log, deals: pl.Series) -> np.ndarray:
    """Which of the deals each event of the log is of; -1 for none."""
    number = np.full(len(log.entities), -1)
    places = log.places(deals)
    told = places >= 0
    number[places[told]] = np.flatnonzero(told)
    return np.repeat(number, np.diff(log.offsets))


def _some(n_deals: int, deals: np.ndarray) -> np.ndarray:
    found = np.zeros(n_deals, np.bool_)
    found[deals] = True
    return found


@dataclass(frozen=True)
class _Chain:
    """Changes of the fields whose course is checked, field by field in the order in which they took effect.

    `follows` says which has the same deal and field as the one before it, `level` which is of the same moment as well.
    """

    deal: np.ndarray
    old: np.ndarray
    new: np.ndarray
    follows: np.ndarray
    level: np.ndarray

    def out_of_order(self) -> np.ndarray:
        """Changes whose old value is not the value that the field had before them."""
        before = np.append(self.new[:1], self.new[:-1])
        odd = (self.old != before) & (self.old != None)  # noqa: E711  elementwise
        return np.flatnonzero(self.follows & odd.astype(np.bool_))

    def tied(self) -> np.ndarray:
        """The first of changes of one field at one instant of which it cannot be told which came last."""
        begins = np.flatnonzero(np.diff(self.level.astype(np.int8), append=0) == 1)
        ends = np.flatnonzero(np.diff(self.level.astype(np.int8), append=0) == -1) + 1
        return np.array([b for b, e in zip(begins, ends, strict=True) if self._is_loose(slice(b, e))], np.int64)

    def _is_loose(self, moment: slice) -> bool:
        values = set(self.new[moment])
        first = sum(old is None or old not in values for old in self.old[moment])
        return len(values) > 1 and first != 1


def _chain(log: Log, deal: np.ndarray, known: np.ndarray) -> _Chain:
    kinds = log.values("field")
    assert isinstance(kinds, Words)
    wanted = np.array([*(word in _FIELDS for word in kinds.words.to_list()), False])
    at = np.flatnonzero(known & wanted[kinds.codes])
    recorded, happened = instants_us(log.frame["recorded_at"]), log.happened_us
    at = at[np.lexsort((at, recorded[at], happened[at], kinds.codes[at], deal[at]))]
    old, new = (_texts(log.frame[side], at) for side in ("old", "new"))
    follows = _as_before(deal[at]) & _as_before(kinds.codes[at])
    return _Chain(deal[at], old, new, follows, follows & _as_before(recorded[at]) & _as_before(happened[at]))


def _texts(column: pl.Series, at: np.ndarray) -> np.ndarray:
    if len(column) > FEW_EVENTS:
        return np.array(column.gather(at).to_list(), dtype=object)
    told = column.to_list()
    return np.array([told[place] for place in at.tolist()], dtype=object)


def _as_before(values: np.ndarray) -> np.ndarray:
    """Which values equal the one before them; the first does not."""
    return np.append(False, values[1:] == values[:-1])[: len(values)]
