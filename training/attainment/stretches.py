"""Stretches of time: what deals that were not there at first brought, what is usual for such a stretch, and the clues.

A stretch is foretold at an instant and runs from then or later to another. Its clues are what was known at the
instant. Usual is what the same stretches of earlier periods came to, as far as they were over by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from training.attainment.events import Events
from training.attainment.recency import period_weights

KEPT_PER_PERIOD, MOST_BACK = 0.7, 8
PRIOR_DEALS, LITTLE, LEAST_USUAL = 5.0, 3.0, 1e-3
EVER = np.iinfo(np.int64).max
DAY = 86_400_000_000
MONTH, QUARTER, NEW_HIRE, LONG_TENURE = 28 * DAY, 91 * DAY, 180 * DAY, 730 * DAY
CLUES = (
    "passed",
    "days",
    "season",
    "usual",
    "created_month",
    "created_quarter",
    "created_in_company",
    "booked",
    "came_before",
    "came_in_company",
    "reps",
    "tenure",
    "new_reps",
)


@dataclass(frozen=True)
class Stretches:
    """(rows,) `at`: the instant of foretelling; `start` and `end` of what is foretold; in microseconds."""

    at: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def only(self, here: np.ndarray) -> Stretches:
        return Stretches(self.at[here], self.start[here], self.end[here])


@dataclass(frozen=True)
class Told:
    """By scope: `came` and `usual` (rows, scopes) deals, usual not a number where nothing is; `clues` (rows, scopes,
    clues).
    """

    came: np.ndarray
    usual: np.ndarray
    clues: np.ndarray


@dataclass(frozen=True)
class _Counts:
    """(rows, scopes) each; `before`: what the stretch just over brought, `reps`: people who were there."""

    came: np.ndarray
    month: np.ndarray
    quarter: np.ndarray
    booked: np.ndarray
    before: np.ndarray
    reps: np.ndarray

    def parts(self) -> tuple[np.ndarray, ...]:
        return self.came, self.month, self.quarter, self.booked, self.before, self.reps


def told(of: Events, rows: Stretches) -> Told:
    """What is known and what came of `rows`."""
    now = _counts(of, rows, rows.at, np.full(len(rows.at), EVER))
    usual, kept = _usual(of, rows)
    share = usual.came + PRIOR_DEALS * _share_of_wins(of, rows.at)
    whole = usual.came.sum(axis=1, keepdims=True)
    expected = np.maximum(whole * share / share.sum(axis=1, keepdims=True), LEAST_USUAL)
    expected[kept == 0] = np.nan
    return Told(now.came, expected, np.stack(list(_clues(of, rows, now, usual, expected)), axis=2))


def _usual(of: Events, rows: Stretches) -> tuple[_Counts, np.ndarray]:
    """The mean of the same stretches of earlier periods, the newest counting most, and (rows,) their weight."""
    sums = [np.zeros((len(rows.at), len(of.scopes)))] * len(_Counts.__dataclass_fields__)
    kept = np.zeros(len(rows.at))
    for back in range(1, MOST_BACK + 1):
        other = Stretches(*(of.back(instants, back) for instants in (rows.at, rows.start, rows.end)))
        counts = float(period_weights(np.array([back]), KEPT_PER_PERIOD, of.per_year)[0])
        weight = np.where((other.end <= rows.at) & (other.at >= of.filled), counts, 0.0)
        seen = _counts(of, other, rows.at, rows.at).parts()
        sums = [one + part * weight[:, None] for one, part in zip(sums, seen, strict=True)]
        kept += weight
    return _Counts(*(part / np.maximum(kept, 1e-12)[:, None] for part in sums)), kept


def _counts(of: Events, rows: Stretches, known: np.ndarray, came_known: np.ndarray) -> _Counts:
    """Wins count where they were known before `known`, those of the stretches themselves before `came_known`."""
    length = rows.end - rows.start
    just_over = Stretches(rows.at - length, rows.at - length, rows.at)
    return _Counts(
        _came(of, rows, came_known),
        _created(of, rows.at - MONTH, rows.at),
        _created(of, rows.at - QUARTER, rows.at),
        _booked(of, of.starts[of.number(rows.at)], rows.at),
        _came(of, just_over, known),
        _people(of, rows.at),
    )


def _came(of: Events, rows: Stretches, known: np.ndarray) -> np.ndarray:
    """Wins within each stretch of deals that were not there at its instant, as known before `known`."""
    wins = of.wins
    first, last = (np.searchsorted(wins.closed, bound) for bound in (rows.start.min(), rows.end.max()))
    there, closed, sure = (part[first:last] for part in (wins.there, wins.closed, wins.known))
    inside = (there >= rows.at[:, None]) & (closed >= rows.start[:, None]) & (closed < rows.end[:, None])
    return _by_scope(of, inside & (sure < known[:, None]), slice(first, last))


def _by_scope(of: Events, inside: np.ndarray, wins: slice = slice(None)) -> np.ndarray:
    counted = inside.astype(np.float32) @ np.eye(len(of.scopes), dtype=np.float32)[of.wins.scope[wins]]
    return np.asarray(counted, dtype=float)


def _booked(of: Events, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Wins that came to be known from `start` to `end`."""
    known = of.wins.known
    return _by_scope(of, (known >= start[:, None]) & (known < end[:, None]))


