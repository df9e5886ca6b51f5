"""build_matrix: one row per deal and date, one column per feature, the same code for training and for one API call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
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
from features.sweep import told
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


@dataclass(frozen=True)
class Columns:
    """The features of rows, column by column: what the frame of `build_matrix` is made of.

    A model, the flags and the reasons read the columns as they are; of one deal the frame costs more than they do.
    """

    rows: Rows
    names: tuple[str, ...]
    words: Mapping[str, Words]
    block: np.ndarray
    """The numbers as one array, features x rows: those of `names` that are no words, in their order."""

    def __len__(self) -> int:
        return len(self.rows.us)

    def texts(self, name: str) -> list[str | None]:
        """A category of each row; None where there is no value."""
        return told(self.words[name])

    def row(self, place: int) -> dict[str, float | str | None]:
        """The values of one row by feature; NaN or None where there is none."""
        numbers: dict[str, float | str | None] = {name: float(of[place]) for name, of in self.numbers.items()}
        return numbers | {name: _word(words, place) for name, words in self.words.items()}

    @cached_property
    def numbers(self) -> Mapping[str, np.ndarray]:
        """The numbers by feature."""
        return dict(zip((name for name in self.names if name not in self.words), self.block, strict=True))

    @cached_property
    def index(self) -> pd.MultiIndex:
        """(deal_id, as_of) of the rows."""
        return _index(self.rows)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The frame; see `build_matrix`."""
        categories = {name: _categories(words) for name, words in self.words.items()}
        if len(self) <= FEW:
            columns = {name: categories.get(name, self.numbers.get(name)) for name in self.names}
            return pd.DataFrame(columns, self.index)
        # Millions of numbers stay where they are: the frame is made around them.
        frame = pd.DataFrame(self.block.T, self.index, list(self.numbers), copy=False)
        for name in self.words:
            frame.insert(self.names.index(name), name, pd.Series(categories[name], frame.index))
        return frame


Matrix = pd.DataFrame | Columns
"""The features of rows, made into a frame or not."""


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
    return build_columns(history, spine, threads, names, dtype).frame


def build_columns(
    history: History | Prepared,
    spine: pl.DataFrame,
    threads: int = 2,
    names: Iterable[str] | None = None,
    dtype: Literal["float64", "float32"] = "float64",
) -> Columns:
    """As `build_matrix`, before a frame is made of it."""
    asked = wanted(names, history.settings.feature_fields)
    prepared = history if isinstance(history, Prepared) else prepare(history, asked.names, threads)
    rows = ready(prepared.logs, prepared.settings, spine, asked, threads)
    filled = fill(prepared.logs, rows, asked, threads, np.dtype(dtype))
    return Columns(rows, asked.names, filled.categories, filled.numbers)


def _word(words: Words, place: int) -> str | None:
    code = int(words.codes[place])
    return words.words[code] if code >= 0 else None


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
