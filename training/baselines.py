"""What a forecast without the model would have said, fitted on the same rows, known at the same cut.

Each baseline answers one question: the chance that a deal is won within a horizon.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from training.design import values_at
from training.fitting import Window
from training.frames import number_column, stages_of
from training.labels import WON
from training.rates import Rates, cell_of, fit_rates
from training.rivals.cox import cox
from training.rivals.rival import Baseline, open_interval

GATE = "stage_age"
NAMES = ("stage_map", "stage_conversion", GATE, "close_date", "naive_bayes", "logistic", "cox")
MOST_LOGISTIC_ROWS = 20_000
HORIZON_EDGES_DAYS = (7.0, 14.0, 30.0, 60.0, 90.0, 180.0)


def fit_baselines(window: Window) -> Mapping[str, Baseline]:
    """All baselines by name; `stage_age` is the one that a model must beat."""
    by_age = stage_table(window, by_age=True)
    if window.rows.is_empty():
        # Nothing has been seen from its beginning to its end yet, so every rule says what the table assumes.
        return dict.fromkeys(NAMES, by_age)
    return {
        "stage_map": stage_map(window),
        "stage_conversion": stage_table(window, by_age=False),
        GATE: by_age,
        "close_date": close_date_rule(window),
        "naive_bayes": naive_bayes(window),
        "logistic": logistic(window),
        "cox": cox(window, otherwise=by_age),
    }


def stage_map(window: Window) -> Baseline:
    """A fixed chance per stage by its place in the process, as a CRM ships it; it knows no horizon.

    The first of n open stages has 1 / (n + 1), the last n / (n + 1).
    """
    stages = window.history.settings.open_stages
    fixed = {stage: (place + 1) / (len(stages) + 1) for place, stage in enumerate(stages)}

    def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
        return np.array([fixed.get(stage, 0.5) for stage in stages_of(matrix)])

    return chance


def stage_table(window: Window, by_age: bool) -> Baseline:
    """The share won within the horizon at the deal's stage (and age, shrunk to the stage)."""
    rates: Rates = fit_rates(window.history, window.spine, window.cut, by_age)

    def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
        ages = number_column(matrix, "age_days")
        cells = [cell_of(stage, age) for stage, age in zip(stages_of(matrix), ages, strict=True)]
        return open_interval(rates.chance(cells, horizon_days)[0])

    return chance


def close_date_rule(window: Window) -> Baseline:
    """The rep's own date: the share won of deals that were dated within the horizon, and of those that were not."""
    rows = window.rows["row"].to_numpy()
    dates = number_column(window.matrix, "days_to_close_date")[rows]
    days = window.rows["horizon_days"].to_numpy()
    won = (window.rows["label"] == WON).to_numpy()
    keys = _dated(dates, days) * 10 + _horizon_bin(days)
    overall = (won.sum() + 1) / (len(won) + 4)
    shares = {key: (won[keys == key].sum() + 20 * overall) / ((keys == key).sum() + 20) for key in np.unique(keys)}

    def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
        asked = _dated(number_column(matrix, "days_to_close_date"), horizon_days) * 10 + _horizon_bin(horizon_days)
        return open_interval(np.array([shares.get(key, overall) for key in asked]))

    return chance


def naive_bayes(window: Window) -> Baseline:
    """Naive Bayes over the values of the categorical fields, with the horizon as one more field."""
    names = list(window.encoding.vocabularies)
    won = (window.rows["label"] == WON).to_numpy()
    fields = _fields(window.matrix.iloc[window.rows["row"].to_numpy()], names, window.rows["horizon_days"].to_numpy())
    prior = np.log(won.sum() + 1) - np.log((~won).sum() + 1)
    tables = [_log_ratios(values, won) for values in fields]

    def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
        total = np.full(len(matrix), prior)
        for values, table in zip(_fields(matrix, names, horizon_days), tables, strict=True):
            total += np.array([table.get(value, 0.0) for value in values])
        return open_interval(expit(total))

    return chance


def logistic(window: Window) -> Baseline:
    """Logistic regression on standardised features and the logarithm of the horizon; missing numbers as the mean."""
    names = window.encoding
    happened = (window.rows["label"] == WON).to_numpy()
    if not 0 < happened.mean() < 1:
        return stage_table(window, by_age=True)
    middle, spread = _standard(window.values)

    def plain(values: np.ndarray) -> np.ndarray:
        known = np.nan_to_num(np.clip((values - middle) / spread, -5, 5))
        codes = [
            values[:, [place]] == np.arange(len(names.vocabularies[names.names[place]])) for place in names.categorical
        ]
        return np.hstack([np.delete(known, names.categorical, axis=1), *codes, np.log(values[:, [len(names.names)]])])

    few = slice(None, None, max(1, len(happened) // MOST_LOGISTIC_ROWS))
    model = LogisticRegression(C=0.05, max_iter=200)
    model.fit(plain(window.values[few]), happened[few], sample_weight=window.weight[few] / window.weight.mean())

    def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
        values = values_at(matrix, names.encode(matrix), horizon_days, window.history.settings)
        return open_interval(model.predict_proba(plain(values))[:, 1])

    return chance


def _standard(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = ~np.isnan(values)
    n = np.maximum(known.sum(axis=0), 1)
    middle = np.where(known, values, 0).sum(axis=0) / n
    spread = np.sqrt(np.where(known, (values - middle) ** 2, 0).sum(axis=0) / n)
    return middle, np.where(spread > 0, spread, 1.0)


def _fields(matrix: pd.DataFrame, names: list[str], horizon_days: np.ndarray) -> list[np.ndarray]:
    return [_horizon_bin(horizon_days), *(matrix[name].astype(object).fillna("").to_numpy(dtype=str) for name in names)]


def _log_ratios(values: np.ndarray, won: np.ndarray) -> dict[object, float]:
    """Of each value, the log of its share among the won over its share among the rest, one row added to each."""
    kinds = np.unique(values)
    totals = (won.sum() + len(kinds), (~won).sum() + len(kinds))
    return {
        kind: float(
            np.log((won[values == kind].sum() + 1) / totals[0]) - np.log(((~won)[values == kind].sum() + 1) / totals[1])
        )
        for kind in kinds
    }


def _horizon_bin(horizon_days: np.ndarray) -> np.ndarray:
    return np.searchsorted(HORIZON_EDGES_DAYS, horizon_days)


def _dated(days_to_close_date: np.ndarray, horizon_days: np.ndarray) -> np.ndarray:
    """0: no date; 1: dated after the horizon; 2: dated within it or before."""
    return np.where(np.isnan(days_to_close_date), 0, np.where(days_to_close_date < horizon_days, 2, 1))
