"""Baselines answer the same question from the same rows, and each is what its name says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from training.baselines import GATE, close_date_rule, fit_baselines, naive_bayes, stage_map
from training.fitting import Window
from training.metrics import auc, row_log_loss


def rows_of(window: Window) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    matrix = window.matrix.iloc[window.rows["row"].to_numpy()]
    won = (window.rows["label"] == "won").to_numpy().astype(float)
    return matrix, window.rows["horizon_days"].to_numpy(), won


def test_every_baseline_gives_a_chance_for_every_row(window: Window) -> None:
    matrix, days, _ = rows_of(window)
    for name, chance in fit_baselines(window).items():
        found = chance(matrix, days)
        assert found.shape == (len(matrix),), name
        assert ((found > 0) & (found < 1)).all(), name


@pytest.mark.parametrize("name", [GATE, "close_date", "naive_bayes", "logistic", "cox", "stage_conversion"])
def test_what_is_learned_is_better_than_one_chance_for_all(window: Window, name: str) -> None:
    matrix, days, won = rows_of(window)
    found = fit_baselines(window)[name](matrix, days)
    assert row_log_loss(found, won).mean() < row_log_loss(np.full(len(won), won.mean()), won).mean()
    assert auc(found, won) > 0.6


def test_the_stage_map_rises_with_the_stage_and_knows_no_horizon(window: Window) -> None:
    matrix, days, _ = rows_of(window)
    found = pd.Series(stage_map(window)(matrix, days)).groupby(matrix["stage"].to_numpy(dtype=str)).agg(["min", "max"])
    order = [stage for stage in window.history.settings.open_stages if stage in found.index]
    assert (found["min"] == found["max"]).all()
    assert found.loc[order, "min"].is_monotonic_increasing


@pytest.mark.parametrize("name", [GATE, "cox"])
def test_tables_and_cox_do_not_fall_with_the_horizon(window: Window, name: str) -> None:
    matrix, _, _ = rows_of(window)
    chance = fit_baselines(window)[name]
    found = np.stack([chance(matrix, np.full(len(matrix), days)) for days in (5.0, 30.0, 90.0, 300.0)])
    assert (np.diff(found, axis=0) >= 0).all()


def test_a_deal_dated_within_the_horizon_has_the_larger_chance(window: Window) -> None:
    matrix, _, _ = rows_of(window)
    one = matrix.iloc[[0, 0, 0]].copy()
    one["days_to_close_date"] = [10.0, 80.0, np.nan]
    within, after, _ = close_date_rule(window)(one, np.full(3, 30.0))
    assert within > after


def test_naive_bayes_takes_a_value_never_seen_as_no_news(window: Window) -> None:
    matrix, days, _ = rows_of(window)
    one = matrix.iloc[[0]].copy()
    one["stage"] = pd.Categorical(["a stage never seen"])
    assert 0 < naive_bayes(window)(one, days[:1])[0] < 1
