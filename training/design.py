"""The rows that a booster reads: encoded features beside what the asked horizon adds to them."""

from __future__ import annotations

import numpy as np

from features.matrix import Matrix
from history.settings import Settings
from training.frames import as_of_column, number_column
from training.horizon import horizon_columns


def values_at(matrix: Matrix, encoded: np.ndarray, horizon_days: np.ndarray, settings: Settings) -> np.ndarray:
    """`encoded` (rows x features of `matrix`) with the horizon's columns at `horizon_days` (rows), as float64."""
    return values_at_each(matrix, encoded, horizon_days[None, :], settings)[0]


def values_at_each(matrix: Matrix, encoded: np.ndarray, horizon_days: np.ndarray, settings: Settings) -> np.ndarray:
    """The same for several horizons of each row: `horizon_days` and the result begin with one axis of horizons."""
    n, width = encoded.shape
    as_of, close = as_of_column(matrix), number_column(matrix, "days_to_close_date")
    starts, closes = (np.tile(column, len(horizon_days)) for column in (as_of, close))
    columns = horizon_columns(starts, horizon_days.ravel(), closes, settings)
    out = np.empty((len(horizon_days), n, width + columns.shape[1]))
    out[:, :, :width] = encoded
    out[:, :, width:] = columns.reshape(len(horizon_days), n, columns.shape[1])
    return out
