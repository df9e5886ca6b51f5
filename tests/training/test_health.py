"""Health says where a deal stands among past deals at the same stage and a similar age; 50 is typical."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from training.deal_model import DealModel
from training.health import HealthReference, band_of, health_reference


def reference(rows: int = 5_000) -> HealthReference:
    """Early deals have small chances, late ones large ones."""
    generator = np.random.default_rng(0)
    early = np.arange(rows) % 2 == 0
    chance = np.where(early, generator.beta(2, 18, rows), generator.beta(12, 8, rows))
    return health_reference(chance, np.where(early, "Qualify", "Close"), np.full(rows, 20.0))


def test_a_typical_deal_stands_at_fifty_whatever_its_stage() -> None:
    found = reference().health(np.array([0.092, 0.603]), np.array(["Qualify", "Close"]), np.array([20.0, 20.0]))
    assert np.abs(found - 50).max() < 4


@settings(deadline=None)
@given(st.lists(st.floats(0.001, 0.999), min_size=2, max_size=20).map(sorted))
def test_health_rises_with_the_chance_and_stays_within_bounds(chances: list[float]) -> None:
    n = len(chances)
    found = reference(400).health(np.array(chances), np.full(n, "Close"), np.full(n, 20.0))
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 100)).all()


def test_a_stage_or_age_never_seen_is_compared_with_what_is_nearest() -> None:
    made = reference()
    unseen_age = made.health(np.array([0.6]), np.array(["Close"]), np.array([400.0]))
    unseen_stage = made.health(np.array([0.6]), np.array(["Pilot"]), np.array([20.0]))
    assert abs(unseen_age[0] - 50) < 5
    assert unseen_stage[0] > 60


def test_an_unknown_age_is_no_obstacle() -> None:
    assert not np.isnan(reference().health(np.array([0.6]), np.array(["Close"]), np.array([np.nan]))).any()


def test_without_any_past_deal_every_deal_is_typical() -> None:
    assert HealthReference({}, {}).health(np.array([0.1]), np.array(["A"]), np.array([1.0])).tolist() == [50]


def test_bands_follow_the_declared_bounds() -> None:
    assert band_of(np.array([100, 60, 59.9, 35, 34.9, 15, 14.9, 0])).tolist() == [
        "healthy",
        "healthy",
        "watch",
        "watch",
        "at_risk",
        "at_risk",
        "critical",
        "critical",
    ]


def test_open_deals_are_spread_around_typical(model: DealModel, open_deals: pd.DataFrame) -> None:
    found = model.health(open_deals, model.predict(open_deals, 30.0)["win_probability"].to_numpy())
    assert 25 < found["health"].mean() < 75
    assert found["band"].nunique() >= 3
