"""Two forecasts as one: the mean of their log odds. Nothing is fitted, so a replay's columns are enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from scipy.special import expit, logit

from training.backtest import Replay


def blend(*chances: np.ndarray) -> np.ndarray:
    """The chance at the mean of the log odds of `chances`, which lie between 0 and 1.

    >>> blend(np.array([0.2]), np.array([0.8])).tolist()
    [0.5]
    """
    return expit(np.mean([logit(chance) for chance in chances], axis=0))


def with_blends(replay: Replay, blends: Mapping[str, Sequence[str]]) -> Replay:
    """The replay with a column per blend, of the forecasts it names; one that names what is not there is left out."""
    there = {name: parts for name, parts in blends.items() if set(parts) <= set(replay.forecasts)}
    made = [pl.Series(name, blend(*(replay.rows[part].to_numpy() for part in parts))) for name, parts in there.items()]
    return replace(replay, rows=replay.rows.with_columns(*made))
