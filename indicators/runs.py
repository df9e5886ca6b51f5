"""Rows that lie together by number, and of each number the last that is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Runs:
    """The `number` of each row, and where each run of one number begins."""

    number: np.ndarray
    begins: np.ndarray

    def last(self, chosen: np.ndarray, numbers: pl.Series) -> pl.Series:
        """For each of `numbers` the row of its last `chosen` one, null where none is.

        >>> runs_of(pl.Series([0, 0, 2])).last(np.array([True, False, True]), pl.Series([0, 1, 2])).to_list()
        [0, None, 2]
        """
        wanted = numbers.to_numpy()
        places = np.full(max(_above(self.number[self.begins]), _above(wanted)), -1, dtype=np.int32)
        if len(self.begins):
            rows = np.where(chosen, np.arange(len(self.number), dtype=np.int32), np.int32(-1))
            places[self.number[self.begins]] = np.maximum.reduceat(rows, self.begins)
        found = places[wanted]
        return pl.Series(found).set(pl.Series(found < 0), None)


def runs_of(number: pl.Series) -> Runs:
    """The runs of a column in which equal numbers lie together."""
    values = number.to_numpy()
    begins = np.ones(len(values), dtype=bool)
    begins[1:] = values[1:] != values[:-1]
    return Runs(values, np.flatnonzero(begins))


def _above(numbers: np.ndarray) -> int:
    return int(numbers.max()) + 1 if len(numbers) else 0
