"""A calibration mends what it was made wrong by, keeps the order, and does little where little is known."""

from __future__ import annotations

from collections.abc import Sized

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from training.calibration import Calibration, fit_calibration, reliability, slope_and_intercept, with_steps

slopes = st.floats(0.05, 5)


def here(rows: Sized, stage: str = "Design") -> np.ndarray:
    """One stage for every row."""
    return np.full(len(rows), stage)


def outcomes(rows: int, slope: float, shift: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Margins that are wrong by a slope and a shift, with what came of them."""
    generator = np.random.default_rng(seed)
    margin = generator.normal(-1, 1.5, rows)
    return margin, (generator.random(rows) < expit(slope * margin + shift)).astype(float)


@settings(deadline=None)
@given(a=slopes, b=slopes, c=st.floats(-5, 5), margins=st.lists(st.floats(-60, 60), min_size=2).map(sorted))
def test_the_order_of_margins_is_kept_and_no_chance_is_certain(
    a: float, b: float, c: float, margins: list[float]
) -> None:
    found = Calibration("beta", a, b, c).chance(np.array(margins), here(margins))
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0.001) & (found <= 0.999)).all()


def test_overconfidence_is_mended() -> None:
    margin, came = outcomes(20_000, slope=0.5, shift=0.4)
    fitted = fit_calibration(margin, came, np.ones(len(came)), len(came))
    fresh, after = outcomes(20_000, slope=0.5, shift=0.4, seed=1)
    slope, intercept = slope_and_intercept(fitted.chance(fresh, here(fresh)), after)
    assert fitted.kind == "beta"
    assert slope == pytest.approx(1, abs=0.06)
    assert intercept == pytest.approx(0, abs=0.06)


def test_an_honest_margin_is_left_nearly_as_it_is() -> None:
    margin, came = outcomes(20_000, slope=1, shift=0)
    fitted = fit_calibration(margin, came, np.ones(len(came)), len(came))
    assert np.abs(fitted.chance(margin, here(margin)) - Calibration().chance(margin, here(margin))).max() < 0.03


@pytest.mark.parametrize(("rows", "kind"), [(10, "none"), (199, "none"), (200, "temperature"), (1_500, "beta")])
def test_how_much_is_fitted_depends_on_how_many_rows_there_are(rows: int, kind: str) -> None:
    margin, came = outcomes(5_000, 1, 0)
    assert fit_calibration(margin, came, np.ones(5_000), rows).kind == kind


def test_nothing_is_learned_from_one_outcome_or_from_no_rows() -> None:
    assert fit_calibration(np.zeros(3_000), np.zeros(3_000), np.ones(3_000), 3_000) == Calibration()
    assert fit_calibration(np.empty(0), np.empty(0), np.empty(0), 3_000) == Calibration()


def test_heavier_rows_count_more() -> None:
    margin, early = outcomes(6_000, 1, -1)
    _, late = outcomes(6_000, 1, 1)
    both, came = np.concatenate([margin, margin]), np.concatenate([early, late])
    weight = np.repeat([0.01, 1.0], 6_000)
    recent = fit_calibration(both, came, weight, 12_000).chance(both, here(both)).mean()
    assert recent == pytest.approx(late.mean(), abs=0.03)


def test_reliability_counts_every_row_once_and_holds_what_came() -> None:
    margin, came = outcomes(2_000, 1, 0)
    group = np.where(np.arange(2_000) % 3, "a", "b")
    deal = np.arange(2_000) // 4
    table = reliability(expit(margin), came, group, deal)
    assert table["n"].sum() == 2_000
    assert float((table["came"] * table["n"]).sum()) == pytest.approx(came.sum())
    assert (table["deals"] <= table["n"]).all()
    assert table.filter((pl.col("low") > pl.col("came")) | (pl.col("high") < pl.col("came"))).is_empty()
    assert table.group_by("group").len().sort("group").rows() == [("a", 10), ("b", 10)]


def test_a_stage_seen_on_many_deals_gets_a_step_and_one_seen_on_few_hardly_any() -> None:
    """Both stages are won more often than was said by the same log odds; only one has deals enough to show it."""
    margin, came = outcomes(6_000, 1, 0.8)
    stages = np.where(np.arange(6_000) < 5_900, "Design", "Rare")
    # The rare stage's hundred rows are weeks of two deals.
    deals = np.where(np.arange(6_000) < 5_900, np.arange(6_000), np.arange(6_000) % 2 + 10_000)
    found = with_steps(Calibration("beta"), margin, came, np.ones(6_000), stages, deals)
    assert found.steps["Design"] == pytest.approx(0.8, abs=0.1)
    assert abs(found.steps["Rare"]) < 0.1


def test_with_its_steps_a_stage_is_said_to_win_as_often_as_it_did() -> None:
    margin, came = outcomes(20_000, 1, -0.5)
    stages = np.where(np.arange(20_000) % 2 == 0, "Design", "Develop")
    found = with_steps(Calibration("beta"), margin, came, np.ones(20_000), stages, np.arange(20_000))
    for stage in ("Design", "Develop"):
        rows = stages == stage
        assert found.chance(margin[rows], stages[rows]).mean() == pytest.approx(came[rows].mean(), abs=0.003)


def test_without_a_common_calibration_no_stage_gets_a_step() -> None:
    margin, came = outcomes(6_000, 1, 0.8)
    found = with_steps(Calibration(), margin, came, np.ones(6_000), here(margin), np.arange(6_000))
    assert found == Calibration()


@pytest.mark.parametrize(("said", "came"), [(0.10, 0.80), (0.05, 0.60), (0.02, 0.30), (0.98, 0.02)])
def test_a_stage_that_went_quite_otherwise_is_moved_towards_what_came_and_no_further(said: float, came: float) -> None:
    margin = np.full(5_000, np.log(said / (1 - said)))
    happened = (np.arange(5_000) < 5_000 * came).astype(float)
    step = with_steps(Calibration("beta"), margin, happened, np.ones(5_000), here(margin), np.arange(5_000)).steps[
        "Design"
    ]
    needed = np.log(came / (1 - came)) - margin[0]
    assert 0 < step / needed <= 1
    assert abs(step) <= 2


def test_weeks_of_few_deals_are_few_witnesses() -> None:
    """The same rows, once each of a deal of its own, once all weeks of ten deals."""
    margin, came = outcomes(1_000, 1, 0)
    group = here(margin)
    own, shared = (
        reliability(expit(margin), came, group, deal, 1) for deal in (np.arange(1_000), np.arange(1_000) % 10)
    )
    width = [float((table["high"] - table["low"])[0]) for table in (own, shared)]
    assert width[1] > 5 * width[0]
