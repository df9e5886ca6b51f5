"""What has drifted, by command: quiet with exit code 0, crossed with its own."""

import shutil

import polars as pl
import pytest

from history import errors
from tests.cli.calling import call, done


@pytest.fixture(scope="module")
def silenced(crm_folder, tmp_path_factory):
    """A workspace without a model to which no touch was delivered in the last weeks."""
    folder = tmp_path_factory.mktemp("silenced")
    shutil.copytree(crm_folder, folder / "crm")
    path = folder / "crm" / "activities.parquet"
    touches = pl.read_parquet(path)
    told = pl.coalesce("recorded_at", "happened_at")
    touches.filter(told.cast(pl.String) < "2026-04-15").write_parquet(path)
    done("--workspace", folder / "shop", "import", "canonical", folder / "crm", "--allow-quarantine")
    return folder / "shop"


def test_a_company_that_goes_on_as_it_did_is_quiet_in_both_languages(company, tmp_path):
    out = tmp_path / "drift.csv"
    said = done("--workspace", company, "drift", "--as-of", "2026-06-01", "--top", 5, "--out", out)
    assert said.out.startswith("Watched as of 2026-06-01 (5 of ")
    assert "Nothing drifted beyond what is usual here." in said.out
    frame = pl.read_csv(out)
    assert frame.columns == ["kind", "what", "value", "noise", "threshold", "n", "weeks", "crossed", "en", "zh"]
    assert not frame["crossed"].any()
    chinese = done("--workspace", company, "drift", "--as-of", "2026-06-01", "--top", 1, "--language", "zh-CN").out
    assert "没有超出常态的漂移。" in chinese
    assert "噪声水平" in chinese


def test_a_feed_that_stopped_leaves_with_its_own_code_and_is_named(silenced):
    said = call("--workspace", silenced, "drift", "--as-of", "2026-06-01")
    assert said.code == errors.DriftFound.exit_code == 28
    assert "crossed" in said.out
    last = said.err.splitlines()[-1]
    assert last.startswith("dealcast: ")
    assert "as of 2026-06-01" in last
    rows = [line.split() for line in said.out.splitlines() if " crossed " in line]
    assert ["feeds", "activities"] in [row[:2] for row in rows]


def test_a_day_before_anything_was_known_is_said(company):
    said = call("--workspace", company, "drift", "--as-of", "2020-01-01")
    assert said.code == errors.NoHistory.exit_code
