"""As-of rows laid out for the walk: grouped by whose life they ask about, in the order of their instants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.kernel import group_rows, points_of, runs_of, still
from features.log import Words, as_words

FEW = 10_000


@dataclass(frozen=True)
class Grouped:
    """Rows by name: `order` lists the rows name after name, `offsets` says where each begins, the last is of no name.

    `names` are the names in use; there is one group more than names.
    """

    names: pl.Series
    order: np.ndarray
    offsets: np.ndarray


def words_of(names: pl.Series) -> Words:
    """Text as codes into the words in use; a single row is not worth a dictionary."""
    if len(names) == 1 and names.null_count() == 0:
        return Words(np.zeros(1, np.int32), names.cast(pl.String))
    return as_words(names)


def in_use(words: Words) -> Words:
    """The same with only those words that occur."""
    codes = words.codes
    if len(codes) == 1:
        # One row is asked for whenever one deal is scored; it needs no sorting.
        return Words(np.minimum(codes, 0), words.some(codes[codes >= 0]))
    if len(codes) < FEW:
        used, inverse = np.unique(codes, return_inverse=True)
        none = int(len(used) > 0 and used[0] < 0)
        return Words((inverse - none).astype(np.int32), words.some(used[none:]))
    occurs = np.zeros(len(words.words) + 1, np.bool_)
    occurs[codes] = True
    used = np.flatnonzero(occurs[:-1])
    if len(used) == len(words.words):
        return words
    number = np.full(len(occurs), -1, np.int32)
    number[used] = np.arange(len(used), dtype=np.int32)
    return Words(number[codes], words.some(used))


@dataclass(frozen=True)
class Instants:
    """The different instants of rows, ascending, which each row has, and the rows in that order (empty: as is)."""

    us: np.ndarray
    of_row: np.ndarray
    sequence: np.ndarray


def instants_of(us: np.ndarray) -> Instants:
    """The instants of rows laid out."""
    of_row, instants, in_order = runs_of(still(us))
    if in_order:
        return Instants(instants, of_row, np.zeros(0, np.int64))
    instants, of_row = np.unique(us, return_inverse=True)
    return Instants(instants, of_row, np.argsort(of_row, kind="stable"))


def grouped(words: Words, sequence: np.ndarray) -> Grouped:
    """Rows grouped by name, each group in the order of `sequence` (see `Instants`); all words are in use."""
    order, offsets = group_rows(still(words.codes), len(words.words) + 1, still(sequence))
    return Grouped(words.words, order, offsets)


@dataclass(frozen=True)
class Points:
    """The different (name, instant) of some rows: `of_row` is the point of each row, `us` the instants by name."""

    names: pl.Series
    of_row: np.ndarray
    offsets: np.ndarray
    us: np.ndarray


def points(words: Words, us: np.ndarray, sequence: np.ndarray) -> Points:
    """The points of rows with these names and instants."""
    rows = grouped(in_use(words), sequence)
    return Points(rows.names, *points_of(still(rows.order), still(rows.offsets), still(us)))
