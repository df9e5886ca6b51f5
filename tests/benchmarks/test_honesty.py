"""Reliability counts every row once, and planted chances are asked back by two roads."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from benchmarks.honesty import groups, planted, reliability_lines
from history.synthetic import Crm, generate
from training.backtest import Replay, backtest, days_ahead


@pytest.fixture(scope="module")
def crm() -> Crm:
    return generate(700, 5)


@pytest.fixture(scope="module")
def replay(crm: Crm) -> Replay:
    days = [crm.history.settings.start_of(dt.date(2026, month, 1)) for month in (3, 4, 5)]
    return backtest(crm.history, days, days_ahead(30), "quarter")


def test_every_row_has_one_stage_one_horizon_and_one_segment(crm: Crm, replay: Replay) -> None:
    found = groups(replay, crm.history)
    assert set(found) == {"stage", "horizon", "segment"}
    assert {len(names) for names in found.values()} == {replay.rows.height}
    assert set(found["horizon"]) == {"15 to 45 days"}


def test_the_bins_of_the_table_hold_all_rows(crm: Crm, replay: Replay) -> None:
    lines = list(reliability_lines(replay, crm.history, bins=4))
    binned = [line.split("|")[2] for line in lines if " of 4 |" in line]
    assert sum(int(n.replace(",", "")) for n in binned) == replay.rows.height


def test_the_planted_chances_themselves_would_close_the_whole_gap(crm: Crm) -> None:
    found = planted(crm, dt.date(2026, 4, 1), dt.date(2026, 6, 10), resamples=5)
    assert found.gap_closed.low <= found.gap_closed.value <= found.gap_closed.high < 1
    assert found.slope.value > 0.4
    assert np.isfinite(found.intercept.value)
