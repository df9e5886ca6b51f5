"""G01: every judged day lies after all that was learned."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl

from history.settings import Settings
from tests.gate.evidence import TRAINED, drawn, result

DAY = dt.timedelta(days=1)


def test_days_after_the_training_pass() -> None:
    assert result("G01", drawn()).outcome == "passed"


def test_a_model_that_learned_from_the_judged_days_is_found() -> None:
    found = result("G01", drawn(), learned=TRAINED + 20 * DAY)
    assert found.outcome == "found"
    assert "learned until 2026-01-21, judged from 2026-01-01" in found.sentence


def test_a_day_before_the_training_cut_is_found() -> None:
    found = result("G01", drawn(judged=TRAINED - DAY), learned=TRAINED - 5 * DAY)
    assert found.outcome == "found"
    assert "3000 rows before their training" in found.sentence


def test_models_of_several_cuts_are_told_each_with_its_own_days() -> None:
    early, late = drawn(rows=300), drawn(rows=300, judged=TRAINED + 90 * DAY)
    rows = pl.concat([early.rows, late.rows.with_columns(cut=pl.lit(TRAINED + 90 * DAY))])
    fits = [{"cut": str(TRAINED + n * DAY), "last_horizon_end": str(TRAINED + (n - 1) * DAY)} for n in (0, 90)]
    said = result("G01", replace(early, rows=rows, fits=fits), learned=TRAINED + 89 * DAY)
    assert (said.outcome, said.sentence) == (
        "passed",
        "each of 2 models on its own days: learned until 2025-12-31, judged from 2026-01-01; "
        "learned until 2026-03-31, judged from 2026-04-01",
    )


def test_without_a_held_out_period_it_does_not_apply() -> None:
    assert result("G01", None, learned=None).outcome == "not_applicable"


def test_the_days_are_those_of_the_company() -> None:
    evening = TRAINED - dt.timedelta(hours=8)
    replay = replace(drawn(judged=evening), settings=Settings(timezone="Asia/Shanghai"))
    assert "learned until 2026-01-01, judged from 2026-01-01" in result("G01", replay, learned=evening).sentence
