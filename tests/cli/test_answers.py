"""The four answers, asked of a small synthetic company with one model."""

import json
import sqlite3

import polars as pl
import pytest

from history import errors
from tests.cli.calling import call, done

SCORE_COLUMNS = """
    deal_id as_of stage owner_id amount win_probability horizon win_by_horizon lose_by_horizon open_at_horizon
    health band flags reason_1 reason_2 reason_3 reason_4 reason_5 model_version
"""
FORECAST_COLUMNS = """
    scope_kind scope_id period as_of measure booked open_expected new_expected mean p10 p25 p50 p75 p90 quota
    attainment p_attain coverage
"""
ACCURACY_COLUMNS = """
    forecaster_kind forecaster_id scope_id horizon_days source measure n_periods forecast_sum actual_sum bias wape
    accuracy ratio wape_p10 wape_p90 bias_shrunk wape_shrunk kind_of_bias fva_model fva_naive
"""


@pytest.fixture(scope="session")
def scores(company, tmp_path_factory):
    out = tmp_path_factory.mktemp("scores") / "scores.parquet"
    said = done("score", "--workspace", company, "--as-of", "2026-05-01", "--horizon", "2026-07-01", "--out", out)
    return said, pl.read_parquet(out)


def test_scores_have_the_promised_columns_and_one_row_per_open_deal(scores):
    _, frame = scores
    assert [name for name in SCORE_COLUMNS.split() if name not in frame.columns] == []
    assert frame.height > 20
    assert frame["deal_id"].is_unique().all()


def test_the_three_fates_sum_to_one(scores):
    _, frame = scores
    total = frame.select(pl.sum_horizontal("win_by_horizon", "lose_by_horizon", "open_at_horizon")).to_series()
    assert (total - 1).abs().max() < 1e-9


def test_the_printed_deals_are_the_riskiest_with_reasons_in_sentences(scores):
    said, frame = scores
    assert f"(20 of {frame.height})" in said.out
    assert "Critical" in said.out.splitlines()[2]
    assert "Model 1, trained as of 2026-0" in said.err


def test_scores_are_the_same_bytes_each_time(company, tmp_path):
    for name in ("a.csv", "b.csv"):
        done("score", "--workspace", company, "--as-of", "2026-05-01", "--out", tmp_path / name)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_scores_before_the_first_model_come_from_tables(company):
    said = done("score", "--workspace", company, "--as-of", "2026-03-01", "--top", 3)
    assert "Model 1," not in said.err


def test_a_version_asked_for_by_name_is_marked_in_sample(company, tmp_path):
    out = tmp_path / "x.parquet"
    said = done("score", "--workspace", company, "--as-of", "2026-03-01", "--model", "1", "--out", out)
    assert "In-sample" in said.err
    assert pl.read_parquet(out)["in_sample"].all()


def test_scores_can_be_recorded_and_recording_twice_changes_nothing(shop):
    for _ in range(2):
        done("score", "--workspace", shop, "--as-of", "2026-02-10", "--record")
    with sqlite3.connect(shop / "dealcast.db") as connection:
        assert connection.execute("select count(*) from scores").fetchone() == (1,)


def test_a_forecast_adds_up_and_stays_above_what_is_booked(company, tmp_path):
    out = tmp_path / "forecast.json"
    done(
        "forecast", "--workspace", company, "--period", "2026Q2", "--as-of", "2026-05-01", "--by", "team", "--out", out
    )
    rows = json.loads(out.read_text())
    assert [name for name in FORECAST_COLUMNS.split() if name not in rows[0]] == []
    for row in rows:
        assert row["mean"] == pytest.approx(row["booked"] + row["open_expected"] + row["new_expected"])
        assert row["booked"] - 1e-6 <= row["p10"] <= row["p50"] <= row["p90"]


@pytest.mark.parametrize("by", ["rep", "team", "region", "product_line", "company"])
def test_a_forecast_is_printed_for_every_level(by, company):
    said = done(
        "forecast",
        "--workspace",
        company,
        "--period",
        "2026Q2",
        "--as-of",
        "2026-05-01",
        "--by",
        by,
        "--measure",
        "count",
    )
    assert "in deals" in said.out
    assert len(said.out.splitlines()) > 2


def test_accuracy_has_the_promised_columns(company, tmp_path):
    out = tmp_path / "accuracy.csv"
    said = done("accuracy", "--workspace", company, "--as-of", "2026-07-01", "--horizon", 45, "--out", out)
    assert pl.read_csv(out).columns == ACCURACY_COLUMNS.split()
    assert set(pl.read_csv(out)["horizon_days"]) == {45}
    assert "value added" in said.out


def test_kinds_of_bias_are_told_in_chinese(company):
    said = done("accuracy", "--workspace", company, "--as-of", "2026-07-01", "--horizon", 45, "--language", "zh-CN")
    assert "偏差" in said.out
    assert any(word in said.out for word in ("谨慎", "乐观", "准确", "波动", "暂无法判断"))


def test_the_scorecard_lists_people_best_first(company, tmp_path):
    out = tmp_path / "sheet.parquet"
    said = done("scorecard", "--workspace", company, "--period", "2026Q2", "--as-of", "2026-07-01", "--out", out)
    frame = pl.read_parquet(out)
    assert len(said.out.splitlines()) == 2 + frame["rep_id"].n_unique()


def test_one_persons_sheet_names_what_is_lacking(company):
    people = (
        sqlite3.connect(company / "dealcast.db").execute("select rep_id from reps where role <> 'manager'").fetchall()
    )
    said = done(
        "scorecard", "--workspace", company, "--period", "2026Q2", "--as-of", "2026-07-01", "--rep", people[0][0]
    )
    assert "quota attainment" in said.out


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (("score", "--as-of", "2020-01-01"), errors.NoHistory, "2020-01-01"),
        (("forecast", "--as-of", "2020-01-01"), errors.NoHistory, "2020-01-01"),
        (("accuracy", "--as-of", "2020-01-01"), errors.NoHistory, "before any data"),
        (("scorecard", "--as-of", "2020-01-01"), errors.NoHistory, ""),
        (("train", "--as-of", "2020-01-01"), errors.NoHistory, ""),
        (("score", "--as-of", "2026-05-01", "--horizon", "2026-05-01"), errors.DateInvalid, "horizon 2026-05-01"),
        (("forecast", "--period", "2026Q5"), errors.DateInvalid, "'2026Q5'"),
        (("scorecard", "--period", "next"), errors.DateInvalid, "'next'"),
        (("scorecard", "--role", "astronaut", "--as-of", "2026-07-01"), errors.RequestInvalid, "'astronaut'"),
        (("scorecard", "--rep", "nobody", "--as-of", "2026-07-01"), errors.DealUnknown, "'nobody'"),
        (("score", "--model", "99"), errors.ModelUnavailable, "99"),
        (("promote", "99", "--reason", "x"), errors.ModelUnavailable, "99"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_answered_is_said_in_one_line(company, arguments, kind, words):
    said = call("--workspace", company, *arguments)
    assert said.code == kind.exit_code, said.err
    assert words in said.complaint
