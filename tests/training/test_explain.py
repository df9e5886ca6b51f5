"""Reasons add up to the number shown, to 0.1 point, from a stated baseline."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.catalogue import FEATURES
from training.deal_model import DealModel
from training.explain import explanation, points_from, rounded_to_tenths, stage_baselines
from training.small_data import TableModel

moves = arrays(float, (3, 6), elements=st.floats(-4, 4))
chances = arrays(float, 3, elements=st.floats(0.001, 0.999))


@pytest.fixture(params=["model", "tables"])
def either(request: pytest.FixtureRequest) -> DealModel | TableModel:
    return request.getfixturevalue(request.param)


def test_baseline_and_points_add_up_to_the_win_probability(
    either: DealModel | TableModel, open_deals: pd.DataFrame
) -> None:
    why = either.explain(open_deals)
    assert np.allclose(why.baseline + why.points.sum(axis=1), why.shown, atol=1e-9)
    shown = either.predict(open_deals, 30.0)["win_probability"].to_numpy()
    assert np.allclose(why.shown, 100 * shown, atol=0.0501)


def test_every_code_is_a_feature_that_can_be_said_in_words(
    either: DealModel | TableModel, open_deals: pd.DataFrame
) -> None:
    assert set(either.explain(open_deals).codes) <= set(FEATURES)


def test_groups_add_up_as_well(model: DealModel, open_deals: pd.DataFrame) -> None:
    why = model.explain(open_deals)
    groups = why.by_group({name: feature.group for name, feature in FEATURES.items()})
    assert np.allclose(groups.sum(axis=1) + why.baseline, why.shown, atol=1e-6)
    assert len(groups.columns) > 3


def test_deals_at_one_stage_start_from_the_same_baseline(model: DealModel, open_deals: pd.DataFrame) -> None:
    why = model.explain(open_deals)
    starts = pd.Series(why.baseline).groupby(open_deals["stage"].to_numpy(dtype=str)).nunique()
    assert (starts == 1).all()
    assert pd.Series(why.baseline).nunique() > 1


def test_the_top_reasons_are_the_largest_and_none_is_nothing(model: DealModel, open_deals: pd.DataFrame) -> None:
    why = model.explain(open_deals)
    top = why.top(0)
    sizes = [abs(points) for _, points in top]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 not in sizes
    assert len(top) <= 5
    assert sizes[0] == np.abs(why.points[0]).max()


def test_one_deal_is_explained_as_among_all(model: DealModel, open_deals: pd.DataFrame) -> None:
    whole, one = model.explain(open_deals), model.explain(open_deals.iloc[[3]])
    assert np.array_equal(one.points[0], whole.points[3])


def test_a_typical_deal_has_no_reasons() -> None:
    parts = points_from(np.zeros((1, 4)), np.array([0.3]), np.array([0.3]))
    assert np.array_equal(parts, np.zeros((1, 4)))


@settings(deadline=None)
@given(away=moves, chance=chances, start=chances)
def test_parts_add_up_whatever_they_are(away: np.ndarray, chance: np.ndarray, start: np.ndarray) -> None:
    parts = points_from(away, chance, start)
    assert np.allclose(parts.sum(axis=1), chance - start, atol=1e-9)


@settings(deadline=None)
@given(away=moves, chance=chances, start=chances)
def test_rounded_figures_add_up_and_are_within_a_tenth_or_two(
    away: np.ndarray, chance: np.ndarray, start: np.ndarray
) -> None:
    parts = points_from(away, chance, start)
    why = explanation(pd.RangeIndex(3), tuple("abcdef"), chance, start, parts)
    assert np.allclose(why.baseline + why.points.sum(axis=1), why.shown, atol=1e-9)
    assert np.abs(why.points - 100 * parts).max() < 0.2001


def test_parts_stay_bounded_where_the_log_odds_cancel_out() -> None:
    away = np.array([[2.0, -2.0 + 1e-12]])
    parts = points_from(away, np.array([0.4]), np.array([0.5]))
    assert parts.sum() == pytest.approx(-0.1)
    assert np.abs(parts).max() < 1


@settings(deadline=None)
@given(arrays(float, (2, 5), elements=st.floats(-50, 50)), arrays(int, 2, elements=st.integers(-900, 900)))
def test_tenths_sum_to_the_total_asked(parts: np.ndarray, totals: np.ndarray) -> None:
    assert np.array_equal(rounded_to_tenths(parts, totals).sum(axis=1), totals)


def test_a_stage_that_was_hardly_seen_uses_all_stages() -> None:
    contributions = np.column_stack([np.r_[np.full(50, 1.0), np.full(2, 9.0)], np.zeros(52)])
    found = stage_baselines(contributions, np.array(["A"] * 50 + ["B"] * 2))
    typical = found.of(np.array(["A", "B", "never seen"]))[:, 0]
    assert typical[0] == 1
    assert typical[1] == typical[2] == pytest.approx(contributions[:, 0].mean())
