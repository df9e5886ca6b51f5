"""G02: the candidate's log loss is smaller than the stage x age table's, beyond what chance explains."""

from __future__ import annotations

import polars as pl

from tests.gate.evidence import drawn, result
from training.backtest import Replay


def test_a_model_that_knows_more_passes() -> None:
    found = result("G02", drawn())
    assert found.outcome == "passed"
    assert "log loss smaller by 0." in found.sentence


def test_a_model_that_is_no_better_is_found() -> None:
    assert result("G02", drawn(rival_noise=0.0)).outcome == "found"


def test_a_model_whose_labels_were_shuffled_is_found() -> None:
    rows = drawn().rows
    shuffled = rows.with_columns(model=pl.col("model").shuffle(seed=1))
    assert result("G02", Replay(shuffled, "shuffled")).outcome == "found"


def test_too_few_rows_do_not_judge() -> None:
    assert result("G02", drawn(rows=150)).outcome == "not_applicable"


def test_tables_are_not_judged_against_themselves() -> None:
    assert result("G02", drawn(), kind="tables").outcome == "not_applicable"


def test_one_outcome_only_does_not_judge() -> None:
    rows = drawn().rows.filter(pl.col("label") == "open")
    assert result("G02", Replay(rows, "nothing won")).outcome == "not_applicable"
