"""Chances sum to one, never fall as the horizon grows, and are never 0 or 1."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.as_of import known
from history.errors import DateInvalid, ModelUnavailable
from history.record import History
from tests.training.conftest import QUICK
from training.competing import limits
from training.deal_model import DealModel
from training.design import values_at
from training.fitting import Window, fit_window, window_at
from training.frames import stages_of
from training.small_data import TableModel

THREE = ["win_by_horizon", "lose_by_horizon", "open_at_horizon"]


@pytest.fixture(params=["model", "tables"])
def either(request: pytest.FixtureRequest) -> DealModel | TableModel:
    return request.getfixturevalue(request.param)


def scrambled(matrix: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Deals that never were: every feature drawn from another deal, a tenth of them missing."""
    generator = np.random.default_rng(seed)
    out = matrix.copy()
    for name in out.columns:
        drawn = out[name].iloc[generator.permutation(len(out))]
        drawn.index = out.index
        out[name] = drawn.where(generator.random(len(out)) > 0.1)
    return out


@given(seed=st.integers(0, 1_000), horizons=st.lists(st.floats(0.5, 1_200), min_size=2, max_size=6).map(sorted))
@settings(max_examples=15, deadline=None)
def test_a_longer_horizon_never_has_a_smaller_chance(
    model: DealModel, open_deals: pd.DataFrame, seed: int, horizons: list[float]
) -> None:
    deals = scrambled(open_deals, seed)
    found = np.stack([model.predict(deals, days)[THREE[:2]].to_numpy() for days in horizons])
    assert (np.diff(found, axis=0) >= -1e-12).all()


@given(days=st.floats(0.5, 1_200), seed=st.integers(0, 1_000))
@settings(max_examples=15, deadline=None)
def test_won_lost_and_open_sum_to_one_and_none_is_certain(
    model: DealModel, tables: TableModel, open_deals: pd.DataFrame, days: float, seed: int
) -> None:
    for which in (model, tables):
        found = which.predict(scrambled(open_deals, seed), days)
        assert np.allclose(found[THREE].sum(axis=1), 1)
        assert ((found > 0) & (found < 1)).all().all()
        assert not found.isna().any().any()


def test_tables_never_fall_with_the_horizon_either(tables: TableModel, open_deals: pd.DataFrame) -> None:
    found = np.stack([tables.predict(open_deals, float(d))[THREE[:2]].to_numpy() for d in (1, 5, 20, 90, 200, 400)])
    assert (np.diff(found, axis=0) >= 0).all()


def test_the_win_probability_is_the_chance_at_the_long_horizon(
    either: DealModel | TableModel, open_deals: pd.DataFrame
) -> None:
    found = either.predict(open_deals, float(either.long_days))
    assert np.allclose(found["win_by_horizon"], found["win_probability"])
    other = either.predict(open_deals, 3.0)
    assert np.allclose(other["win_probability"], found["win_probability"])


def test_one_deal_is_scored_as_among_all(either: DealModel | TableModel, open_deals: pd.DataFrame) -> None:
    whole = either.predict(open_deals, 30.0)
    one = either.predict(open_deals.iloc[[7]], np.array([30.0]))
    pd.testing.assert_frame_equal(one, whole.iloc[[7]])


def test_a_horizon_per_row_is_answered_per_row(model: DealModel, open_deals: pd.DataFrame) -> None:
    days = np.where(np.arange(len(open_deals)) % 2, 7.0, 70.0)
    mixed = model.predict(open_deals, days)["win_by_horizon"].to_numpy()
    apart = [model.predict(open_deals, d)["win_by_horizon"].to_numpy() for d in (7.0, 70.0)]
    assert np.array_equal(mixed, np.where(days == 7, apart[0], apart[1]))


def test_a_horizon_that_is_not_after_the_day_is_refused(
    either: DealModel | TableModel, open_deals: pd.DataFrame
) -> None:
    with pytest.raises(DateInvalid, match="a horizon of 0 days does not lie after the as-of date; expected a later"):
        either.predict(open_deals, 0.0)


def test_no_deal_gives_no_row(either: DealModel | TableModel, open_deals: pd.DataFrame) -> None:
    none = open_deals.iloc[:0]
    assert either.predict(none, 30.0).empty
    assert len(either.explain(none).shown) == 0
    assert either.health(none, np.empty(0)).empty


def test_a_missing_feature_is_named(model: DealModel, open_deals: pd.DataFrame) -> None:
    with pytest.raises(ModelUnavailable, match="the matrix lacks feature 'age_days'"):
        model.predict(open_deals.drop(columns="age_days"), 30.0)


def test_training_twice_gives_the_same_trees(window: Window, model: DealModel) -> None:
    again = fit_window(window, QUICK)
    for name in ("win", "lose"):
        first, second = getattr(model, name), getattr(again, name)
        assert first.booster.model_to_string() == second.booster.model_to_string()
        assert first.calibration == second.calibration
    assert dataclasses.asdict(model.reference) == dataclasses.asdict(again.reference)


def test_later_history_changes_nothing(company: History, learned: pd.DataFrame, window: Window) -> None:
    """The rows learned from are the same when only what was known at the cut is handed in."""
    past = known(company, window.cut)
    before = window_at(learned, past, window.cut, QUICK)
    assert before.rows.equals(window.rows)
    assert np.array_equal(before.values, window.values, equal_nan=True)


@given(st.integers(0, 1_000))
@settings(max_examples=40, deadline=None)
def test_two_rising_chances_get_limits_that_leave_room_for_both(seed: int) -> None:
    generator = np.random.default_rng(seed)
    win, lose = np.sort(generator.random((2, 5, 30)), axis=1)
    most_win, most_lose = limits(win, lose)
    held = np.minimum(win, most_win), np.minimum(lose, most_lose)
    assert (held[0] + held[1] <= 0.999 + 1e-12).all()
    assert all((np.diff(part, axis=0) >= 0).all() for part in held)
    room = win + lose <= 0.999
    for part, kept in zip((win, lose), held, strict=True):
        assert np.allclose(part[room], kept[room])


def test_a_near_horizon_keeps_what_was_learned_however_full_the_far_one_is(
    model: DealModel, open_deals: pd.DataFrame
) -> None:
    """What a deal may come to within a year says nothing of how likely it is to be won this week."""
    days = np.full(len(open_deals), 7.0)
    values = values_at(open_deals, model.encoding.encode(open_deals), days, model.settings)
    learned = model.win.chance(values, stages_of(open_deals), 1)
    assert np.allclose(model.predict(open_deals, 7.0)["win_by_horizon"], learned)
