"""G12: the bundle is small, and one deal with its reasons is quick."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.gate.evidence import outcome
from training.bundle import Model, save_bundle
from training.probes.cost import Cost, cost


def test_a_real_bundle_is_small_and_quick(model: Model, open_deals: pd.DataFrame, tmp_path: Path) -> None:
    measured = cost(model, save_bundle(model, tmp_path / "bundle"), open_deals)
    assert measured.bundle_bytes > 10_000
    assert measured.one_deal_ms > 0
    assert outcome("G12", cost=Cost(measured.bundle_bytes, min(measured.one_deal_ms, 100.0))).outcome == "passed"


def test_a_large_bundle_and_a_slow_answer_are_found_with_their_figures() -> None:
    assert "30,000,000 bytes" in outcome("G12", cost=Cost(30_000_000, 10.0)).sentence
    assert outcome("G12", cost=Cost(30_000_000, 10.0)).outcome == "found"
    slow = outcome("G12", cost=Cost(1_000, 400.0))
    assert slow.outcome == "found"
    assert "400 ms" in slow.sentence


def test_what_passes_says_the_same_whatever_the_clock_said() -> None:
    assert outcome("G12", cost=Cost(1_000, 10.0)) == outcome("G12", cost=Cost(1_000, 20.0))


def test_without_a_bundle_it_does_not_apply() -> None:
    assert outcome("G12").outcome == "not_applicable"
