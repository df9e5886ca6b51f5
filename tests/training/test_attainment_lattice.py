from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from training.attainment.arrivals import ScopeArrivals
from training.attainment.landing import Shared, landing, plain_deals
from training.attainment.lattice import bernoulli_sum, compound_sum, point, step_for

ONE = np.ones(1)
deals = st.lists(st.tuples(st.floats(0.01, 1e6), st.floats(0.0, 1.0)), min_size=1, max_size=9)


def every_outcome(amounts: np.ndarray, chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 2^n results and their chances, one by one."""
    wins = np.array(list(product([0, 1], repeat=len(amounts))))
    weights = np.prod(np.where(wins == 1, chances, 1.0 - chances), axis=1)
    return wins @ amounts, weights


def lattice_of(amounts: list[float], chances: list[float], booked: float = 0.0):
    return landing(booked, plain_deals(np.array(amounts), np.array(chances))).total


def test_round_amounts_give_the_distribution_of_every_outcome_counted_one_by_one():
    rng = np.random.default_rng(4)
    amounts, chances = rng.integers(1, 60, 11) * 500.0, rng.uniform(0, 1, 11)
    values, weights = every_outcome(amounts, chances)
    total = lattice_of(amounts.tolist(), chances.tolist())
    for target in (500.0, 30_000.0, 61_500.0, 99_000.0, amounts.sum()):
        assert total.at_least(target) == pytest.approx(weights[values >= target].sum(), abs=1e-12)
    order = np.argsort(values, kind="stable")
    for level in (0.1, 0.25, 0.5, 0.75, 0.9):
        exact = values[order][np.searchsorted(np.cumsum(weights[order]), level)]
        assert total.quantile(level) == pytest.approx(exact)


@settings(max_examples=40, deadline=None)
@given(deals, st.floats(0.0, 1e5))
def test_any_amounts_keep_their_mean_and_nearly_their_spread(rows: list[tuple[float, float]], booked: float):
    amounts, chances = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    lands = landing(booked, plain_deals(amounts, chances))
    assert lands.mean == pytest.approx(booked + amounts @ chances, rel=1e-12)
    assert lands.total.mean == pytest.approx(lands.mean, rel=1e-9)
    exact = float((chances * (1 - chances)) @ amounts**2)
    rounding = float(chances.sum()) * lands.total.step**2 / 4.0
    assert exact * (1 - 1e-6) - 1e-6 <= lands.total.variance <= exact + rounding + 1e-6 * amounts.max() ** 2


@settings(max_examples=40, deadline=None)
@given(deals, st.floats(0.0, 1e5), st.floats(0.0, 1.0))
def test_quantiles_are_ordered_and_never_below_what_is_booked(rows, booked: float, shock: float):
    amounts, chances = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    new = ScopeArrivals(0.7, 0.3, amounts, np.full(len(amounts), 1 / len(amounts)))
    quantiles = landing(booked, plain_deals(amounts, chances), new, Shared(shock)).quantiles()
    assert quantiles == sorted(quantiles)
    assert quantiles[0] >= booked


def test_many_uneven_amounts_agree_with_a_simulation():
    rng = np.random.default_rng(11)
    amounts, chances = np.exp(rng.normal(8, 1, 300)), rng.beta(1, 3, 300)
    draws = (rng.random((40_000, 300)) < chances) @ amounts
    total = landing(0.0, plain_deals(amounts, chances)).total
    for level in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert (draws <= total.quantile(level)).mean() == pytest.approx(level, abs=0.012)


def test_one_deal_worth_more_than_all_others_gives_two_humps():
    total = lattice_of([1_000_000.0] + [1_000.0] * 20, [0.4] + [0.5] * 20)
    low, high = total.values < 21_000, total.values >= 1_000_000
    assert total.mass[low].sum() == pytest.approx(0.6)
    assert total.mass[high].sum() == pytest.approx(0.4)
    assert total.mass[~low & ~high].sum() == pytest.approx(0.0, abs=1e-12)
    assert total.quantile(0.5) < 21_000 < 1_000_000 < total.quantile(0.75)


def test_an_uneven_giant_gives_two_humps_too():
    amounts = [987_654.321, *np.linspace(900.123, 1_100.456, 20).tolist()]
    total = lattice_of(amounts, [0.4] + [0.5] * 20)
    assert total.mass[(total.values > 25_000) & (total.values < 980_000)].sum() == pytest.approx(0.0, abs=1e-12)


def test_a_rare_giant_is_not_cut_off():
    total = lattice_of([1e9] + [10.0] * 50, [1e-4] + [0.2] * 50)
    assert total.at_least(1e9) == pytest.approx(1e-4, rel=1e-9)
    assert total.mean == pytest.approx(1e5 + 100.0, rel=1e-9)


def test_a_count_is_the_exact_poisson_binomial():
    chances = np.random.default_rng(5).uniform(0, 1, 10)
    values, weights = every_outcome(np.ones(10), chances)
    total = landing(3.0, plain_deals(np.ones(10), chances)).total
    assert total.step == 1.0
    for k in range(11):
        assert total.mass[k] == pytest.approx(weights[np.isclose(values, k)].sum(), abs=1e-14)
    assert total.at_least(3.0) == 1.0
    assert total.at_least(3.5) == pytest.approx(1.0 - total.mass[0])


def test_a_quota_that_a_deal_meets_to_the_cent_is_met():
    for amount in (100_000.0, 33_333.33, 12_345.6789):
        assert lattice_of([amount, 777.77], [0.3, 0.0]).at_least(amount) == pytest.approx(0.3)
        assert lattice_of([amount], [0.3], booked=50.0).at_least(50.0 + amount) == pytest.approx(0.3)


def test_certain_and_impossible_deals_are_just_that():
    assert lattice_of([100.0, 50.0], [1.0, 0.0]).quantile(0.01) == 100.0
    assert landing(5.0, plain_deals(np.zeros(0), np.zeros(0))).quantiles() == [5.0] * 5


def test_a_compound_count_without_spread_is_poisson_and_with_spread_negative_binomial():
    counts = np.arange(40)
    plain = compound_sum(4.0, 0.0, ONE, ONE, 1.0, 60.0).mass[:40]
    assert plain == pytest.approx(poisson.pmf(counts, 4.0), abs=1e-12)
    spread = compound_sum(4.0, 0.25, ONE, ONE, 1.0, 200.0).mass[:40]
    assert spread == pytest.approx(nbinom.pmf(counts, 4.0, 0.5), abs=1e-10)


def test_what_is_to_come_has_the_mean_and_variance_it_should():
    sizes, weights = np.array([10.0, 25.0, 90.0]), np.array([0.5, 0.3, 0.2])
    new = ScopeArrivals(6.0, 0.2, sizes, weights)
    lands = landing(0.0, plain_deals(np.zeros(0), np.zeros(0)), new)
    assert lands.total.mean == pytest.approx(new.mean, rel=1e-6)
    assert lands.total.variance == pytest.approx(new.variance, rel=1e-4)


def test_a_sum_over_scenarios_is_their_mixture():
    amounts, weights = np.array([10.0, 20.0]), np.array([0.25, 0.75])
    under = np.array([[0.1, 0.9], [0.6, 0.2]])
    mixed = bernoulli_sum(amounts, under, weights, 10.0, 30.0).mass
    single = [bernoulli_sum(amounts, row[None, :], ONE, 10.0, 30.0).mass for row in under]
    assert mixed == pytest.approx(0.25 * single[0] + 0.75 * single[1])


def test_the_step_divides_amounts_where_it_can():
    assert step_for(np.array([300.0, 450.0]), 750.0) == 150.0
    assert step_for(np.array([0.1, 0.7]), 0.8) == pytest.approx(0.1)
    assert step_for(np.array([1.0, 1_000_000.01]), 1_000_001.01) > 0.01


def test_a_point_moves_a_distribution():
    moved = point(7.0, 10.0).plus(bernoulli_sum(np.array([10.0]), np.array([[0.5]]), ONE, 10.0, 10.0))
    assert moved.values.tolist() == [7.0, 17.0]
    assert moved.mass.tolist() == [0.5, 0.5]
