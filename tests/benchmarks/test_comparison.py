"""The comparison page says by how much each forecast's log loss is larger than the model's."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from benchmarks.comparison import BLENDS, NAMES, RIVALS, larger, summary, told
from benchmarks.results import CHIPS
from training.backtest import Replay
from training.metrics import row_log_loss


def replay(other: float) -> Replay:
    """Forty rows of twenty deals, half won: the model says 0.8 of what is won, the other forecast `other`."""
    won = np.tile([1.0, 0.0], 20)
    rows = pl.DataFrame(
        {
            "deal_id": [f"D{n // 2}" for n in range(40)],
            "as_of": [dt.datetime(2026, 1, 1 + 7 * (n % 2)) for n in range(40)],
            "label": np.where(won == 1, "won", "open").tolist(),
            "model": np.where(won == 1, 0.8, 0.2),
            "direct": np.where(won == 1, other, 1 - other),
        }
    )
    return Replay(rows, "won before the end of the quarter")


def test_a_worse_forecast_has_the_larger_log_loss() -> None:
    worse = larger(replay(0.6), "direct")
    assert worse.value == pytest.approx(np.log(0.8 / 0.6))
    assert worse.low > 0
    assert larger(replay(0.9), "direct").value == pytest.approx(np.log(0.8 / 0.9))
    one = replay(0.6).rows
    came = (one["label"] == "won").to_numpy().astype(float)
    losses = [row_log_loss(one[name].to_numpy(), came).mean() for name in ("direct", "model")]
    assert worse.value == pytest.approx(losses[0] - losses[1])


def test_each_history_counts_once_in_the_mean() -> None:
    """Two questions of one history at +0.1178 and +0.2877, one of another at -0.1178."""
    losses = [0.8 / np.exp(step) for step in (0.1178, 0.2877, -0.1178)]
    asked = [("A", CHIPS[0], replay(losses[0])), ("A", CHIPS[0], replay(losses[1])), ("B", CHIPS[0], replay(losses[2]))]
    line = next(line for line in summary(asked) if line.startswith(f"| {NAMES['direct']}"))
    assert line.endswith("| +0.1178 | +0.2877 | -0.1178 | +0.0425 |")


def test_a_table_names_its_rows_and_puts_the_best_first() -> None:
    lines = list(told("A", CHIPS[0], replay(0.9)))
    assert "2 weekly dates, 2026-01-01 to 2026-01-08, refitted at the start of each quarter; 40 rows of" in lines[1]
    assert lines[2].startswith("20 deals, 50.0% won.")
    assert [line.split(" | ")[0] for line in lines[5:]] == [f"| {NAMES['direct']}", f"| {NAMES['model']}"]


def test_every_rival_and_blend_has_a_name() -> None:
    assert {*RIVALS, *BLENDS, "model", "cox"} <= set(NAMES)
