"""build_matrix: one row per deal and date, one column per feature, the same code for training and for one API call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
import polars as pl

from features.aggregate import Stream
from features.context import context_logs
from features.filling import Rows, each, fill, ready
from features.log import Log, Words
from features.rows import FEW, in_use
from features.streams import BASE_LOGS
from features.wanted import wanted
from history.record import History
from history.settings import Settings


@dataclass(frozen=True)
class Prepared:
    """A history laid out for the engine: every stream sorted once, to be swept as often as wanted."""

    settings: Settings
    logs: Mapping[Stream, Log]


def prepare(history: History, names: Iterable[str] | None = None, threads: int = 2) -> Prepared:
    """Lay out the streams of a history: those that the features `names` read, all of them by default."""
    streams = wanted(names, history.settings.feature_fields).streams
    of_others = [stream for stream in streams if stream not in BASE_LOGS]
    logs: dict[Stream, Log] = {}

    def lay(stream: Stream) -> None:
        logs[stream] = BASE_LOGS[stream](history)

    each(lay, [stream for stream in BASE_LOGS if of_others or stream in streams], threads)
    return Prepared(history.settings, {**logs, **(context_logs(logs) if of_others else {})})


def prepare_deals(history: History, surroundings: Prepared) -> Prepared:
    """Lay out the deals of `history` alone, among the reps, accounts and other deals of `surroundings`."""
    own = {stream: build(history) for stream, build in BASE_LOGS.items() if stream.entity == "deal"}
    return Prepared(surroundings.settings, {**surroundings.logs, **own})


def build_matrix(
    history: History | Prepared,
    spine: pl.DataFrame,
    threads: int = 2,
    names: Iterable[str] | None = None,
    dtype: Literal["float64", "float32"] = "float64",
) -> pd.DataFrame:
    """The features of each (deal_id, as_of) of `spine`, in its order.

    The frame's index is (deal_id, as_of); numbers are float64 with NaN where there is no value, categories are
    pandas categories of text. Whatever `history` holds that was recorded or happened at or after a row's as_of
    leaves that row as it is, so the whole history may be handed in. `names` are the features wanted (by default all,
    with those of the fields that the history's settings name at the end);
    `dtype` "float32" halves the memory of millions of rows at the cost of digits.
    """
    asked = wanted(names, history.settings.feature_fields)
    prepared = history if isinstance(history, Prepared) else prepare(history, asked.names, threads)
    rows = ready(prepared.logs, prepared.settings, spine, asked, threads)
    filled = fill(prepared.logs, rows, asked, threads, np.dtype(dtype))
    categories = {name: _categories(words) for name, words in filled.categories.items()}
    if spine.height <= FEW:
        numbers = dict(zip(asked.numbers, filled.numbers, strict=True))
        return pd.DataFrame({name: categories.get(name, numbers.get(name)) for name in asked.names}, _index(rows))
    # Millions of numbers stay where they are: the frame is made around them.
    frame = pd.DataFrame(filled.numbers.T, _index(rows), list(asked.numbers), copy=False)
    for name in asked.categories:
        frame.insert(asked.names.index(name), name, pd.Series(categories[name], frame.index))
    return frame


def _categories(words: Words) -> pd.Categorical:
    """The words in use as categories, in the order of their letters."""
    used = in_use(words)
    names = used.words.to_list()
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.full(len(order) + 1, -1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return pd.Categorical.from_codes(rank[used.codes], dtype=_dtype(tuple([names[i] for i in order])), validate=False)


@lru_cache(maxsize=1_000)
def _dtype(names: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(list(names), dtype="object"))


def _index(rows: Rows) -> pd.MultiIndex:
    names = pd.Index(rows.names.words.to_list(), dtype="str")
    return pd.MultiIndex(
        levels=[names, pd.DatetimeIndex(rows.instants.us.view("datetime64[us]"))],  # type: ignore[list-item]
        codes=[rows.names.codes, rows.instants.of_row],  # type: ignore[list-item]
        names=["deal_id", "as_of"],
        verify_integrity=False,
    )
