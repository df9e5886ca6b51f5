"""Fills the features of a spine's rows: context first, once per life and date, then the deals, some at a time."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeVar

import numpy as np
import polars as pl

from features.aggregate import AGGREGATES, Aggregate, Stream
from features.context import COMPANY, ENTITIES
from features.few import Steps, steps_of
from features.kernel import blank, put, still
from features.log import FEW, Log, Words, instants_us, numbers_of
from features.rows import Grouped, Instants, grouped, in_use, instants_of, points, words_of
from features.sweep import Value, at_rows, frame_of, planned, told, values_at, walked
from features.wanted import Wanted
from history import fiscal
from history.settings import Settings

ROWS_AT_A_TIME = 65_536
T = TypeVar("T")


@dataclass(frozen=True)
class Filled:
    """Features of rows: `numbers` is (features, rows) with NaN for none, `categories` text by feature."""

    numbers: np.ndarray
    categories: dict[str, Words]


@dataclass(frozen=True)
class Context:
    """What was known of one entity of each row: the row's point, and the aggregates' values at the points."""

    of_row: np.ndarray
    values: Mapping[str, Value]

    def at(self, key: str, rows: np.ndarray | slice) -> Value:
        return at_rows(self.values[key], self.of_row[rows])


@dataclass(frozen=True)
class Rows:
    """A spine laid out: the deal and the instant of each row, the rows deal by deal, and what the calendar says."""

    us: np.ndarray
    instants: Instants
    names: Words
    deals: Grouped
    calendar: Context


def lay_out(spine: pl.DataFrame, settings: Settings) -> Rows:
    """The rows of a spine (deal_id, as_of), ready to be filled."""
    us = instants_us(spine["as_of"].cast(pl.Datetime("us")))
    instants, names = instants_of(us), in_use(words_of(spine["deal_id"]))
    calendar = Context(instants.of_row, calendar_of(instants.us, settings))
    return Rows(us, instants, names, grouped(names, instants.sequence), calendar)


def fill(logs: Mapping[Stream, Log], rows: Rows, asked: Wanted, threads: int, dtype: np.dtype) -> Filled:
    """The features asked for, row for row."""
    us = rows.us
    contexts = context_of(logs, rows, asked, threads)
    places = {stream: np.append(logs[stream].places(rows.deals.names), -1) for stream in asked.own}
    numbers = (
        blank(len(asked.numbers), len(us)) if dtype == np.float64 else np.empty((len(asked.numbers), len(us)), dtype)
    )
    out = Filled(numbers, _empty_categories(asked, logs, len(us)))

    def part(bounds: tuple[int, int]) -> None:
        _fill_deals(bounds, logs, rows, places, contexts, asked, out)

    parts = _parts(rows.deals.offsets)
    each(part, parts, threads if len(parts) > 1 else 1)
    return out


def ready(logs: Mapping[Stream, Log], settings: Settings, spine: pl.DataFrame, asked: Wanted, threads: int) -> Rows:
    """The spine laid out, and the plans of the deals' own streams made: each thread of `fill` would make its own."""
    found: list[Rows] = []
    works: list[Callable[[], object]] = [lambda: found.append(lay_out(spine, settings))]
    works += [partial(planned, logs[stream], aggregates) for stream, aggregates in asked.own.items()]
    each(_do, works, threads if spine.height > ROWS_AT_A_TIME else 1)
    return found[0]


def _do(work: Callable[[], object]) -> object:
    return work()


def each(work: Callable[[T], object], things: Iterable[T], threads: int) -> None:
    """Do `work` on each of some things, in this thread or in several."""
    if threads <= 1:
        for thing in things:
            work(thing)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, things))


