"""`dealcast cues` on a synthetic company without a model."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cli.cues import flagged, told
from history import errors
from indicators.cues import COLUMNS
from tests.cli.calling import call, done

ROW = {
    "kind": "gap", "name_en": "win rate", "name_zh": "赢单率", "value": 0.2, "peers_value": 0.5, "peers_like_mix": None,
    "n": 40, "n_peers": 200, "difference_p10": -0.4, "difference_p90": -0.2, "deals": ["D1", "D2"],
    "next_step_en": "talk.", "next_step_zh": "沟通。",
}  # fmt: skip
FLAG = {
    "rep_id": "R1", "name": "Ann", "total": 55.4, "period": "2026Q1", "before": "2025Q4", "total_before": 61.0, "n": 12,
    "low_in_both": ["win_rate"],
}  # fmt: skip


@pytest.fixture(scope="module")
def company(crm_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("cues") / "workspace"
    done("--workspace", workspace, "import", "canonical", crm_folder)
    return workspace


def test_cues_are_printed_and_written(company: Path, tmp_path: Path):
    out = tmp_path / "cues.parquet"
    said = done("cues", "--workspace", company, "--period", "2025", "--as-of", "2026-07-01", "--out", out).out
    assert "Coaching cues 2025" in said
    assert pl.read_parquet(out).columns == list(COLUMNS)
    chinese = done("cues", "--workspace", company, "--as-of", "2026-07-01", "--language", "zh-CN").out
    assert "辅导提示 2026Q2" in chinese


def test_a_cue_says_values_counts_interval_deals_and_the_next_step():
    assert told(ROW, "en") == (
        "Gap: win rate 0.2 (n=40), peers 0.5 (n=200), 80 % interval of the difference -0.4 to -0.2. Deals: D1, D2. "
        "Next step: talk."
    )
    chinese = told(ROW, "zh-CN")
    assert chinese.startswith("差距：赢单率 0.2（n=40），同事 0.5（n=200），差的 80% 区间 -0.4 至 -0.2。")
    assert chinese.endswith("商机：D1, D2。下一步：沟通。")
    assert "Next step" not in told(ROW | {"kind": "strength"}, "en")
    assert "Peers on a like mix of regions and segments: 0.25." in told(ROW | {"peers_like_mix": 0.25}, "en")
    assert "同区域客群构成的同事为 0.25。" in told(ROW | {"peers_like_mix": 0.25}, "zh-CN")


def test_two_periods_below_the_line_are_told_as_facts():
    assert flagged(FLAG, "en") == (
        "Ann: total 55 in 2026Q1 and 61 in 2025Q4, both below 70 (n=12); low both times: win_rate. A reason to talk of "
        "an improvement plan."
    )
    assert "连续两期低于 70" in flagged(FLAG, "zh-CN")


def test_a_role_that_nobody_has_is_said_in_one_line(company: Path):
    said = call("cues", "--workspace", company, "--role", "pilot", "--as-of", "2026-07-01")
    assert said.code == errors.RequestInvalid.exit_code
    assert "'pilot'" in said.complaint
