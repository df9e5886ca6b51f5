"""G10: on the same facts chances move within bounds when the model is another."""

from __future__ import annotations

import pandas as pd

from tests.gate.evidence import outcome
from tests.gate.swapped import Swapped
from training.bundle import Model
from training.probes.reasons import unchanged


def test_the_same_model_moves_nothing(model: Model, open_deals: pd.DataFrame) -> None:
    found = outcome("G10", unchanged=unchanged(open_deals, model, model))
    assert found.outcome == "passed"
    assert "move by up to 0.0 points" in found.sentence


def test_a_model_with_its_columns_mixed_up_is_found(model: Model, open_deals: pd.DataFrame) -> None:
    mixed = unchanged(open_deals, model, Swapped(model))  # type: ignore[arg-type]
    assert outcome("G10", unchanged=mixed).outcome == "found"


def test_few_deals_and_no_champion_do_not_judge(model: Model, open_deals: pd.DataFrame) -> None:
    assert outcome("G10", unchanged=unchanged(open_deals.iloc[:19], model, model)).outcome == "not_applicable"
    assert outcome("G10").sentence == "there is no champion to compare with"
