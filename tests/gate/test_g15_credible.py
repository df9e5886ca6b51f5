"""G15: a replay that is too good to be true has seen the future."""

from __future__ import annotations

import polars as pl

from tests.gate.evidence import drawn, result
from training.backtest import Replay


def test_an_honest_replay_passes() -> None:
    assert result("G15", drawn()).outcome == "passed"


def test_a_model_that_was_told_the_outcome_is_found() -> None:
    rows = drawn().rows
    told = rows.with_columns(
        model=pl.when(pl.col("label") == "won").then(0.9 + pl.col("model") / 20).otherwise("model")
    )
    found = result("G15", Replay(told.with_columns(pl.col("model").clip(0, 0.999)), "leaked"))
    assert found.outcome == "found"
    assert found.sentence.startswith("AUC 0.9") or found.sentence.startswith("AUC 1.0")


def test_too_few_rows_and_tables_do_not_judge() -> None:
    assert result("G15", drawn(rows=150)).outcome == "not_applicable"
    assert result("G15", drawn(), kind="tables").outcome == "not_applicable"
