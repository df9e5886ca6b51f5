"""G08: no single feature carries the model."""

from __future__ import annotations

import pandas as pd

from tests.gate.evidence import outcome
from training.bundle import Model
from training.probes.reasons import importance


def test_a_real_model_rests_on_many_features(model: Model, open_deals: pd.DataFrame) -> None:
    shares = importance(model.explain(open_deals))
    assert abs(sum(shares.values()) - 1) < 1e-3
    assert outcome("G08", importance=shares).outcome == "passed"


def test_a_model_that_rests_on_one_feature_is_found_by_its_name() -> None:
    found = outcome("G08", importance={"fate": 0.8, "age_days": 0.2})
    assert (found.outcome, found.sentence) == ("found", "the heaviest feature, fate, carries 80% of all reasons")


def test_tables_and_a_day_without_deals_do_not_judge() -> None:
    assert outcome("G08", kind="tables", importance={"age_days": 1.0}).outcome == "not_applicable"
    assert outcome("G08", importance={}).outcome == "not_applicable"
