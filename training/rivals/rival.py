"""What a rival of the deal model is: something fitted on a window that then answers like a baseline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl

from training.calibration import LEAST_CHANCE, MOST_CHANCE
from training.fitting import Window

Baseline = Callable[[pd.DataFrame, np.ndarray], np.ndarray]
"""(matrix, horizon in days per row) -> chance to be won within it, per row."""

HorizonOf = Callable[[dt.datetime], dt.datetime]
"""The exclusive end of the horizon that is asked on a date."""

Rival = Callable[[Window, HorizonOf], Baseline]


def open_interval(chance: np.ndarray) -> np.ndarray:
    """Chances held between the least and the most that are ever shown."""
    return np.clip(chance, LEAST_CHANCE, MOST_CHANCE)


def one_share(won: np.ndarray) -> Baseline:
    """One share for all rows, for a window in which nothing more can be learned from `won` (0 or 1)."""
    share = (float(won.sum()) + 1) / (len(won) + 4)

    def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
        return np.full(len(matrix), share)

    return chance


def horizon_ends(as_of: pl.Series, horizon_of: HorizonOf) -> pl.Series:
    """The end of the horizon asked on each as-of date (naive UTC)."""
    dates = as_of.unique().sort().to_list()
    ends = pl.DataFrame({"as_of": dates, "horizon_end": [horizon_of(date) for date in dates]})
    ends = ends.with_columns(pl.col("as_of", "horizon_end").cast(pl.Datetime("us")))
    return as_of.to_frame("as_of").join(ends, on="as_of", how="left", maintain_order="left")["horizon_end"]
