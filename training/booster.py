"""One gradient-boosted model of one outcome, never falling as the horizon grows: LightGBM, monotone in the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from training.encoding import Encoding
from training.horizon import HORIZON_COLUMNS


@dataclass(frozen=True)
class BoostOptions:
    """How a booster is grown. Small trees and heavy leaves: weekly rows of one deal repeat each other."""

    seed: int = 0
    most_rounds: int = 300
    learning_rate: float = 0.04
    num_leaves: int = 11
    max_depth: int = 8
    min_data_in_leaf: int = 80
    lambda_l2: float = 5.0
    feature_fraction: float = 0.4
    bagging_fraction: float = 0.7
    max_bin: int = 127
    num_threads: int = 1

    def parameters(self, encoding: Encoding) -> dict[str, object]:
        """LightGBM's own parameters; the same data and seed give the same trees whatever the number of threads."""
        rises = [0] * len(encoding.names) + [1] * len(HORIZON_COLUMNS)
        return {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "max_depth": self.max_depth,
            "min_data_in_leaf": self.min_data_in_leaf,
            "lambda_l2": self.lambda_l2,
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1,
            "max_bin": self.max_bin,
            "cat_smooth": 30.0,
            "cat_l2": 30.0,
            "max_cat_threshold": 16,
            "min_data_per_group": 80,
            "monotone_constraints": rises,
            "monotone_constraints_method": "intermediate",
            "num_threads": self.num_threads,
            "seed": self.seed,
            "deterministic": True,
            "force_col_wise": True,
            "verbose": -1,
        }


@dataclass(frozen=True)
class Design:
    """Rows for a booster: `values` (rows x encoding.columns), `happened` (0 or 1) and `weight`."""

    values: np.ndarray
    happened: np.ndarray
    weight: np.ndarray


def fit_booster(design: Design, encoding: Encoding, options: BoostOptions, rounds: int) -> lgb.Booster:
    """A booster of `rounds` trees."""
    data = _dataset(design, encoding)
    return lgb.train(options.parameters(encoding), data, num_boost_round=rounds)


def fit_with_rounds(
    design: Design, later: Design, encoding: Encoding, options: BoostOptions
) -> tuple[lgb.Booster, int]:
    """A booster of `design` with as many trees as give the least log loss on `later` rows; and that number."""
    data = _dataset(design, encoding)
    held = lgb.Dataset(later.values, later.happened, weight=later.weight, reference=data)
    stop = lgb.early_stopping(50, verbose=False)
    booster = lgb.train(options.parameters(encoding), data, options.most_rounds, [held], callbacks=[stop])
    return booster, booster.best_iteration


def _dataset(design: Design, encoding: Encoding) -> lgb.Dataset:
    return lgb.Dataset(
        design.values,
        design.happened,
        weight=design.weight,
        feature_name=list(encoding.columns),
        categorical_feature=encoding.categorical,
        params={"max_bin": 127, "verbose": -1},
    )


def margins(booster: lgb.Booster, values: np.ndarray, num_threads: int = 1) -> np.ndarray:
    """The booster's log odds per row; no row gives no margin."""
    if len(values) == 0:
        return np.empty(0)
    return np.asarray(booster.predict(values, raw_score=True, num_threads=num_threads))


def contributions(booster: lgb.Booster, values: np.ndarray, num_threads: int = 1) -> np.ndarray:
    """SHAP values of the log odds, exact for trees (Lundberg 2020): rows x columns + 1, the expected value last."""
    if len(values) == 0:
        return np.empty((0, booster.num_feature() + 1))
    return np.asarray(booster.predict(values, pred_contrib=True, num_threads=num_threads))
