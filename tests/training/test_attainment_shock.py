from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.special import expit, logit

from training.attainment.landing import Shared, landing, plain_deals
from training.attainment.shock import DEFAULT_SIZE, estimated_size, shifted


def past_open(shifts: list[float], deals: int, seed: int = 3) -> list[pl.DataFrame]:
    """Open deals of past periods, in two stages, whose chances were all shifted together."""
    rng = np.random.default_rng(seed)
    frames = []
    for shift in shifts:
        early = rng.random(deals) < 0.5
        chances = expit(logit(np.where(early, 0.15, 0.5)) + shift)
        stages = np.where(early, "Early", "Late")
        frames.append(pl.DataFrame({"stage": stages, "won": rng.random(deals) < chances}))
    return frames


def test_the_average_over_shifts_is_each_deals_own_chance():
    chances = np.array([0.0, 1e-6, 0.01, 0.2, 0.5, 0.97, 1.0])
    for size in (0.0, 0.2, 1.0, 2.0):
        under, weights = shifted(chances, size)
        assert weights @ under == pytest.approx(chances, abs=1e-9)


def test_a_shock_widens_the_range_and_keeps_the_mean():
    amounts, chances = np.full(200, 10.0), np.full(200, 0.3)
    alone, together = (landing(0.0, plain_deals(amounts, chances), shared=Shared(size)) for size in (0.0, 0.5))
    assert together.total.mean == pytest.approx(alone.total.mean, rel=1e-9)
    width = [one.quantiles()[4] - one.quantiles()[0] for one in (alone, together)]
    assert width[1] > 2 * width[0]


def test_a_shock_of_none_is_the_independent_sum():
    amounts, chances = np.array([10.0, 20.0, 50.0]), np.array([0.3, 0.2, 0.9])
    none, tiny = (landing(0.0, plain_deals(amounts, chances), shared=Shared(size)) for size in (0.0, 1e-6))
    assert tiny.total.mass == pytest.approx(none.total.mass, abs=1e-9)


def test_below_three_periods_the_stated_default_stands():
    assert estimated_size([]) == DEFAULT_SIZE
    assert estimated_size(past_open([0.4, -0.4], 400)) == DEFAULT_SIZE


def test_the_size_of_past_shocks_is_found():
    swings = [0.8, -0.7, 0.9, -0.9, 0.6, -0.8, 0.7, -0.6]
    wild, calm = estimated_size(past_open(swings, 3000)), estimated_size(past_open([0.0] * 8, 3000))
    assert 0.6 < wild < 0.95
    assert calm < 0.25


def test_sampling_noise_is_not_taken_for_a_shock():
    sizes = [estimated_size(past_open([0.0] * 8, 40, seed)) for seed in range(8)]
    assert np.mean(sizes) < DEFAULT_SIZE
