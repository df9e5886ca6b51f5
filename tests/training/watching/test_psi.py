"""The index against its formula written out, and its noise level against drawn samples."""

import numpy as np
import pytest

from training.watching.psi import index_and_noise, with_rare_together


def test_the_index_is_the_sum_written_out():
    before, now = np.array([50.0, 30.0, 20.0]), np.array([20.0, 30.0, 50.0])
    found, _ = index_and_noise(before, now, 0.01)
    assert found == pytest.approx((0.2 - 0.5) * np.log(0.2 / 0.5) + (0.5 - 0.2) * np.log(0.5 / 0.2))


def test_noise_passes_its_level_as_seldom_as_stated():
    rng, shares = np.random.default_rng(1), np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    pairs = [index_and_noise(rng.multinomial(400, shares), rng.multinomial(150, shares), 0.05) for _ in range(2_000)]
    passed = np.mean([found > noise for found, noise in pairs])
    assert 0.035 < passed < 0.07


def test_the_index_without_drift_is_on_average_what_the_approximation_says():
    rng, shares = np.random.default_rng(2), np.array([0.4, 0.3, 0.2, 0.1])
    found = [index_and_noise(rng.multinomial(500, shares), rng.multinomial(200, shares), 0.05)[0] for _ in range(2_000)]
    assert np.mean(found) == pytest.approx(3 * (1 / 500 + 1 / 200), rel=0.08)


def test_a_new_value_of_many_deals_keeps_its_own_bin_and_one_of_few_does_not():
    assert with_rare_together(np.array([100.0, 0.0]), np.array([60.0, 40.0]))[1].tolist() == [60, 40]
    assert with_rare_together(np.array([100.0, 0.0]), np.array([99.0, 1.0]))[1].tolist() == [99, 1]
    assert with_rare_together(np.array([98.0, 0.0, 2.0]), np.array([98.0, 1.0, 1.0]))[1].tolist() == [98, 2]


def test_one_value_alone_says_nothing():
    assert np.isnan(index_and_noise(np.array([50.0, 0.0]), np.array([70.0, 0.0]), 0.01)[0])
