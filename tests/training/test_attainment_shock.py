from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.special import expit, logit

from training.attainment.arrivals import ScopeArrivals
from training.attainment.landing import Shared, landing, plain_deals
from training.attainment.shock import DEFAULT_SIZE, estimated_pulls, estimated_size, nodes, shifted


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


SWINGS = [0.8, -0.7, 0.9, -0.9, 0.6, -0.8, 0.7, -0.6]
PULLS = ((0.5, 0.5), (0.1, 0.5))


def mean_pull(arrived: list[int], size: float = 0.7) -> float:
    pulls = estimated_pulls(past_open(SWINGS, 2000), arrived, size)
    assert sum(chance for _, chance in pulls) == pytest.approx(1.0)
    return sum(pull * chance for pull, chance in pulls)


def test_new_deals_that_came_with_good_periods_are_pulled_and_others_are_not():
    together = mean_pull([200 if swing > 0 else 80 for swing in SWINGS])
    against = mean_pull([80 if swing > 0 else 200 for swing in SWINGS])
    apart = mean_pull([200, 200, 80, 80, 200, 200, 80, 80])
    assert together > 0.25
    assert against < -0.25
    assert abs(apart) < 0.1


def test_the_fewer_periods_the_less_certain_the_pull():
    def apart(periods: int) -> float:
        arrived = [200 if swing > 0 else 80 for swing in SWINGS[:periods]]
        pulls = [pull for pull, _ in estimated_pulls(past_open(SWINGS[:periods], 2000), arrived, 0.7)]
        return max(pulls) - min(pulls)

    assert apart(3) > apart(8)
    assert estimated_pulls(past_open(SWINGS[:2], 400), [10, 20], 0.7) == ()


def drawn(deals: np.ndarray, chances: np.ndarray, new: ScopeArrivals, draws: int) -> np.ndarray:
    """Results by chance alone: a shift and a pull are drawn, then deals and a Gamma-Poisson count under them."""
    rng = np.random.default_rng(5)
    under, weights = shifted(chances, 0.6, 8)
    at = nodes(1.0, 8)[0]
    place = rng.choice(len(weights), draws, p=weights)
    pull = rng.choice([one for one, _ in PULLS], draws)
    ratio = np.exp(np.outer(at, [one for one, _ in PULLS]))
    ratio /= weights @ ratio
    left = (1.0 + new.dispersion) / (weights @ ratio**2) - 1.0
    kind = (pull == PULLS[1][0]).astype(int)
    rate = new.count_mean * ratio[place, kind] * rng.gamma(1.0 / left[kind], left[kind])
    won = (rng.random((draws, len(deals))) < under[place]) @ deals
    return won + rng.poisson(rate) * 10.0


def test_deals_and_new_deals_under_one_shift_are_as_chance_draws_them():
    deals, chances = np.array([10.0, 20.0, 20.0, 40.0, 50.0] * 6), np.array([0.3, 0.2, 0.5, 0.6, 0.1] * 6)
    new = ScopeArrivals(12.0, 0.4, np.array([10.0]), np.ones(1))
    total = landing(0.0, plain_deals(deals, chances), new, Shared(0.6, 8, PULLS)).total
    apart = landing(0.0, plain_deals(deals, chances), new, Shared(0.6, 8)).total
    came = drawn(deals, chances, new, 60_000)
    assert total.mean == pytest.approx(apart.mean, rel=1e-4)
    assert np.sqrt(total.variance) == pytest.approx(came.std(), rel=0.02)
    assert total.variance > 1.1 * apart.variance
    for rank in (0.1, 0.5, 0.9):
        assert total.quantile(rank) == pytest.approx(np.quantile(came, rank), abs=12.0)
