"""Figures agree with scikit-learn's; intervals come from resampling deals, not rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from training.metrics import auc, deal_weights, log_loss_gain, measure


def forecasts(rows: int = 2_000, repeats: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    chance = generator.uniform(0.05, 0.95, rows).round(2)
    won = (generator.random(rows) < chance).astype(float)
    deal = np.arange(rows).astype(str)
    return np.repeat(chance, repeats), np.repeat(won, repeats), np.repeat(deal, repeats)


def test_figures_are_those_of_scikit_learn() -> None:
    chance, won, deal = forecasts()
    found = measure(chance, won, deal)
    assert found.auc.value == pytest.approx(roc_auc_score(won, chance))
    assert found.log_loss.value == pytest.approx(log_loss(won, chance))
    assert found.brier.value == pytest.approx(brier_score_loss(won, chance))
    assert (found.n, found.deals) == (2_000, 2_000)


def test_the_interval_holds_the_figure() -> None:
    found = measure(*forecasts())
    for score in (found.auc, found.log_loss, found.brier):
        assert score.low < score.value < score.high


def test_rows_that_repeat_a_deal_do_not_narrow_the_interval() -> None:
    once, often = measure(*forecasts(300)), measure(*forecasts(300, repeats=20))
    width = [m.log_loss.high - m.log_loss.low for m in (once, often)]
    assert width[1] == pytest.approx(width[0], rel=0.05)


def test_every_resampling_draws_as_many_deals_as_there_are() -> None:
    drawn = deal_weights(np.arange(50), seed=1, resamples=20)
    assert (drawn.sum(axis=1) == 50).all()
    assert np.array_equal(drawn, deal_weights(np.arange(50), seed=1, resamples=20))


def test_a_forecast_is_no_better_than_itself_and_better_than_a_coin() -> None:
    chance, won, deal = forecasts()
    same = log_loss_gain(chance, chance, won, deal)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert log_loss_gain(chance, np.full(len(won), 0.5), won, deal).low > 0


def test_one_outcome_only_has_no_auc() -> None:
    assert np.isnan(auc(np.array([0.1, 0.2]), np.array([0.0, 0.0])))
