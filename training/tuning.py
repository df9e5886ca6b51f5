"""Which settings suit a history: a seeded search with optuna that never leaves the training window.

Each trial grows a booster of winning from the earlier part of the window and is judged by its log loss on the later
part, as the calibration is. Nothing at or after the cut takes part.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import optuna

from training.booster import fit_with_rounds, margins
from training.fitting import SEARCHED, FitOptions, Window, enough
from training.labels import WON


def tuned(window: Window, options: FitOptions) -> FitOptions:
    """`options` with the best of `options.trials` settings; as they are where the window is too small to judge.

    The first trial is `options` themselves, so the search never ends below where it began. Same window, same answer.
    """
    begun = replace(options, half_life_days=window.half_life_days)
    if not (enough(window.design(WON, window.earlier)) and enough(window.design(WON, window.later))):
        return begun
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=options.boost.seed))
    study.enqueue_trial(_as_parameters(begun))
    study.optimize(lambda trial: log_loss_of(window, _proposed(trial, options)), n_trials=options.trials)
    return _with(options, study.best_params)


def log_loss_of(window: Window, options: FitOptions) -> float:
    """The log loss on the window's later rows, recent ones weighing as in `window`, of a booster of the earlier."""
    half_life = window.half_life_days if options.half_life_days is None else options.half_life_days
    earlier, later = window.with_half_life(half_life).design(WON, window.earlier), window.design(WON, window.later)
    booster, _ = fit_with_rounds(earlier, later, window.encoding, options.boost)
    sign = 1 - 2 * later.happened
    loss = np.logaddexp(0, sign * margins(booster, later.values))
    return float(later.weight @ loss / later.weight.sum())


def _proposed(trial: optuna.Trial, options: FitOptions) -> FitOptions:
    return _with(
        options,
        {
            "num_leaves": trial.suggest_int("num_leaves", 4, 24),
            "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 400, log=True),
            "lambda_l2": trial.suggest_float("lambda_l2", 0.5, 80.0, log=True),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.15, 0.8),
            "half_life_days": trial.suggest_float("half_life_days", 30.0, 730.0, log=True),
        },
    )


def _with(options: FitOptions, found: dict[str, float]) -> FitOptions:
    of_trees = {name: value for name, value in found.items() if name != "half_life_days"}
    boost = replace(options.boost, **of_trees)  # type: ignore[arg-type]
    return replace(options, boost=boost, half_life_days=found["half_life_days"])


def _as_parameters(options: FitOptions) -> dict[str, float | None]:
    return {**{name: getattr(options.boost, name) for name in SEARCHED}, "half_life_days": options.half_life_days}
