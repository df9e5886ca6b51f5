"""`dealcast funnel`, and the sheet's other spans and templates, on a synthetic company."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from history import errors
from tests.cli.calling import call, done


@pytest.fixture(scope="module")
def company(crm_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the synthetic CRM and no model."""
    workspace = tmp_path_factory.mktemp("funnel") / "workspace"
    done("--workspace", workspace, "import", "canonical", crm_folder)
    return workspace


def test_the_funnel_prints_its_table_and_writes_every_column(company: Path, tmp_path: Path):
    out = tmp_path / "funnel.csv"
    stretch = ("--from", "2025-07-01", "--to", "2026-04-01", "--as-of", "2026-07-01")
    said = done("funnel", "--workspace", company, *stretch, "--by", "region,product_line", "--out", out).out
    assert "from 2025-07-01 to 2026-04-01, as known on 2026-07-01" in said
    assert "product line" in said
    assert "Negotiate" in said
    rows = pl.read_csv(out)
    assert rows.columns[:4] == ["region", "product_line", "stage", "entered"]
    assert rows["entered"].sum() > 100


def test_the_funnel_speaks_chinese(company: Path):
    said = done("funnel", "--workspace", company, "--by", "team", "--as-of", "2026-07-01", "--language", "zh-CN").out
    assert "漏斗" in said
    assert "团队" in said
    assert "瓶颈" in said or "没有哪一组明显落后于其他组" in said


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        (("--by", "colour"), errors.RequestInvalid, "'colour'"),
        (("--from", "2026-01-01", "--to", "2025-01-01"), errors.DateInvalid, "holds no day"),
        (("--from", "soon"), errors.DateInvalid, "'soon'"),
    ],
)
def test_what_is_asked_wrongly_is_said_in_one_line(company: Path, arguments, error, told: str):
    said = call("funnel", "--workspace", company, "--as-of", "2026-07-01", *arguments)
    assert said.code == error.exit_code
    assert told in said.complaint


@pytest.mark.parametrize("period", ["2026-W20", "2026-05", "2026Q2", "2026H1", "2026"])
@pytest.mark.parametrize("template", ["start-up", "mature"])
def test_sheets_of_every_span_and_template(company: Path, tmp_path: Path, period: str, template: str):
    out = tmp_path / "sheet.parquet"
    asked = ("scorecard", "--workspace", company, "--period", period, "--template", template, "--as-of", "2026-07-01")
    assert period in done(*asked, "--all", "--out", out).out
    rows = pl.read_parquet(out)
    totals = rows.filter((pl.col("indicator") == "total") & pl.col("score").is_not_null())
    assert totals.height > 3
    assert rows["indicator"].n_unique() > 60
    lacking = rows.filter(pl.col("missing").str.starts_with("needs "))["missing"].unique().to_list()
    assert set(lacking) <= {"needs scores"}
