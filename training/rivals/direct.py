"""One model per question: it learns only from days whose own horizon of that question had ended by the cut."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl

from training.design import values_at
from training.fitting import FitOptions, Window, recency
from training.horizon import HORIZON_COLUMNS
from training.labels import WON, outcomes_by
from training.rivals.rival import Baseline, HorizonOf, horizon_ends, one_share, open_interval
from training.rivals.trees import Rows, grow
from training.splits import with_horizon_days


def direct(window: Window, horizon_of: HorizonOf, options: FitOptions | None = None) -> Baseline:
    """The chance to be won by the horizon that `horizon_of` asks, from a booster that learned that question alone."""
    options = options or FitOptions()
    asked = asked_rows(window, horizon_of)
    won = (asked["label"] == WON).to_numpy().astype(float)
    if not 0 < won.sum() < len(won):
        return one_share(won)
    grown = grow(_rows(window, asked, won), options.boost)

    def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
        if len(matrix) == 0:
            return np.empty(0)
        values = values_at(matrix, window.encoding.encode(matrix), horizon_days, window.history.settings)
        return open_interval(grown.chance(values))

    return chance


def asked_rows(window: Window, horizon_of: HorizonOf) -> pl.DataFrame:
    """The window's open deals on days whose asked horizon had ended by the cut, with horizon_days and label."""
    ends = horizon_ends(window.spine["as_of"], horizon_of)
    ended = window.spine.with_columns(horizon_end=ends).filter(pl.col("horizon_end") <= window.cut)
    return outcomes_by(window.history, with_horizon_days(ended), window.cut)


def _rows(window: Window, asked: pl.DataFrame, won: np.ndarray) -> Rows:
    here, days = window.matrix.iloc[asked["row"].to_numpy()], asked["horizon_days"].to_numpy()
    return Rows(
        values=values_at(here, window.encoding.encode(here), days, window.history.settings),
        happened=won,
        weight=recency(asked, window.cut, window.half_life_days),
        earlier=(asked["horizon_end"] <= window.middle).to_numpy(),
        later=(asked["as_of"] >= window.middle).to_numpy(),
        place=asked["row"].to_numpy(),
        encoding=window.encoding,
        added=HORIZON_COLUMNS,
    )
