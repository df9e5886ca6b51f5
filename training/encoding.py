"""From the feature matrix to the plain numbers a booster reads: columns in a fixed order, categories as codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.matrix import Columns, Matrix
from history.errors import ModelUnavailable
from training.horizon import HORIZON_COLUMNS

FEW = 8
"""Rows up to which they are read one by one."""


@dataclass(frozen=True)
class Encoding:
    """Feature names in order, and for each categorical feature the values that have a code; any other is missing."""

    names: tuple[str, ...]
    vocabularies: Mapping[str, tuple[str, ...]]

    @property
    def columns(self) -> tuple[str, ...]:
        """The booster's columns: the features, then what the horizon adds."""
        return (*self.names, *HORIZON_COLUMNS)

    @cached_property
    def categorical(self) -> list[int]:
        return [place for place, name in enumerate(self.names) if name in self.vocabularies]

    @cached_property
    def _numbered(self) -> dict[str, dict[str, float]]:
        """The code of each value, by feature."""
        return {
            name: {value: float(code) for code, value in enumerate(values)}
            for name, values in self.vocabularies.items()
        }

    def encode(self, matrix: Matrix) -> np.ndarray:
        """`matrix` (rows x features) as float64 (rows x names); raises `ModelUnavailable` when a feature is absent."""
        present = frozenset(matrix.names if isinstance(matrix, Columns) else matrix.columns)
        if absent := [name for name in self.names if name not in present]:
            raise ModelUnavailable(
                f"the matrix lacks feature {absent[0]!r}, which the model was trained on; "
                "expected the features of the version it was trained with. Train a model on these features."
            )
        if isinstance(matrix, Columns):
            return np.column_stack([self._column(matrix, name) for name in self.names])
        if len(matrix) <= FEW:
            return self._few(matrix)
        # Numbers are taken all at once, and rows lose their names.
        rows = matrix.set_axis(pd.RangeIndex(len(matrix)))
        numeric = [place for place, name in enumerate(self.names) if name not in self.vocabularies]
        out = np.empty((len(matrix), len(self.names)))
        out[:, numeric] = rows[[self.names[place] for place in numeric]].to_numpy(dtype=np.float64)
        for place in self.categorical:
            out[:, place] = self._codes(rows[self.names[place]])
        return out

    def _column(self, matrix: Columns, name: str) -> np.ndarray:
        if name not in self.vocabularies:
            return matrix.numbers[name]
        found = matrix.words[name]
        if len(matrix) <= FEW:
            return np.array([self._numbered[name].get(str(word), np.nan) for word in matrix.texts(name)])
        kinds = [self._numbered[name].get(str(word), np.nan) for word in found.words.to_list()]
        return np.array([*kinds, np.nan])[found.codes]

    def _few(self, matrix: pd.DataFrame) -> np.ndarray:
        """The same row by row: of one row, a hundred named columns are dear."""
        place = {name: at for at, name in enumerate(matrix.columns)}
        at = [place[name] for name in self.names]
        out = np.empty((len(matrix), len(self.names)))
        for row in range(len(matrix)):
            told = matrix.iloc[row].to_numpy(dtype=object)[at]
            for column in self.categorical:
                told[column] = self._numbered[self.names[column]].get(told[column], np.nan)
            out[row] = told
        return out

    def _codes(self, values: pd.Series) -> np.ndarray:
        codes = self._numbered[str(values.name)]
        given = values.array
        assert isinstance(given, pd.Categorical)
        kinds = [codes.get(str(value), np.nan) for value in given.categories]
        return np.array([*kinds, np.nan])[given.codes]


CLOCK_SHARE = 0.5
"""A number of whose variance more than this lies between days is a clock: it tells when a row was, not which deal."""


def learn_encoding(matrix: pd.DataFrame, least_rows: int = 50, most_values: int = 64) -> Encoding:
    """The encoding of a training matrix: features that vary among deals, and the commonest values of each category.

    A feature that holds one value (or none) in all of `matrix` tells nothing and is left out, and so is a clock, which
    a model would take for a reason why the deals of one past month went otherwise. A category value seen in fewer than
    `least_rows` rows is treated as missing.
    """
    days = np.unique(matrix.index.get_level_values("as_of").to_numpy(), return_inverse=True)[1]
    vocabularies: dict[str, tuple[str, ...]] = {}
    names = []
    for name in matrix.columns:
        values = matrix[name]
        if isinstance(values.dtype, pd.CategoricalDtype):
            counts = values.value_counts()
            often = [(-n, str(value)) for value, n in counts.items() if n >= least_rows]
            common = [value for _, value in sorted(often)[:most_values]]
            if len(common) == 0 or (len(counts) == 1 and not values.isna().any()):
                continue
            vocabularies[str(name)] = tuple(sorted(common))
        elif values.nunique(dropna=False) < 2 or day_share(values.to_numpy(np.float64), days) > CLOCK_SHARE:
            continue
        names.append(str(name))
    return Encoding(tuple(names), vocabularies)


def day_share(values: np.ndarray, days: np.ndarray) -> float:
    """The share (0 to 1) of the variance of `values` (NaN left out) that lies between `days` (numbers from 0).

    What chance alone puts between days that hold few rows each is taken off (adjusted R squared).

    >>> day_share(np.array([1.0, 1.0, 5.0, 5.0]), np.array([0, 0, 1, 1]))
    1.0
    >>> day_share(np.array([1.0, 5.0, 1.0, 5.0]), np.array([0, 0, 1, 1]))
    0.0
    """
    known = ~np.isnan(values)
    values, days = values[known], days[known]
    if len(values) == 0 or (whole := float(values.var())) <= 0:
        return 0.0
    rows = np.bincount(days)
    means = np.bincount(days, values) / np.maximum(rows, 1)
    between = float(((means[days] - values.mean()) ** 2).mean()) / whole
    left = len(values) - int((rows > 0).sum())
    return max(1 - (1 - between) * (len(values) - 1) / left, 0.0) if left else 0.0
