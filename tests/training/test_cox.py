"""Cox regression finds what made the times, combines two outcomes as by hand, and says when another rule stands in."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor

from training.baselines import stage_table
from training.fitting import Window
from training.rivals.cox import Hazards, cox, fit_cause, fit_hazards, followed, independent


def test_cox_finds_the_coefficients_of_exponential_times_as_a_poisson_regression_does() -> None:
    generator = np.random.default_rng(3)
    values = generator.normal(size=(4_000, 3))
    truth = np.array([0.8, -0.5, 0.0])
    ends = generator.exponential(40 / np.exp(values @ truth))
    seen = generator.uniform(10, 80, len(ends))
    days, happened = np.minimum(ends, seen), (ends <= seen).astype(float)
    found = fit_cause(days, happened, values)
    assert found is not None
    assert found == pytest.approx(truth, abs=0.07)
    poisson = PoissonRegressor(alpha=0, max_iter=500).fit(values, happened / days, sample_weight=days)
    assert found == pytest.approx(poisson.coef_, abs=0.03)


def test_cox_without_features_is_the_share_that_the_table_of_days_gives() -> None:
    """Of 80 followed 20 are won on day 1; of 60 left 30 are lost on day 2; of 30 left 20 are won on day 3."""
    days = np.repeat([1.0, 2.0, 3.0, 3.0], [20, 30, 20, 10])
    outcome = np.repeat(["won", "lost", "won", "open"], [20, 30, 20, 10])
    found = fit_hazards(days, outcome, np.zeros((80, 0)))
    assert found is not None
    assert found.steps == pytest.approx(np.array([[20 / 80, 0, 20 / 30], [0, 30 / 60, 0]]))
    chance = found.won_within(np.zeros((4, 0)), np.array([0.5, 2.0, 3.0, 90.0]))
    first = 1 - np.exp(-1 / 4)
    last = first + np.exp(-1 / 4 - 1 / 2) * (1 - np.exp(-2 / 3))
    assert chance == pytest.approx([first, first, last, last])


def test_a_larger_hazard_of_losing_leaves_less_to_be_won() -> None:
    steps = np.full((2, 5), 0.1)
    both = Hazards(np.array([[0.0], [1.0]]), np.arange(1.0, 6.0), steps)
    found = both.won_within(np.array([[-1.0], [0.0], [1.0]]), np.full(3, 5.0))
    assert (np.diff(found) < 0).all()


def test_cox_follows_a_deal_for_the_days_that_were_seen(window: Window) -> None:
    rows = followed(window)
    until = (window.cut - window.spine["as_of"].min()).days  # type: ignore[operator]
    assert rows.height <= 6_000
    assert 0 <= rows["days"].min() <= rows["days"].max() <= until  # type: ignore[operator]
    assert {"won", "lost", "open"} == set(rows["outcome"])


def test_columns_that_follow_from_others_are_left_out_of_cox() -> None:
    one, two = np.random.default_rng(0).normal(size=(2, 50))
    columns = np.column_stack([one, np.ones(50), two, one + two, 3 * one - 1, np.zeros(50)])
    assert independent(columns) == (0, 2)


def test_cox_says_so_when_another_rule_stands_in(window: Window, caplog: pytest.LogCaptureFixture) -> None:
    few = replace(window, spine=window.spine.head(0))
    table = stage_table(window, by_age=True)
    with caplog.at_level(logging.INFO, "dealcast.training"):
        assert cox(few, otherwise=table) is table
    assert "fewer than 20 rows were won by 2026-01-01; Cox regression is left out" in caplog.text


def test_cox_gives_up_where_newton_does_not_converge(
    window: Window, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.rivals.cox.fit_hazards", lambda days, outcome, values: None)
    table = stage_table(window, by_age=True)
    assert cox(window, otherwise=table) is table
    assert "did not converge; another rule stands in for it" in caplog.text


def test_a_number_that_tells_the_order_of_all_closings_has_no_coefficient() -> None:
    """Of any two deals the one with the larger number closes first, so the likelihood has no maximum."""
    number = np.linspace(2, -2, 80)
    assert fit_cause(np.arange(1.0, 81.0), np.ones(80), number[:, None]) is None


def test_a_column_that_is_the_same_in_all_that_were_won_takes_no_part() -> None:
    generator = np.random.default_rng(1)
    number = generator.normal(size=400)
    happened = (generator.random(400) < 0.5).astype(float)
    never = ((happened == 0) & (generator.random(400) < 0.3)).astype(float)
    days = generator.integers(1, 30, 400).astype(float)
    found = fit_cause(days, happened, np.column_stack([number, never]))
    assert found is not None
    assert found[1] == 0
    assert found[:1] == pytest.approx(fit_cause(days, happened, number[:, None]))


def test_a_maximum_that_whole_newton_steps_overshoot_is_found() -> None:
    """Few rows of large hazard: the steps of Newton leap from side to side, a search with smaller ones arrives."""
    generator = np.random.default_rng(0)
    marked = (generator.random(3_000) < 0.05).astype(float)
    values = ((marked - marked.mean()) / marked.std())[:, None]
    days = np.ceil(generator.exponential(np.where(marked == 1, 0.6, 60.0)))
    found = fit_cause(days, np.ones(3_000), values)
    assert found is not None
    share = np.array([(days[marked == kind] == 1).mean() for kind in (1, 0)])
    assert found[0] / marked.std() == pytest.approx(np.log(share[0] / share[1]), abs=0.6)
