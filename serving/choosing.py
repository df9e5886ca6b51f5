"""Which model speaks of a day: the newest promoted one that was trained by then, else tables of past deals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd

from features.matrix import Matrix
from features.spine import open_spine
from history.errors import ModelUnavailable, NoHistory
from history.record import History
from training.explain import Explanation
from training.flag_record import FlagRecord
from training.registry import Registry
from training.small_data import TableModel, fit_table_model

YEARS_LOOKED_BACK = 3


class ServedModel(Protocol):
    """What serving asks of a model. `trained_as_of` is a naive UTC instant; after a scored day means in-sample."""

    @property
    def version(self) -> str: ...
    @property
    def trained_as_of(self) -> dt.datetime: ...
    @property
    def flag_records(self) -> Mapping[str, FlagRecord]: ...

    def predict(self, matrix: Matrix, horizon_days: np.ndarray) -> pd.DataFrame: ...
    def explain(self, matrix: Matrix) -> Explanation: ...
    def answer(self, matrix: Matrix, horizon_days: np.ndarray) -> tuple[pd.DataFrame, Explanation]: ...
    def health(self, matrix: Matrix, win_probability: np.ndarray) -> pd.DataFrame: ...


def choose_model(
    registry: Registry, as_of: dt.datetime, version: str | None = None, history: History | None = None
) -> ServedModel:
    """The model that may speak of `as_of` (naive UTC).

    `version` overrides the rule; its scores are marked in-sample where it was trained later. Without one: the newest
    promoted version trained at or before `as_of`, and where there is none tables of what `history` knew by then.
    Raises `ModelUnavailable` for a version that is not there, damaged or reads fields that are no longer configured,
    `NoHistory` when nothing was known.
    """
    fields = None if history is None else history.settings.feature_fields
    if version is not None:
        return registry.load(version, fields)
    serving = registry.serving_version(as_of)
    if serving is not None:
        return registry.load(serving.version, fields)
    if history is None:
        raise ModelUnavailable(f"no promoted model was trained by {as_of:%Y-%m-%d}; run `dealcast train` first.")
    return table_model(history, as_of)


def table_model(history: History, as_of: dt.datetime) -> TableModel:
    """The stage x age tables as they could have been made at `as_of` from the weeks before, three years at most.

    Raises `NoHistory` when nothing was known.
    """
    first = history.first_recorded
    if first is None or as_of <= first:
        day = history.settings.day_of(as_of)
        raise NoHistory(f"nothing was known on {day}, so nothing can be said of it. Give a later day or import data.")
    start = max(first, as_of - dt.timedelta(days=YEARS_LOOKED_BACK * 364))
    weeks = [as_of - dt.timedelta(days=7 * back) for back in range(1, (as_of - start).days // 7 + 1)]
    spine = open_spine(history, sorted(weeks))
    index = pd.MultiIndex.from_arrays(
        [spine["deal_id"].to_list(), spine["as_of"].to_numpy()], names=["deal_id", "as_of"]
    )
    columns = {"stage": spine["stage"].to_list(), "age_days": spine["age_days"].to_numpy()}
    return fit_table_model(pd.DataFrame(columns, index=index), history, as_of)
