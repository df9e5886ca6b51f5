"""G11: trained twice, the same bytes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from history.record import History
from tests.gate.evidence import outcome
from tests.training.conftest import QUICK
from training.bundle import Model, save_bundle
from training.retraining.measures import fingerprint, trained


def test_the_same_history_and_seed_give_the_same_bytes_and_another_seed_is_found(
    past: History, cut: dt.datetime, tmp_path: Path
) -> None:
    other = replace(QUICK, boost=replace(QUICK.boost, seed=1))
    once, twice, otherwise = (
        printed(trained(past, cut, options), tmp_path / name)
        for name, options in (("a", QUICK), ("b", QUICK), ("c", other))
    )
    assert outcome("G11", fingerprints=(once, twice)).outcome == "passed"
    found = outcome("G11", fingerprints=(once, otherwise))
    assert found.outcome == "found"
    assert found.sentence.startswith("trained twice, other bytes (")


def printed(model: Model, folder: Path) -> str:
    return fingerprint(save_bundle(model, folder))


def test_a_single_training_does_not_judge() -> None:
    assert outcome("G11").outcome == "not_applicable"