def _parts(offsets: np.ndarray) -> list[tuple[int, int]]:
    """Groups of deals that have some tens of thousands of rows together."""
    n_parts = max(1, -(-int(offsets[-1]) // ROWS_AT_A_TIME))
    edges = np.searchsorted(offsets, np.linspace(0, offsets[-1], n_parts + 1)[1:-1])
    bounds = sorted({0, *(int(edge) for edge in edges), len(offsets) - 1})
    return list(itertools.pairwise(bounds))


def _fill_deals(
    bounds: tuple[int, int],
    logs: Mapping[Stream, Log],
    rows: Rows,
    places: Mapping[Stream, np.ndarray],
    contexts: Mapping[str, Context],
    asked: Wanted,
    out: Filled,
) -> None:
    """Fill the rows of the deals first..last-1, as `bounds` says."""
    first, last = bounds
    offsets = rows.deals.offsets[first : last + 1]
    at = rows.deals.order[offsets[0] : offsets[-1]]
    us = rows.us[at]
    values: dict[str, Value] = {"as_of": us.view("datetime64[us]")}
    for stream, aggregates in asked.own.items():
        values |= walked(logs[stream], aggregates, places[stream][first:last], offsets, us)
    for key in (*asked.roots, *asked.plain.values()):
        if key not in values:
            values[key] = contexts[key].at(key, at)
    worked_out = _worked_out(asked, values, len(at))
    for place, name in enumerate(asked.numbers):
        value = values[asked.plain[name]] if name in asked.plain else worked_out(name)
        assert isinstance(value, np.ndarray)
        put(out.numbers[place], still(at), still(value))
    for name in asked.categories:
        found = values[asked.plain[name]]
        assert isinstance(found, Words)
        out.categories[name].codes[at] = found.codes


def _worked_out(asked: Wanted, values: Mapping[str, Value], n_rows: int) -> Callable[[str], np.ndarray]:
    """How to get the numbers of each feature that is worked out from aggregates."""
    if n_rows <= FEW and asked.steps is not None:
        found = asked.steps.over({root: told(values[root]) for root in asked.steps.roots}, n_rows)
        numbers = np.array(found, np.float64).reshape(len(found), n_rows)
        return dict(zip(asked.worked_out_names, numbers, strict=True)).__getitem__
    frame = frame_of({root: values[root] for root in asked.roots}).select_seq(asked.worked_out)
    return lambda name: numbers_of(frame[name])


def _empty_categories(asked: Wanted, logs: Mapping[Stream, Log], n_rows: int) -> dict[str, Words]:
    found = {}
    for name in asked.categories:
        aggregate = AGGREGATES[asked.plain[name]]
        words = logs[aggregate.stream].values(str(aggregate.column))
        assert isinstance(words, Words), name
        found[name] = Words(np.empty(n_rows, np.int32), words.words)
    return found


def context_of(logs: Mapping[Stream, Log], rows: Rows, asked: Wanted, threads: int) -> dict[str, Context]:
    """For each key of an aggregate that is no deal's own, and each column of the calendar, where to find its value."""
    found = dict.fromkeys(rows.calendar.values, rows.calendar)
    known = _own_keys(logs, rows, asked.keys, threads)
    for entity, streams in asked.context.items():
        for root in ENTITIES[entity].meta.root_names():
            if root not in known:
                known[root] = found[root].at(root, slice(None))
        at = points(_names(entity, known, len(rows.us)), rows.us, rows.instants.sequence)
        values: dict[str, Value] = {}
        for stream, aggregates in streams.items():
            values |= values_at(logs[stream], aggregates, at.names, at.offsets, at.us, threads)
        found |= dict.fromkeys(values, Context(at.of_row, values))
    return found


def _own_keys(
    logs: Mapping[Stream, Log], rows: Rows, keys: Mapping[Stream, tuple[Aggregate, ...]], threads: int
) -> dict[str, Value]:
    """What the deals' own streams say of whose they are, row by row."""
    if not keys:
        return {}
    deals = rows.deals
    back = np.empty(len(deals.order), np.int64)
    back[deals.order] = np.arange(len(deals.order))
    us = rows.us[deals.order]
    found: dict[str, Value] = {}
    for stream, aggregates in keys.items():
        values = values_at(logs[stream], aggregates, deals.names, deals.offsets, us, threads)
        found |= {key: at_rows(value, back) for key, value in values.items()}
    return found


def _names(entity: str, known: Mapping[str, Value], n_rows: int) -> Words:
    """Whose life is told in each row; what needs nothing to be known is told of the company."""
    key = ENTITIES[entity]
    roots = key.meta.root_names()
    if not roots:
        return Words(np.zeros(n_rows, np.int32), pl.Series([COMPANY]))
    if key.meta.is_column():
        plain = known[roots[0]]
        assert isinstance(plain, Words)
        return plain
    if n_rows <= FEW and (steps := _key_steps(entity)) is not None:
        names = steps.over({root: told(known[root]) for root in steps.roots}, n_rows)[0]
        return words_of(pl.Series(names, dtype=pl.String))
    return words_of(frame_of({root: known[root] for root in roots}).select_seq(key).to_series())


@cache
def _key_steps(entity: str) -> Steps | None:
    return steps_of([ENTITIES[entity]])


def calendar_of(instants: np.ndarray, settings: Settings) -> dict[str, Value]:
    """quarter_day, quarter_days_left, quarter_end (an instant) and month of each instant, in the workspace's time."""
    days = [settings.day_of(_datetime(instant)) for instant in instants]
    quarters = [fiscal.quarter_of(day, settings) for day in days]
    ends = [settings.start_of(quarter.end_day) for quarter in quarters]
    pairs = list(zip(days, quarters, strict=True))
    return {
        "quarter_day": np.array([(day - quarter.first_day).days + 1 for day, quarter in pairs], np.float64),
        "quarter_days_left": np.array([(quarter.end_day - day).days for day, quarter in pairs], np.float64),
        "quarter_end": np.array(ends, "datetime64[us]"),
        "month": np.array([day.month for day in days], np.float64),
    }


def _datetime(us: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(us))