def _created(of: Events, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.column_stack([np.searchsorted(sc, end) - np.searchsorted(sc, start) for sc in of.created]).astype(float)


def _people(of: Events, at: np.ndarray) -> np.ndarray:
    here = (of.hired <= at[:, None]) & (of.left > at[:, None])
    return here.astype(float) @ np.eye(len(of.scopes))[of.people]


def _share_of_wins(of: Events, at: np.ndarray) -> np.ndarray:
    won = _by_scope(of, of.wins.known < at[:, None]) + 1.0
    return won / won.sum(axis=1, keepdims=True)


def _clues(of: Events, rows: Stretches, now: _Counts, usual: _Counts, expected: np.ndarray) -> Iterator[np.ndarray]:
    """(rows, scopes) each, in the order of `CLUES`."""
    number = of.number(rows.at)
    begun, ends = of.starts[number], of.starts[np.minimum(number + 1, len(of.starts) - 1)]
    yield _each((rows.at - begun) / np.maximum(ends - begun, 1), expected)
    yield _each(np.log((rows.end - rows.start) / DAY), expected)
    yield _each((of.number(rows.end - 1) % of.per_year).astype(float), expected)
    yield np.log(expected)
    yield _change(now.month, usual.month)
    yield _change(now.quarter, usual.quarter)
    yield _whole(now.quarter, usual.quarter)
    yield _change(now.booked, usual.booked)
    yield _change(now.before, usual.before)
    yield _whole(now.before, usual.before)
    yield np.log((now.reps + 1.0) / (usual.reps + 1.0))
    yield from _tenure(of, rows.at)


def _each(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    return np.repeat(values[:, None], like.shape[1], axis=1)


def _change(now: np.ndarray, usual: np.ndarray) -> np.ndarray:
    return np.log((now + LITTLE) / (usual + LITTLE))


def _whole(now: np.ndarray, usual: np.ndarray) -> np.ndarray:
    return _each(_change(now.sum(axis=1), usual.sum(axis=1)), now)


def _tenure(of: Events, at: np.ndarray) -> Iterator[np.ndarray]:
    """(rows, scopes) the mean tenure in years (at most two) of people who were there, and the share of new ones."""
    here = ((of.hired <= at[:, None]) & (of.left > at[:, None])).astype(float)
    tenure = np.clip(at[:, None] - of.hired, 0, LONG_TENURE)
    into = np.eye(len(of.scopes))[of.people]
    people = np.maximum(here @ into, 1.0)
    yield (here * tenure / (365 * DAY)) @ into / people
    yield (here * (tenure < NEW_HIRE)) @ into / people
