"""On the evaluation data, when present: territories instead of people, no calls, no quotas, no invoices."""

import datetime as dt

import polars as pl
import pytest

from history.record import History, make_history
from history.settings import read_settings
from indicators.accuracy import accuracy, assess
from indicators.scorecard import scorecard
from tests.lib import evaluation


def read(name: str) -> History:
    folder = evaluation.folder(name)
    frames = {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    return make_history(read_settings(folder / "dealcast.toml"), **frames)


@pytest.fixture(scope="module")
def chips() -> History:
    return read("chip_pipeline")


@pytest.fixture(scope="module")
def loans() -> History:
    return read("bpic2012")


def test_territories_have_implied_calls_by_count(chips: History):
    found = accuracy(chips, dt.datetime(2016, 3, 1), measure="count", horizons=(45,))
    assert found.height > 30
    assert set(found["source"]) == {"implied"}
    whole = accuracy(chips, dt.datetime(2016, 3, 1), "forecaster_kind", (45,), "count")
    assert whole.filter(pl.col("scope_id") == "rep")["actual_sum"].item() == pytest.approx(found["actual_sum"].sum())


def test_without_close_dates_and_calls_the_stages_imply_what_people_would_have_called(loans: History):
    found = assess(loans, dt.datetime(2012, 2, 1), measure="count", cadence="month", horizons=(15,))
    assert set(found["source"]) == {"implied"}
    assert set(found["basis"]) == {"stages"}
    assert found["n_periods"].max() == 3
    # Few of those who work on an application are there when it is closed.
    assert found.filter(pl.col("actual_sum") > 0).height < 10 < found.height
    together = accuracy(loans, dt.datetime(2012, 2, 1), "forecaster_kind", (15,), "count", "month")
    assert together.filter(pl.col("scope_id") == "rep")["actual_sum"].item() == found["actual_sum"].sum()


def test_the_sheet_says_what_the_logs_lack(chips: History, loans: History):
    for history, period, day in ((chips, "2015Q4", (2016, 1, 5)), (loans, "2011-12", (2012, 1, 10))):
        sheet = scorecard(history, period, dt.datetime(*day))
        lacking = sheet.filter(pl.col("indicator").is_in(["collection_rate", "attainment", "skill_score"]))
        assert lacking["value"].null_count() == lacking.height
        assert lacking["missing"].str.starts_with("needs ").all()
        assert sheet.filter(pl.col("indicator") == "win_rate")["value"].drop_nulls().len() > 20
