"""G09: on the same facts the candidate names much the same reasons as the champion."""

from __future__ import annotations

import pandas as pd
import polars as pl

from tests.gate.evidence import outcome
from tests.gate.swapped import Swapped
from training.bundle import Model
from training.probes.reasons import unchanged


def test_the_same_model_names_the_same_reasons(model: Model, open_deals: pd.DataFrame) -> None:
    found = outcome("G09", unchanged=unchanged(open_deals, model, model))
    assert found.outcome == "passed"
    assert "100% stay" in found.sentence


def test_a_model_with_its_columns_mixed_up_is_found(model: Model, open_deals: pd.DataFrame) -> None:
    mixed = unchanged(open_deals, model, Swapped(model))  # type: ignore[arg-type]
    assert outcome("G09", unchanged=mixed).outcome == "found"


def test_few_deals_and_no_champion_do_not_judge(model: Model, open_deals: pd.DataFrame) -> None:
    assert outcome("G09", unchanged=unchanged(open_deals.iloc[:19], model, model)).outcome == "not_applicable"
    assert outcome("G09").outcome == "not_applicable"


def test_deals_without_a_reason_before_do_not_count() -> None:
    rows = pl.DataFrame({"same_reasons": [1.0] * 20 + [None] * 20})
    assert "100% stay" in outcome("G09", unchanged=rows).sentence
