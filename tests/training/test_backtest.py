"""A replay trains only on what was known at each cut, and asks every forecast the same question."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from history.as_of import known
from history.errors import NoHistory
from history.record import History
from tests.training.conftest import QUICK
from training.backtest import Replay, backtest, by_cut, days_ahead, last_day_end, period_end
from training.deal_model import DealModel
from training.report import PLOT_CAPTION, summary, write_report


@pytest.fixture(scope="module")
def dates(cut: dt.datetime) -> list[dt.datetime]:
    return [cut + dt.timedelta(days=14 * n) for n in range(3)]


@pytest.fixture(scope="module")
def replay(company: History, dates: list[dt.datetime]) -> Replay:
    return backtest(company, dates, period_end(company.settings, "quarter"), "quarter", options=QUICK)


def test_the_replayed_model_is_the_one_that_training_at_the_cut_gives(
    replay: Replay, model: DealModel, open_deals: pd.DataFrame, cut: dt.datetime
) -> None:
    first = replay.rows.filter(replay.rows["as_of"] == cut).sort("deal_id")
    days = first["horizon_days"].to_numpy()
    deals = open_deals.sort_index()
    assert first["deal_id"].to_list() == deals.index.get_level_values("deal_id").tolist()
    assert np.array_equal(first["model"].to_numpy(), model.predict(deals, days)["win_by_horizon"].to_numpy())


def test_forecasts_do_not_know_what_was_recorded_after_their_day(
    company: History, dates: list[dt.datetime], replay: Replay
) -> None:
    """Only the labels may differ when all that was recorded after the last date is forgotten."""
    horizon_of = period_end(company.settings, "quarter")
    past = known(company, dates[-1] + dt.timedelta(seconds=1))
    blind = backtest(past, dates, horizon_of, "quarter", options=QUICK, seen_until=horizon_of(dates[0]))
    forecasts = ["deal_id", "as_of", "cut", *replay.forecasts]
    assert blind.rows.select(forecasts).equals(replay.rows.select(forecasts))
    assert blind.won.sum() < replay.won.sum()


def test_every_row_is_labelled_and_every_forecast_is_a_chance(replay: Replay) -> None:
    assert replay.rows["label"].null_count() == 0
    assert {"model", "stage_age", "stage_conversion", "stage_map", "logistic"} <= set(replay.forecasts)
    values = replay.rows.select(replay.forecasts).to_numpy()
    assert ((values > 0) & (values < 1)).all()


def test_models_are_trained_no_later_than_the_day_they_score(replay: Replay) -> None:
    assert (replay.rows["cut"] <= replay.rows["as_of"]).all()
    ends = [dt.datetime.fromisoformat(str(fit["last_horizon_end"])) for fit in replay.fits]
    cuts = [dt.datetime.fromisoformat(str(fit["cut"])) for fit in replay.fits]
    assert all(end <= cut for end, cut in zip(ends, cuts, strict=True))


def test_a_horizon_that_has_not_ended_is_left_out(company: History, dates: list[dt.datetime]) -> None:
    until = dates[1] + dt.timedelta(days=10)
    found = backtest(company, dates, days_ahead(10), "quarter", options=QUICK, seen_until=until)
    assert found.rows["as_of"].max() == dates[1]


def test_dates_before_any_deal_are_refused_in_one_line(company: History) -> None:
    with pytest.raises(NoHistory, match=r"no deal was open on any of the 1 dates .* Give other dates"):
        backtest(company, [dt.datetime(2001, 1, 1)], days_ahead(10), options=QUICK)
    until = company.settings.start_of(dt.date(2026, 1, 1))
    with pytest.raises(NoHistory, match="a horizon that had ended at the start of 2026-01-01;"):
        backtest(company, [dt.datetime(2001, 1, 1)], days_ahead(10), options=QUICK, seen_until=until)


def test_models_are_trained_anew_as_often_as_asked(company: History) -> None:
    days = [company.settings.start_of(dt.date(2025, month, 20)) for month in (1, 2, 4)]
    cuts = {refit: len(by_cut(days, refit, company.settings)) for refit in ("quarter", "month", "every")}
    assert cuts == {"quarter": 2, "month": 3, "every": 3}
    assert list(by_cut(days, "every", company.settings)) == days


def test_the_record_ends_with_its_last_day(company: History) -> None:
    last = company["deal_changes"]["recorded_at"].max()
    assert last < last_day_end(company) <= last + dt.timedelta(days=1)  # type: ignore[operator]


def test_figures_name_the_days_as_the_company_counts_them(replay: Replay, company: History, cut: dt.datetime) -> None:
    """In Shanghai a day starts on the evening before in Greenwich."""
    found = summary(replay)
    assert (cut.hour, found["first"]) == (16, str(company.settings.day_of(cut)))
    assert found["last"] == str(company.settings.day_of(cut + dt.timedelta(days=28)))
    assert found["fits"][0]["cut_day"] == found["first"]


def test_the_report_stands_alone_and_says_what_the_figures_say(replay: Replay, tmp_path: Path) -> None:
    found = write_report(replay, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8")) == found
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert all(words in text for words in PLOT_CAPTION)
    assert f"{found['forecasts']['model']['auc']['value']:.3f}" in text
    assert "阶段×账龄表" in text
    assert "http" not in text
    assert "<script" not in text


def test_the_same_replay_gives_the_same_bytes(replay: Replay, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_report(replay, tmp_path / name)
    for file in ("metrics.json", "report.html", "rows.parquet"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_figures_of_one_outcome_only_are_null_not_nan(replay: Replay) -> None:
    one = Replay(replay.rows.filter(replay.rows["label"] != "won"), "nothing was won")
    found = summary(one)
    assert found["forecasts"]["model"]["auc"]["value"] is None
    assert found["calibration_slope"] is None


def test_an_early_date_is_forecast_alike_in_a_long_replay_and_in_a_short_one(company: History) -> None:
    """In the first half year models learn from more days; a later date in the replay must not take them away."""
    settings = company.settings
    early, late = settings.start_of(dt.date(2023, 12, 4)), settings.start_of(dt.date(2024, 4, 1))
    alone = backtest(company, [early], days_ahead(30), "quarter", options=QUICK)
    together = backtest(company, [early, late], days_ahead(30), "quarter", options=QUICK)
    assert alone.rows.equals(together.rows.filter(pl.col("as_of") == early))


def test_a_first_date_with_nothing_to_learn_from_is_answered_by_the_tables(company: History) -> None:
    """The first cut has seen no horizon end, the later one has: both speak, in the same columns."""
    first = company.first_recorded
    assert first is not None
    dates = [first + dt.timedelta(days=days) for days in (30, 100)]
    replay = backtest(company, dates, days_ahead(14), "quarter", options=QUICK)
    early = replay.rows.filter(pl.col("as_of") == dates[0])
    assert replay.rows.null_count().sum_horizontal().item() == 0
    assert early.height > 0
    assert early["logistic"].equals(early["stage_age"].rename("logistic"))
