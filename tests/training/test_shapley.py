"""Our SHAP values against those of LightGBM, on splits by number, by category and by what is missing."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest

from training.shapley import shap_values, trees_of


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    random = np.random.default_rng(3)
    values = random.normal(size=(1_500, 8))
    values[random.random(values.shape) < 0.1] = np.nan
    values[:, 3] = random.integers(0, 12, len(values))
    values[:, 4] = np.where(random.random(len(values)) < 0.1, np.nan, random.integers(0, 5, len(values)))
    values[random.random(len(values)) < 0.5, 5] = 0.0
    return values


def booster_of(rows: np.ndarray, trees: int = 40, **parameters: object) -> lgb.Booster:
    score = np.nan_to_num(rows[:, 0]) * np.nan_to_num(rows[:, 1]) + (rows[:, 3] % 3 == 0) + (rows[:, 5] == 0)
    happened = (score + np.random.default_rng(1).normal(size=len(rows)) > 0.7).astype(float)
    settings = {
        "objective": "binary",
        "num_leaves": 12,
        "min_data_in_leaf": 10,
        "verbose": -1,
        "num_threads": 1,
        "seed": 1,
    }
    data = lgb.Dataset(rows, happened, categorical_feature=[3, 4])
    return lgb.train({**settings, **parameters}, data, trees)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"zero_as_missing": True}, {"use_missing": False}, {"max_depth": 3}, {"num_leaves": 60, "max_depth": 8}],
)
def test_values_equal_those_of_lightgbm_whatever_counts_as_missing(rows: np.ndarray, parameters: dict) -> None:
    booster = booster_of(rows, **parameters)
    trees = trees_of(booster)
    assert trees is not None
    ours, theirs = shap_values(trees, rows), np.asarray(booster.predict(rows, pred_contrib=True))
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_values_and_the_expected_margin_add_up_to_the_margin(rows: np.ndarray) -> None:
    booster = booster_of(rows)
    trees = trees_of(booster)
    assert trees is not None
    np.testing.assert_allclose(shap_values(trees, rows).sum(axis=1), booster.predict(rows, raw_score=True), atol=1e-9)


def test_two_threads_say_what_one_says(rows: np.ndarray) -> None:
    trees = trees_of(booster_of(rows))
    assert trees is not None
    np.testing.assert_array_equal(shap_values(trees, rows, 2), shap_values(trees, rows, 1))


def test_categories_and_numbers_never_seen_in_training_are_still_explained_as_by_lightgbm(rows: np.ndarray) -> None:
    booster = booster_of(rows)
    strange = rows[:50].copy()
    strange[:, 3], strange[:, 4], strange[:, 0] = 63, -1, 1e9
    strange[25:, 3] = 500
    trees = trees_of(booster)
    assert trees is not None
    np.testing.assert_allclose(shap_values(trees, strange), booster.predict(strange, pred_contrib=True), atol=1e-9)


def test_a_booster_that_never_split_has_only_its_expected_margin(rows: np.ndarray) -> None:
    booster = booster_of(rows, min_data_in_leaf=10_000)
    trees = trees_of(booster)
    assert trees is not None
    np.testing.assert_allclose(shap_values(trees, rows[:5]), booster.predict(rows[:5], pred_contrib=True), atol=1e-9)


def test_trees_too_deep_for_tables_are_left_to_lightgbm(rows: np.ndarray) -> None:
    deep = booster_of(np.hstack([rows, rows[:, ::-1] * 1.7, rows**2]), num_leaves=200, min_data_in_leaf=2, trees=5)
    assert trees_of(deep) is None
