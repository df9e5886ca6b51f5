"""The rows that a booster reads: encoded features beside what the asked horizon adds to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from history.settings import Settings
from training.frames import as_of_column, number_column
from training.horizon import horizon_columns


def values_at(matrix: pd.DataFrame, encoded: np.ndarray, horizon_days: np.ndarray, settings: Settings) -> np.ndarray:
    """`encoded` (rows x features of `matrix`) with the horizon's columns at `horizon_days` (rows), as float64."""
    close = number_column(matrix, "days_to_close_date")
    return np.hstack([encoded, horizon_columns(as_of_column(matrix), horizon_days, close, settings).to_numpy()])
