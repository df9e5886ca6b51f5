"""THE ENGINE: one compiled walk over sorted events and as-of points; training and serving alike.

For each entity the kernel takes the as-of points in order and lets in the events that had arrived by then (recorded
and happened before the point). It keeps what has arrived in order of happening, so trailing windows move forward
over it and a late-recorded event finds its place. It cannot look ahead: an event that has not arrived is not read.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numba
import numpy as np
import polars as pl

from features.aggregate import CONDITIONS, DAY_US, INDEX_OPS, Aggregate

FIXED_POINT = 1_000_000
_OPS = {"last": 0, "first": 1, "ago": 2, "count": 3, "sum": 4, "distinct": 5}
_NO_WINDOW = -1
_LONG_AGO = np.iinfo(np.int64).min // 4
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Log:
    """A stream's events sorted by entity, arrival and happening.

    `frame` holds the columns (among them entity and happened_at), `entities` the sorted distinct entity names,
    `offsets` where each one's events begin, `happened_us` and `arrived_us` the instants in microseconds. `plans`
    keeps what the kernel needs for steps once asked for, so that a log swept again and again is laid out once.
    """

    frame: pl.DataFrame
    entities: pl.Series
    offsets: np.ndarray
    happened_us: np.ndarray
    arrived_us: np.ndarray
    replaced_us: np.ndarray
    plans: dict[tuple[_Step, ...], tuple] = field(default_factory=dict, repr=False, compare=False)


def make_log(frame: pl.DataFrame, tie_break: Sequence[str] = ()) -> Log:
    """A log from a frame with columns entity, happened_at, recorded_at, maybe replaced_at, and the stream's own.

    Events without entity are left out. `tie_break` orders events of one instant by content, never by row order.
    """
    arrived = pl.max_horizontal("happened_at", "recorded_at").dt.epoch("us").alias("_arrived")
    rows = frame.filter(pl.col("entity").is_not_null() & pl.col("happened_at").is_not_null()).with_columns(arrived)
    rows = rows.sort("entity", "_arrived", "happened_at", *tie_break, nulls_last=False)
    lengths = rows.select(pl.col("entity").rle()).unnest("entity") if rows.height else None
    entities = lengths["value"] if lengths is not None else pl.Series("value", [], dtype=pl.String)
    counts = lengths["len"].to_numpy().astype(np.int64) if lengths is not None else np.zeros(0, np.int64)
    return Log(
        frame=rows.drop("_arrived"),
        entities=entities.cast(pl.String),
        offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
        happened_us=rows["happened_at"].dt.epoch("us").to_numpy(),
        arrived_us=rows["_arrived"].to_numpy(),
        replaced_us=_replaced(rows),
    )


def _replaced(rows: pl.DataFrame) -> np.ndarray:
    if "replaced_at" not in rows.columns:
        return np.full(rows.height, _NEVER)
    return rows["replaced_at"].dt.epoch("us").fill_null(_NEVER).to_numpy()


@numba.njit(cache=True, nogil=True)
def _walk(
    first_entity, last_entity, offsets, happened, arrived, replaced, bits, row_offsets, row_us,
    ops, agg_bit, agg_window, agg_source, windows_us, values, codes, n_codes, out,
):  # fmt: skip
    """Fill `out[row, aggregate]` for the rows of entities first_entity..last_entity-1."""
    n_aggs, n_windows = ops.shape[0], windows_us.shape[0]
    longest = 1
    for e in range(first_entity, last_entity):
        longest = max(longest, offsets[e + 1] - offsets[e])
    order = np.empty(longest, np.int64)
    state = np.empty(n_aggs, np.int64)
    seen = np.zeros((max(1, codes.shape[0]), n_codes), np.int32)
    starts = np.empty(n_windows, np.int64)
    cutoffs = np.empty(n_windows, np.int64)
    for e in range(first_entity, last_entity):
        if row_offsets[e] == row_offsets[e + 1]:
            continue
        before = _LONG_AGO
        upcoming = offsets[e]
        some_replaced = False
        for i in range(offsets[e], offsets[e + 1]):
            some_replaced = some_replaced or replaced[i] < _NEVER
        for r in range(row_offsets[e], row_offsets[e + 1]):
            now = row_us[r]
            anew = r == row_offsets[e]
            # Where a newer version replaced an event since the last point, the life is walked anew without it.
            if some_replaced:
                for i in range(offsets[e], upcoming):
                    anew = anew or before <= replaced[i] < now
            before = now
            if anew:
                for s in range(codes.shape[0]):
                    for i in range(offsets[e], upcoming):
                        if codes[s, i] >= 0:
                            seen[s, codes[s, i]] = 0
                for a in range(n_aggs):
                    state[a] = -1 if ops[a] <= 2 else 0
                starts[:] = 0
                cutoffs[:] = _LONG_AGO
                arrived_count = 0
                upcoming = offsets[e]
            while upcoming < offsets[e + 1] and arrived[upcoming] < now:
                i = upcoming
                upcoming += 1
                if replaced[i] < now:
                    continue
                at = happened[i]
                place = arrived_count
                while place > 0 and happened[order[place - 1]] > at:
                    order[place] = order[place - 1]
                    place -= 1
                order[place] = i
                arrived_count += 1
                for w in range(n_windows):
                    if at < cutoffs[w]:
                        starts[w] += 1
                for a in range(n_aggs):
                    if not (bits[i] >> agg_bit[a]) & 1:
                        continue
                    window = agg_window[a]
                    gone = window >= 0 and at < cutoffs[window]
                    op = ops[a]
                    if op == 0:
                        if state[a] < 0 or happened[state[a]] <= at:
                            state[a] = i
                    elif op == 1:
                        if state[a] < 0 or at < happened[state[a]]:
                            state[a] = i
                    elif op == 2:
                        if gone and (state[a] < 0 or happened[state[a]] <= at):
                            state[a] = i
                    elif gone:
                        continue
                    elif op == 3:
                        state[a] += 1
                    elif op == 4:
                        state[a] += values[agg_source[a], i]
                    else:
                        code = codes[agg_source[a], i]
                        if code >= 0:
                            seen[agg_source[a], code] += 1
                            if seen[agg_source[a], code] == 1:
                                state[a] += 1
            for w in range(n_windows):
                cutoffs[w] = now - windows_us[w]
                while starts[w] < arrived_count and happened[order[starts[w]]] < cutoffs[w]:
                    i = order[starts[w]]
                    starts[w] += 1
                    for a in range(n_aggs):
                        if agg_window[a] != w or not (bits[i] >> agg_bit[a]) & 1:
                            continue
                        op = ops[a]
                        if op == 2:
                            if state[a] < 0 or happened[state[a]] <= happened[i]:
                                state[a] = i
                        elif op == 3:
                            state[a] -= 1
                        elif op == 4:
                            state[a] -= values[agg_source[a], i]
                        elif op == 5:
                            code = codes[agg_source[a], i]
                            if code >= 0:
                                seen[agg_source[a], code] -= 1
                                if seen[agg_source[a], code] == 0:
                                    state[a] -= 1
            for a in range(n_aggs):
                out[r, a] = state[a]
        for s in range(codes.shape[0]):
            for i in range(offsets[e], offsets[e + 1]):
                if codes[s, i] >= 0:
                    seen[s, codes[s, i]] = 0


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
    steps = list(dict.fromkeys(_step(aggregate) for aggregate in aggregates))
    found = _states(log, rows, steps, threads)
    return pl.DataFrame({a.key: _result(log, a, found[:, steps.index(_step(a))]) for a in aggregates})


def _states(log: Log, rows: pl.DataFrame, steps: Sequence[_Step], threads: int) -> np.ndarray:
    """What the kernel found for each row and step, in the order of `rows`: event positions, counts or sums."""
    lookup = pl.DataFrame({"entity": log.entities, "_e": np.arange(len(log.entities), dtype=np.int64)})
    place = rows.select(pl.col("entity").cast(pl.String), pl.col("as_of").dt.epoch("us")).join(
        lookup, on="entity", how="left", maintain_order="left"
    )
    entity = place["_e"].fill_null(len(log.entities)).to_numpy()
    row_us = place["as_of"].to_numpy()
    order = np.lexsort((row_us, entity))
    row_offsets = np.searchsorted(entity[order], np.arange(len(log.entities) + 1))
    if tuple(steps) not in log.plans:
        log.plans[tuple(steps)] = _plan(log, steps)
    plan = log.plans[tuple(steps)]
    found = np.empty((rows.height, len(steps)), np.int64)
    found[:] = np.array([-1 if step.op in INDEX_OPS else 0 for step in steps], np.int64)
    known = int(row_offsets[-1])
    out = found[:known].copy()
    arguments = (
        log.offsets,
        log.happened_us,
        log.arrived_us,
        log.replaced_us,
        plan[0],
        row_offsets,
        row_us[order],
        *plan[1:],
        out,
    )
    _run(arguments, log, row_offsets, threads)
    found[order[:known]] = out
    return found


def _run(arguments: tuple, log: Log, row_offsets: np.ndarray, threads: int) -> None:
    n_entities = len(log.entities)
    if threads <= 1 or n_entities < 2_000:
        _walk(0, n_entities, *arguments)
        return
    work = np.diff(log.offsets) + np.diff(row_offsets)
    edges = np.searchsorted(np.cumsum(work), np.linspace(0, work.sum(), 4 * threads + 1)[1:-1])
    bounds = [0, *(int(edge) for edge in edges), n_entities]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda pair: _walk(pair[0], pair[1], *arguments), itertools.pairwise(bounds)))


def _plan(log: Log, steps: Sequence[_Step]) -> tuple:
    """The steps as arrays: condition bits per event, then per step op, bit, window and value source."""
    wheres = list(dict.fromkeys(step.where for step in steps))
    if len(wheres) > 64:
        raise ValueError(f"a stream has {len(wheres)} conditions; the engine holds 64 in one word. Merge some.")
    bits = np.zeros(len(log.happened_us), np.uint64)
    for bit, where in enumerate(wheres):
        truth = log.frame.select(CONDITIONS[where].fill_null(False).alias("_"))["_"]
        mask = truth.to_numpy() if len(truth) == log.frame.height else np.full(log.frame.height, truth.item())
        bits |= mask.astype(np.uint64) << np.uint64(bit)
    days = list(dict.fromkeys(step.days for step in steps if step.days is not None))
    summed = list(dict.fromkeys(step.column for step in steps if step.op == "sum"))
    told_apart = [step for step in steps if step.op == "distinct"]
    values = np.stack([_fixed(log.frame[c]) for c in summed]) if summed else np.zeros((0, len(bits)), np.int64)
    coded = [_codes(log.frame[str(step.column)]) for step in told_apart]
    codes = np.stack(coded) if coded else np.zeros((0, len(bits)), np.int64)
    sources = [
        summed.index(s.column) if s.op == "sum" else told_apart.index(s) if s.op == "distinct" else -1 for s in steps
    ]
    return (
        bits,
        np.array([_OPS[step.op] for step in steps], np.int64),
        np.array([wheres.index(step.where) for step in steps], np.uint64),
        np.array([_NO_WINDOW if step.days is None else days.index(step.days) for step in steps], np.int64),
        np.array(sources, np.int64),
        np.array([round(d * DAY_US) for d in days], np.int64),
        values,
        codes,
        max(1, int(codes.max()) + 1 if codes.size else 1),
    )


def _fixed(column: pl.Series) -> np.ndarray:
    numbers = column.cast(pl.Float64).fill_null(0.0).fill_nan(0.0).to_numpy()
    return np.rint(np.clip(numbers, -1e11, 1e11) * FIXED_POINT).astype(np.int64)


def _codes(column: pl.Series) -> np.ndarray:
    # The codes only tell values apart, so their order does not matter.
    dense = column.rank("dense").cast(pl.Int64) - 1
    return dense.fill_null(-1).to_numpy()


def _result(log: Log, aggregate: Aggregate, found: np.ndarray) -> pl.Series:
    if aggregate.op in INDEX_OPS:
        index = pl.Series(found).replace(-1, None)
        return log.frame[str(aggregate.column)].gather(index).alias(aggregate.key)
    if aggregate.op == "sum":
        return pl.Series(aggregate.key, found / FIXED_POINT)
    return pl.Series(aggregate.key, found)
