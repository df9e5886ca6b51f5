"""Training, replay, promotion and the demo, by command."""

import datetime as dt
import json
import re
import shutil

import polars as pl
import pytest

from history import errors
from tests.cli.calling import call, done


@pytest.fixture
def own(company, tmp_path):
    """A copy of the company with its models, which a test may change."""
    shutil.copytree(company.parent, tmp_path / "copy")
    return tmp_path / "copy" / company.name


def test_the_trained_version_is_listed_as_champion(company):
    listed = done("--workspace", company, "models").out.splitlines()
    assert listed[2].split()[:3] == ["1", "2026-04-01", "champion"]


def test_a_copied_workspace_still_loads_its_model(own):
    said = done("--workspace", own, "score", "--as-of", "2026-05-01", "--top", 1)
    assert "Model 1," in said.err


def test_training_says_how_it_did_and_whether_it_serves(own):
    said = done("--workspace", own, "train", "--as-of", "2026-05-01", "--promote")
    assert "stage × age table" in said.out
    assert "G01" in said.out
    assert "Version 2 serves:" in said.out
    listed = done("--workspace", own, "models").out.splitlines()
    assert listed[2].split()[:3] == ["2", "2026-05-01", "champion"]
    assert "A first version" not in said.out
    assert "Model 2," in done("--workspace", own, "score", "--as-of", "2026-05-02", "--top", 1).err
    assert "Model 1," in done("--workspace", own, "score", "--as-of", "2026-04-30", "--top", 1).err


def test_a_version_that_training_let_serve_says_when(company):
    shown = done("--workspace", company, "models", "show", "1").out
    done_then = shown[shown.index("What was done") :].splitlines()[-1].split()
    assert dt.datetime.fromisoformat(done_then[0]).year >= 2026
    assert done_then[1:3] == ["promote", "gate"]


def test_figures_are_shown_as_people_read_them(company):
    shown = done("--workspace", company, "models", "show", "1").out
    assert re.search(r"^bundle_bytes +\d{1,3}(,\d{3})+$", shown, flags=re.M)
    assert "e+0" not in shown


def test_where_tables_speak_it_says_why_and_what_to_do(company, shop):
    untrained = done("--workspace", company, "score", "--as-of", "2026-03-01", "--top", 1).err
    assert "Model tables-2026-03-01," in untrained
    assert "no model was trained by then. Run `dealcast train --as-of 2026-03-01`." in untrained
    few = done("--workspace", shop, "score", "--top", 1).err
    assert "a model takes 40 deals won and 40 lost, and there were" in few
    assert "训练模型需赢单 40、输单 40" in done("--workspace", shop, "score", "--top", 1, "--language", "zh-CN").err
    assert "Tables" not in done("--workspace", company, "score", "--as-of", "2026-05-01", "--top", 1).err


def test_promotion_by_hand_is_on_record(own):
    done("--workspace", own, "promote", "1", "--reason", "looked at by sales", "--by", "ann")
    noted = done("--workspace", own, "audit", "--deed", "promoted", "--who", "ann").out
    assert "promote 1" in noted
    line = done("--workspace", own, "models").out.splitlines()[2]
    assert "ann" in line
    assert "looked at by sales" in line


def test_a_damaged_model_is_said_and_the_doctor_finds_it(own):
    bundle = next((own.parent / "mlruns").rglob("win.txt"))
    bundle.write_text(bundle.read_text() + "\n")
    said = call("--workspace", own, "score", "--as-of", "2026-05-01")
    assert said.code == errors.ModelUnavailable.exit_code
    assert "win.txt" in said.complaint
    assert call("--workspace", own, "doctor").code == 1


def test_a_replay_writes_figures_rows_and_a_page(company, tmp_path):
    out = tmp_path / "replay"
    words = ("backtest", "--workspace", company, "--from", "2026-02-01", "--to", "2026-03-01", "--every", "month")
    said = done(*words, "--days", 30, "--out", out)
    assert "deal model" in said.out
    found = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert found["question"] == "won within 30 days"
    assert set(found["forecasts"]) >= {"model", "stage_age", "stage_conversion"}
    assert pl.read_parquet(out / "rows.parquet").height == found["n"] > 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http" not in page


@pytest.mark.parametrize(
    ("words", "kind", "text"),
    [
        (("--from", "2026-03-01", "--to", "2026-02-01"), errors.DateInvalid, "not before"),
        (("--from", "2030-01-01", "--to", "2030-02-01"), errors.NoHistory, "no deal was open"),
        (("--from", "2026-02-01", "--to", "2026-03-01", "--out", "."), errors.OutputInvalid, "not empty"),
    ],
)
def test_a_replay_that_cannot_be_is_said(company, words, kind, text):
    said = call("backtest", "--workspace", company, *words)
    assert said.code == kind.exit_code
    assert text in said.complaint


def test_the_synthetic_crm_is_not_written_over_something(tmp_path):
    (tmp_path / "x").write_text("mine")
    said = call("generate", "--deals", 60, "--out", tmp_path)
    assert said.code == errors.OutputInvalid.exit_code
    assert "not empty" in said.complaint


def test_the_same_seed_gives_the_same_files(tmp_path):
    for name in ("a", "b"):
        done("generate", "--deals", 60, "--seed", 5, "--out", tmp_path / name)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes(), path.name


def test_the_demo_prints_four_answers_and_leaves_a_workspace(tmp_path):
    said = done("demo", "--deals", 500, "--workspace", tmp_path / "workspace", "--language", "en")
    assert [line[0] for line in said.out.splitlines() if line[1:3] == ". "] == ["1", "2", "3", "4"]
    assert "Critical" in said.out
    assert "the most biased first, of those who called 6 quarters or more" in said.out
    assert done("--workspace", tmp_path / "workspace", "models").out.count("2026-") == 2


def test_the_demo_never_touches_a_workspace_of_other_data(shop):
    said = call("demo", "--workspace", shop)
    assert said.code == errors.ConfigInvalid.exit_code
    assert "workspace of other data" in said.complaint
