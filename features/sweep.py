"""THE ENGINE: one compiled walk over sorted events and as-of points; training and serving alike.

For each entity the kernel takes the as-of points in order and lets in the events that had arrived by then (recorded
and happened before the point). It keeps what has arrived in order of happening, so trailing windows move forward
over it and a late-recorded event finds its place. It cannot look ahead: an event that has not arrived is not read.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from features.aggregate import AGGREGATES, CONDITIONS, DAY_US, INDEX_OPS, Aggregate
from features.few import Steps, steps_of
from features.kernel import NO_TIME, blank_states, codes_within, first_alike, fixed, no_bits, set_bit, still, take, walk
from features.log import FEW, FEW_EVENTS, Log, Words, instants_us, make_log, numbers_of
from features.rows import instants_of, points, words_of

__all__ = ["Log", "make_log", "sweep"]

FIXED_POINT = 1_000_000
_OPS = {"last": 0, "first": 1, "ago": 2, "count": 3, "sum": 4, "distinct": 5}
_NO_WINDOW = -1
_WORTH_THREADS = 20_000
_COMPARED_AT_A_TIME = 65_536
Value = np.ndarray | Words
_WALK: Callable[..., None] = walk


@dataclass(frozen=True)
class _Step:
    """One thing the kernel computes: an operation on the events of one condition, maybe windowed."""

    op: str
    where: str
    column: str | None
    days: float | None


def _step(aggregate: Aggregate) -> _Step:
    column = None if aggregate.op in (*INDEX_OPS, "count") else aggregate.column
    return _Step(aggregate.op, aggregate.where, column, aggregate.days)


def sweep(log: Log, rows: pl.DataFrame, aggregates: Sequence[Aggregate], threads: int = 1) -> pl.DataFrame:
    """The aggregates as of each row.

    `rows` has the columns entity (text) and as_of (naive UTC instant); the result has one column per aggregate,
    named by its key, in the order of `rows`. Counts are 0 and values null where nothing had arrived.
    """
    us = instants_us(rows["as_of"].cast(pl.Datetime("us")))
    return frame_of(swept(log, words_of(rows["entity"]), us, aggregates, threads))


def swept(
    log: Log, entities: Words, us: np.ndarray, aggregates: Sequence[Aggregate], threads: int = 1
) -> dict[str, Value]:
    """As `sweep`, for rows of these entities and instants (microseconds), as `values_at` gives them."""
    at = points(entities, us, instants_of(us).sequence)
    found = values_at(log, aggregates, at.names, at.offsets, at.us, threads)
    return {key: at_rows(value, at.of_row) for key, value in found.items()}


def values_at(
    log: Log, aggregates: Sequence[Aggregate], names: pl.Series, offsets: np.ndarray, us: np.ndarray, threads: int = 1
) -> dict[str, Value]:
    """The aggregates at points: those of names[g] are us[offsets[g]:offsets[g + 1]], ascending; the last are of none.

    Counts are 0, numbers NaN, instants NaT and codes -1 where nothing had arrived. Answers by the aggregate's key.
    """
    return walked(log, aggregates, np.append(log.places(names), -1), offsets, us, threads)


def walked(
    log: Log, aggregates: Sequence[Aggregate], place: np.ndarray, offsets: np.ndarray, us: np.ndarray, threads: int = 1
) -> dict[str, Value]:
    """As `values_at`, for groups of points whose places in the log are known; `us` begins with point offsets[0]."""
    inputs, columns = planned(log, aggregates)
    found = blank_states(max(columns, default=-1) + 1, len(us))
    place, offsets, us = still(place), still(offsets - offsets[0]), still(us)
    if threads <= 1 or len(us) < _WORTH_THREADS:
        _WALK(place, offsets, us, *inputs, found)
    else:
        _walk_in_parts(place, offsets, us, inputs, found, threads)
    return {a.key: _value(log, a, found[column]) for a, column in zip(aggregates, columns, strict=True)}


def planned(log: Log, aggregates: Sequence[Aggregate]) -> tuple[tuple, list[int]]:
    """What the walk needs for some aggregates, worked out once per log, and which of its steps answers each."""
    keys = tuple([aggregate.key for aggregate in aggregates])
    if keys not in log.plans:
        steps, columns = _layout(keys)
        events = (log.offsets, log.happened_us, log.arrived_us, log.replaced_us)
        *plan, n_codes = _plan(log, steps)
        inputs = (*(still(array) for array in (*events, *plan)), n_codes)
        log.plans[keys] = (inputs, columns)
        log.forget_derived()
    found: tuple[tuple, list[int]] = log.plans[keys]
    return found


@lru_cache(maxsize=1_000)
def _layout(keys: tuple[str, ...]) -> tuple[list[_Step], list[int]]:
    """The steps that answer some aggregates, each once, and which of them answers each."""
    asked = [_step(AGGREGATES[key]) for key in keys]
    places = {step: place for place, step in enumerate(dict.fromkeys(asked))}
    return list(places), [places[step] for step in asked]


def _walk_in_parts(
    place: np.ndarray, offsets: np.ndarray, us: np.ndarray, inputs: tuple, found: np.ndarray, threads: int
) -> None:
    edges = np.searchsorted(offsets, np.linspace(0, len(us), 4 * threads + 1)[1:-1])
    bounds = [0, *(int(edge) for edge in edges), len(place)]

    def part(pair: tuple[int, int]) -> None:
        first, last = pair
        if first < last:
            begin, end = offsets[first], offsets[last]
            some = still(offsets[first : last + 1] - begin)
            _WALK(place[first:last], some, us[begin:end], *inputs, found[:, begin:end])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, itertools.pairwise(bounds)))


def _plan(log: Log, steps: Sequence[_Step]) -> tuple:
    """The steps as arrays: condition bits per event, then per step op, bit, window and value source."""
    wheres = tuple(dict.fromkeys(step.where for step in steps))
    if len(wheres) > 64:
        raise ValueError(f"a stream has {len(wheres)} conditions; the engine holds 64 in one word. Merge some.")
    days = list(dict.fromkeys(step.days for step in steps if step.days is not None))
    summed = list(dict.fromkeys(step.column for step in steps if step.op == "sum"))
    told_apart = list(dict.fromkeys(step.column for step in steps if step.op == "distinct"))
    # An entity's distinct values are counted per step, so each step has codes of its own, windowed or not.
    distinct = [step for step in steps if step.op == "distinct"]
    coded = {column: _codes(log, str(column)) for column in told_apart}
    n_events = len(log.happened_us)
    values = _rows_of([fixed(numbers_of(log[str(c)]), FIXED_POINT) for c in summed], n_events, np.int64)
    codes = _rows_of([coded[s.column][0] for s in distinct], n_events, np.int32)
    sources = [
        summed.index(s.column) if s.op == "sum" else distinct.index(s) if s.op == "distinct" else -1 for s in steps
    ]
    return (
        _bits(log, wheres),
        np.array([_OPS[step.op] for step in steps], np.int64),
        np.array([wheres.index(step.where) for step in steps], np.uint64),
        np.array([_NO_WINDOW if step.days is None else days.index(step.days) for step in steps], np.int64),
        np.array(sources, np.int64),
        np.array([place for day in days for place, step in enumerate(steps) if step.days == day], np.int64),
        np.cumsum([0, *(sum(step.days == day for step in steps) for day in days)]).astype(np.int64),
        np.array([round(d * DAY_US) for d in days], np.int64),
        values,
        codes,
        max((most for _, most in coded.values()), default=1),
    )


def _rows_of(found: Sequence[np.ndarray], n: int, dtype: type) -> np.ndarray:
    """Arrays of `n` as the rows of one; a single one is not copied."""
    return found[0].reshape(1, n) if len(found) == 1 else np.array(found, dtype).reshape(len(found), n)


def _bits(log: Log, wheres: tuple[str, ...]) -> np.ndarray:
    """For each event a word whose bits say which conditions it meets."""
    bits = no_bits(len(log.happened_us))
    roots, asked, plain = _conditions(wheres)
    if len(bits) <= FEW_EVENTS and (steps := _steps(wheres)) is not None:
        found = steps.over({name: log.told(name) for name in steps.roots}, len(bits))
        words = [sum(1 << bit for bit, met in enumerate(event) if met) for event in zip(*found, strict=True)]
        return np.array(words, np.uint64)
    truths = pl.DataFrame([log[name] for name in roots]).select_seq(asked)
    for bit in range(len(wheres)):
        truth = np.full(len(bits), plain[bit]) if bit in plain else truths[str(bit)].to_numpy()
        set_bit(bits, truth, np.uint64(bit))
    return bits


@lru_cache(maxsize=256)
def _conditions(wheres: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[pl.Expr, ...], Mapping[int, bool]]:
    """The columns that conditions read, each condition under its place, and the truth of those that read none.

    Made once: for the events of one deal it takes longer to write conditions down than to ask them.
    """
    told = {bit: CONDITIONS[where].fill_null(False) for bit, where in enumerate(wheres)}
    roots = {bit: CONDITIONS[where].meta.root_names() for bit, where in enumerate(wheres)}
    plain = {bit: bool(pl.select(told[bit]).item()) for bit in told if not roots[bit]}
    asked = tuple(told[bit].alias(str(bit)) for bit in told if bit not in plain)
    return tuple(dict.fromkeys(name for names in roots.values() for name in names)), asked, plain


@lru_cache(maxsize=256)
def _steps(wheres: tuple[str, ...]) -> Steps | None:
    return steps_of([CONDITIONS[where] for where in wheres])


def _codes(log: Log, column: str) -> tuple[np.ndarray, int]:
    """Codes that tell the values of each entity apart, and how many there are at most."""
    text = log[column]
    if text.dtype == pl.String and len(text) > FEW_EVENTS:
        # Equal texts of one deal are found by their hashes, and the find is checked: far sooner than by a dictionary.
        first, codes, most = first_alike(text.hash().to_numpy(), log.offsets)
        if _alike(text, first):
            codes[text.is_null().to_numpy()] = -1
            return codes, most
    found = log.values(column)
    if not isinstance(found, Words):
        distinct, codes = np.unique(found, return_inverse=True)
        missing = np.isnan(distinct) if found.dtype.kind == "f" else np.isnat(distinct)
        return codes_within(np.where(missing[codes], -1, codes), log.offsets, len(distinct))
    return codes_within(found.codes, log.offsets, len(found.words))


def _alike(text: pl.Series, first: np.ndarray) -> bool:
    """Whether each text is that at its place `first`; some at a time, for the memory."""
    parts = (slice(at, at + _COMPARED_AT_A_TIME) for at in range(0, len(text), _COMPARED_AT_A_TIME))
    return all(text.gather(first[part]).eq_missing(text[part]).all() for part in parts)


def _value(log: Log, aggregate: Aggregate, found: np.ndarray) -> Value:
    if aggregate.op == "sum":
        return found / FIXED_POINT
    if aggregate.op not in INDEX_OPS:
        return found
    return at_rows(log.values(str(aggregate.column)), found)


def at_rows(value: Value, index: np.ndarray) -> Value:
    """A value gathered; missing where the index is -1."""
    if isinstance(value, Words):
        return Words(take(still(value.codes), still(index), -1), value.words)
    if value.dtype.kind == "M":
        return take(still(value.view(np.int64)), still(index), NO_TIME).view("datetime64[us]")
    return take(still(value), still(index), np.nan if value.dtype.kind == "f" else 0)


def series_of(name: str, value: Value) -> pl.Series:
    """A value as polars: text, instants, whole numbers or numbers, null for none."""
    if isinstance(value, Words):
        if len(value.codes) <= FEW:
            return pl.Series(name, told(value), dtype=pl.String)
        words = pl.concat([value.words.cast(pl.String), pl.Series([None], dtype=pl.String)])
        return words.gather(np.where(value.codes < 0, len(value.words), value.codes)).alias(name)
    if value.dtype.kind == "M":
        instants = pl.Series(name, value.view(np.int64))
        return instants.set(instants == NO_TIME, None).cast(pl.Datetime("us"))
    return pl.Series(name, value, nan_to_null=value.dtype.kind == "f")


def frame_of(values: Mapping[str, Value]) -> pl.DataFrame:
    """Values as a polars frame."""
    return pl.DataFrame([series_of(name, value) for name, value in values.items()])


def told(value: Value) -> list[Any]:
    """A value as Python objects, None for none, instants as whole microseconds."""
    if isinstance(value, Words):
        return [value.words[code] if code >= 0 else None for code in value.codes.tolist()]
    if value.dtype.kind == "M":
        return [None if us == NO_TIME else us for us in value.view(np.int64).tolist()]
    plain: list[Any] = value.tolist()
    return [None if number != number else number for number in plain] if value.dtype.kind == "f" else plain
