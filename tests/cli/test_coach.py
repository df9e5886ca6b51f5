"""`dealcast coach`: a goal is written, listed and never replaced."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from history import errors
from tests.cli.calling import call, done


@pytest.fixture(scope="module")
def company(crm_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("coach") / "workspace"
    done("--workspace", workspace, "import", "canonical", crm_folder)
    return workspace


def person_and_leader(company: Path, folder: Path) -> tuple[str, str]:
    out = folder / "sheet.parquet"
    done("scorecard", "--workspace", company, "--period", "2026Q2", "--as-of", "2026-07-01", "--out", out)
    row = pl.read_parquet(out).row(0, named=True)
    return row["rep_id"], "M" + row["team"][1:]


def test_a_goal_is_written_down_and_listed(company: Path, tmp_path: Path):
    rep, leader = person_and_leader(company, tmp_path)
    assert "No goal" in done("coach", "list", "--workspace", company, "--as-of", "2200-01-01").out
    for goal in (0.7, 0.8):
        asked = ("--rep", rep, "--indicator", "data_hygiene", "--goal", goal, "--period", "2199", "--by", leader)
        said = done("coach", "plan", "--workspace", company, *asked, "--note", "fill in next steps").out
        assert said == f"Written down: {rep}, data_hygiene {goal:g} by the end of 2199.\n"
    out = tmp_path / "goals.csv"
    told = done("coach", "list", "--workspace", company, "--as-of", "2199-06-01", "--rep", rep, "--out", out).out
    assert "running" in told
    assert "fill in next steps" in told
    assert pl.read_csv(out).select("goal", "holds").rows() == [(0.8, True), (0.7, False)]
    holding = done("coach", "list", "--workspace", company, "--as-of", "2199-06-01", "--holding", "--language", "zh-CN")
    assert "数据质量" in holding.out
    assert "进行中" in holding.out


def test_nobody_writes_a_goal_for_somebody_they_do_not_lead(company: Path, tmp_path: Path):
    rep, _ = person_and_leader(company, tmp_path)
    other = "R000" if rep != "R000" else "R001"
    asked = ("--rep", rep, "--indicator", "visits", "--goal", 3, "--period", "2199", "--by", other)
    said = call("coach", "plan", "--workspace", company, *asked)
    assert said.code in (errors.NotAllowed.exit_code, errors.DealUnknown.exit_code)
