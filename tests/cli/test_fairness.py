"""`dealcast scorecard --fairness` tells what of a difference goes with the territory, in both languages."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from indicators.fairness import COLUMNS
from tests.cli.calling import done


def test_people_stand_beside_peers_on_a_like_mix(company: Path, tmp_path: Path) -> None:
    out = tmp_path / "fair.csv"
    asked = ("scorecard", "--fairness", "--period", "2026Q1", "--as-of", "2026-04-01")
    said = done("--workspace", company, *asked, "--out", out)
    frame = pl.read_csv(out)
    assert frame.columns == list(COLUMNS)
    assert frame.height
    assert "on a like mix" in said.out
    assert "It says how things stand, not why." in said.out
    assert ("few cases" in said.out) == frame["small"].any()
    told = done("--workspace", company, "--language", "zh-CN", *asked).out
    assert "同区域客群" in told
    assert "不说明原因" in told
