"""G03: what was shown and what came lie on one line, near enough."""

from __future__ import annotations

import polars as pl
import pytest

from tests.gate.evidence import drawn, result
from training.backtest import Replay


def test_an_honest_model_passes() -> None:
    found = result("G03", drawn())
    assert found.outcome == "passed"
    assert found.sentence.startswith("slope 0.9") or found.sentence.startswith("slope 1.0")


@pytest.mark.parametrize("slope", [0.5, 2.0])
def test_a_model_that_is_too_sure_or_too_timid_is_found(slope: float) -> None:
    assert result("G03", drawn(slope=slope)).outcome == "found"


def test_too_few_rows_do_not_judge() -> None:
    assert result("G03", drawn(rows=150)).outcome == "not_applicable"


def test_tables_and_one_outcome_only_do_not_judge() -> None:
    assert result("G03", drawn(), kind="tables").outcome == "not_applicable"
    rows = drawn().rows.filter(pl.col("label") == "open")
    assert result("G03", Replay(rows, "nothing won")).outcome == "not_applicable"
