"""A model whose columns have been mixed up, as a careless change of the matrix would."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from training.bundle import Model
from training.explain import Explanation


class Swapped:
    """Reads in place of each number the one that stands three columns further."""

    def __init__(self, model: Model) -> None:
        self.model = model

    @property
    def facts(self) -> Mapping[str, object]:
        return self.model.facts

    def predict(self, matrix: pd.DataFrame, horizon_days: np.ndarray | float) -> pd.DataFrame:
        return self.model.predict(mixed_up(matrix), horizon_days)

    def explain(self, matrix: pd.DataFrame) -> Explanation:
        return self.model.explain(mixed_up(matrix))


def mixed_up(matrix: pd.DataFrame) -> pd.DataFrame:
    numbers = [name for name in matrix.columns if not isinstance(matrix[name].dtype, pd.CategoricalDtype)]
    turned = [*numbers[3:], *numbers[:3]]
    return matrix.assign(**{name: matrix[other].to_numpy() for name, other in zip(numbers, turned, strict=True)})
