import itertools

import numpy as np
import polars as pl
import pytest

from indicators.interval import block_weights, interval, intervals


def test_every_draw_takes_as_many_periods_as_there_are():
    for n_periods in (2, 3, 8, 12):
        weights = block_weights(n_periods)
        assert weights.shape == (1000, n_periods)
        assert (weights.sum(axis=1) == n_periods).all()


def test_a_draw_is_made_of_runs_of_neighbouring_periods():
    # Eight periods: blocks of two, so an odd draw count of any period has a neighbour drawn beside it.
    for weights in block_weights(8)[:50]:
        drawn = np.flatnonzero(weights)
        assert all(weights[(period - 1) % 8] or weights[(period + 1) % 8] for period in drawn)


def test_two_periods_give_the_range_of_the_four_equally_likely_draws():
    miss, actual = np.array([[30.0, 10.0]]), np.array([[100.0, 100.0]])
    draws = [sum(miss[0][i] for i in pair) / 200 for pair in itertools.product((0, 1), repeat=2)]
    assert interval(miss, actual)[0] == pytest.approx([min(draws), max(draws)])


@pytest.mark.parametrize("n_periods", [4, 8, 12])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(n_periods: int):
    rng = np.random.default_rng(1)
    actual = rng.gamma(20, 5, size=(600, n_periods))
    miss = actual * (0.2 + 0.3 * rng.normal(size=actual.shape))
    found = interval(miss, actual)
    covered = ((found[:, 0] <= 0.2) & (found[:, 1] >= 0.2)).mean()
    assert 0.74 <= covered <= 0.86


def test_three_periods_have_no_interval_and_groups_do_not_touch_each_other():
    rows = [("a", n, 10.0 + n, 10.0) for n in range(4)] + [("b", n, 5.0, 10.0) for n in range(3)]
    cells = pl.DataFrame(rows, schema=["who", "start", "forecast", "actual"], orient="row")
    both = intervals(cells, ["who"])
    assert both["who"].to_list() == ["a"]
    assert intervals(cells.filter(pl.col("who") == "a"), ["who"]).equals(both)
