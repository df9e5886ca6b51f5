"""The verbs that show a flag's record and what moved a deal, on a company with one model."""

import polars as pl
import pytest

from features.flags import FLAGS
from history import errors
from tests.cli.calling import call, done


@pytest.fixture(scope="module")
def record(company, tmp_path_factory):
    out = tmp_path_factory.mktemp("flags") / "flags.parquet"
    said = done("flags", "--workspace", company, "--as-of", "2026-05-01", "--out", out)
    return said, pl.read_parquet(out)


def test_every_flag_is_shown_with_its_threshold_and_record(record):
    said, frame = record
    assert frame["flag"].to_list() == list(FLAGS)
    flagged = frame.filter(pl.col("deals_flagged") > 20)
    assert flagged.height >= 5
    assert flagged["lift"].is_between(0, 20).all()
    assert (flagged["lift_same_stage_low"] <= flagged["lift_same_stage_high"]).all()
    assert (flagged["precision"] + flagged["won_flagged"] - 1).abs().max() < 1e-5
    assert "Close date pushed repeatedly" in said.out
    assert "Model 1, trained" in said.err


def test_without_a_model_the_flags_have_no_record_and_that_is_said(shop):
    said = done("flags", "--workspace", shop)
    assert "No record yet" in said.err


def test_the_record_reads_in_chinese(company):
    said = done("flags", "--workspace", company, "--as-of", "2026-05-01", "--language", "zh-CN")
    assert "近期未与客户互动" in said.out


@pytest.fixture(scope="module")
def deal_id(company, tmp_path_factory):
    out = tmp_path_factory.mktemp("scores") / "scores.parquet"
    done("score", "--workspace", company, "--as-of", "2026-05-01", "--out", out)
    earlier = out.with_name("earlier.parquet")
    done("score", "--workspace", company, "--as-of", "2026-04-02", "--out", earlier)
    both = set(pl.read_parquet(out)["deal_id"]) & set(pl.read_parquet(earlier)["deal_id"])
    return min(both)


def test_what_moved_a_deal_adds_up(company, deal_id, tmp_path):
    out = tmp_path / "moved.parquet"
    said = done("moved", "--workspace", company, deal_id, "--from", "2026-04-02", "--to", "2026-05-01", "--out", out)
    frame = pl.read_parquet(out)
    assert frame["before"][0] + frame["points"].sum() == pytest.approx(frame["after"][0], abs=1e-6)
    assert f"Deal {deal_id}, 2026-04-02 to 2026-05-01" in said.out.replace("\n", " ")


def test_a_deal_that_does_not_exist_has_not_moved(company):
    said = call("moved", "--workspace", company, "nobody", "--to", "2026-05-01")
    assert said.code == errors.DealUnknown.exit_code
    assert "deal 'nobody' was not open on 2026-04-24" in said.complaint
