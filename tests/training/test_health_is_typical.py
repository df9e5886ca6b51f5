"""50 is typical: of past open deals by the model that serves, at every stage and age, and on the day of training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.deal_model import DealModel
from training.fitting import Window
from training.frames import number_column, stages_of
from training.health import health_reference


def health_of(model: DealModel, matrix: pd.DataFrame) -> pd.DataFrame:
    chance = model.predict(matrix, 30.0)["win_probability"].to_numpy()
    found = model.health(matrix, chance)
    return found.assign(stage=stages_of(matrix), age=pd.cut(number_column(matrix, "age_days"), [-1, 30, 120, 9_999]))


def test_past_open_deals_stand_at_fifty_in_the_middle_at_every_stage(model: DealModel, window: Window) -> None:
    middle = health_of(model, window.recent()).groupby("stage")["health"].median()
    assert len(middle) == 5
    assert middle.between(40, 60).all(), middle.to_dict()


def test_and_at_every_age(model: DealModel, window: Window) -> None:
    found = health_of(model, window.recent()).groupby("age", observed=True)["health"].agg(["median", "size"])
    assert found[found["size"] >= 50]["median"].between(40, 60).all(), found


def test_open_deals_of_the_day_of_training_are_typical_as_a_whole(model: DealModel, open_deals: pd.DataFrame) -> None:
    assert 35 <= health_of(model, open_deals)["health"].median() <= 65


def test_equal_chances_tie_whatever_their_last_decimals() -> None:
    chance = np.full(400, 0.123456789)
    made = health_reference(chance, np.full(400, "Close"), np.full(400, 20.0))
    assert made.health(chance[:1], np.array(["Close"]), np.array([20.0])).tolist() == [50.0]


def test_an_early_deal_is_typical_even_where_few_deals_were_seen_at_its_stage() -> None:
    early, late = np.linspace(0.04, 0.08, 20), np.linspace(0.5, 0.7, 400)
    chance, stages = np.concatenate([early, late]), np.array(["Qualify"] * 20 + ["Close"] * 400)
    made = health_reference(chance, stages, np.full(420, 20.0))
    assert 35 < made.health(np.array([0.06]), np.array(["Qualify"]), np.array([20.0]))[0] < 55
    assert made.health(np.array([0.02]), np.array(["Qualify"]), np.array([20.0]))[0] < 15
