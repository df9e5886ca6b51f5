"""Which model speaks of a day: the newest promoted one that was trained by then, else tables of past deals."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

import numpy as np
import pandas as pd
from training.registry import Registry
from training.small_data import fit_small_data

from history.record import History
from training.explain import Explanation


class ServedModel(Protocol):
    """What serving asks of a model. `trained_as_of` is a naive UTC instant; after a scored day means in-sample."""

    @property
    def version(self) -> str: ...
    @property
    def trained_as_of(self) -> dt.datetime: ...

    def predict(self, matrix: pd.DataFrame, horizon_days: np.ndarray) -> pd.DataFrame: ...
    def explain(self, matrix: pd.DataFrame) -> Explanation: ...
    def health(self, matrix: pd.DataFrame, win_probability: np.ndarray) -> pd.DataFrame: ...


def choose_model(
    registry: Registry, as_of: dt.datetime, version: str | None = None, history: History | None = None
) -> ServedModel:
    """The model that may speak of `as_of` (naive UTC).

    `version` overrides the rule; its scores are marked in-sample where it was trained later. Without one: the newest
    promoted version trained at or before `as_of`, and where there is none tables of what `history` knew by then.
    Raises `ModelUnavailable` for a version that is not there or damaged, `NoHistory` when nothing was known.
    """
    if version is not None:
        return registry.load(version)
    serving = registry.serving_version(as_of)
    if serving is not None:
        return registry.load(serving.version)
    assert history is not None
    return fit_small_data(history, as_of)
