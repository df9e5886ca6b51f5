"""G13: each chance is the typical one plus its reasons."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from tests.gate.evidence import outcome
from training.bundle import Model
from training.probes.reasons import largest_gap


def test_the_reasons_of_a_real_model_add_up(model: Model, open_deals: pd.DataFrame) -> None:
    assert outcome("G13", sums=largest_gap(model, open_deals, model.explain(open_deals))).outcome == "passed"


def test_a_reason_that_was_lost_on_the_way_is_found(model: Model, open_deals: pd.DataFrame) -> None:
    told = model.explain(open_deals)
    heaviest = abs(told.points).sum(axis=0).argmax()
    without = told.points.copy()
    without[:, heaviest] = 0.0
    assert outcome("G13", sums=largest_gap(model, open_deals, replace(told, points=without))).outcome == "found"


def test_a_day_without_deals_does_not_judge(model: Model, open_deals: pd.DataFrame) -> None:
    none = open_deals.iloc[:0]
    assert largest_gap(model, none, model.explain(open_deals)) is None
    assert outcome("G13", sums=None).outcome == "not_applicable"
