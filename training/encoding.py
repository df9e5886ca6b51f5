"""From the feature matrix to the plain numbers a booster reads: columns in a fixed order, categories as codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from history.errors import ModelUnavailable
from training.horizon import HORIZON_COLUMNS


@dataclass(frozen=True)
class Encoding:
    """Feature names in order, and for each categorical feature the values that have a code; any other is missing."""

    names: tuple[str, ...]
    vocabularies: Mapping[str, tuple[str, ...]]

    @property
    def columns(self) -> tuple[str, ...]:
        """The booster's columns: the features, then what the horizon adds."""
        return (*self.names, *HORIZON_COLUMNS)

    @property
    def categorical(self) -> list[int]:
        return [place for place, name in enumerate(self.names) if name in self.vocabularies]

    def encode(self, matrix: pd.DataFrame) -> np.ndarray:
        """`matrix` (rows x features) as float64 (rows x names); raises `ModelUnavailable` when a feature is absent."""
        if absent := [name for name in self.names if name not in matrix.columns]:
            raise ModelUnavailable(
                f"the matrix lacks feature {absent[0]!r}, which the model was trained on; "
                "expected the features of the version it was trained with. Train a model on these features."
            )
        # Numbers are taken all at once, and rows lose their names: of one row, a hundred named columns are dear.
        rows = matrix.set_axis(pd.RangeIndex(len(matrix)))
        numeric = [place for place, name in enumerate(self.names) if name not in self.vocabularies]
        out = np.empty((len(matrix), len(self.names)))
        out[:, numeric] = rows[[self.names[place] for place in numeric]].to_numpy(dtype=np.float64)
        for place in self.categorical:
            out[:, place] = self._codes(rows[self.names[place]])
        return out

    def _codes(self, values: pd.Series) -> np.ndarray:
        codes = {value: float(code) for code, value in enumerate(self.vocabularies[str(values.name)])}
        given = values.array
        assert isinstance(given, pd.Categorical)
        kinds = [codes.get(str(value), np.nan) for value in given.categories]
        return np.array([*kinds, np.nan])[given.codes]


def learn_encoding(matrix: pd.DataFrame, least_rows: int = 50, most_values: int = 64) -> Encoding:
    """The encoding of a training matrix: features that vary, and the commonest values of each categorical one.

    A feature that holds one value (or none) in all of `matrix` tells nothing and is left out; a category value seen in
    fewer than `least_rows` rows is treated as missing.
    """
    vocabularies: dict[str, tuple[str, ...]] = {}
    names = []
    for name in matrix.columns:
        values = matrix[name]
        if isinstance(values.dtype, pd.CategoricalDtype):
            counts = values.value_counts()
            common = counts[counts >= least_rows].index.astype(str)[:most_values]
            if len(common) == 0 or (len(counts) == 1 and not values.isna().any()):
                continue
            vocabularies[str(name)] = tuple(sorted(common))
        elif values.nunique(dropna=False) < 2:
            continue
        names.append(str(name))
    return Encoding(tuple(names), vocabularies)
