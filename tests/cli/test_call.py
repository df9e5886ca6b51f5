"""`dealcast call`: from a submitted number to the table of accuracy, and what cannot be said."""

import datetime as dt

import polars as pl
import pytest

from history import errors
from history.fiscal import quarter_of
from history.settings import Settings
from serving.tokens import utc_now
from tests.cli.calling import call, done
from tests.cli.folders import CHANGES, small_folder

HERE = Settings(timezone="Asia/Shanghai")


def today() -> dt.date:
    """The day in the workspaces' time zone."""
    return HERE.day_of(utc_now())


@pytest.fixture
def running() -> str:
    """The quarter that is running now, by the machine's clock, as the verb reads it."""
    return quarter_of(today(), HERE).name


def test_what_is_submitted_shows_in_accuracy_once_the_period_has_ended(running, tmp_path):
    shop, rep = tmp_path / "shop", "ann"
    owned = small_folder(tmp_path / "owned", deal_changes=CHANGES + "D3,2026-02-01,owner_id,,ann\n")
    done("--workspace", shop, "import", "canonical", owned)
    said = done(
        "call", "submit", "--workspace", shop, "--rep", rep, "--period", running, "--most-likely", 700, "--note", "sure"
    )
    assert "700" in said.out
    assert "sure" in said.out
    ended = quarter_of(today(), HERE).end_day + dt.timedelta(days=3)
    out = tmp_path / "accuracy.csv"
    done("accuracy", "--workspace", shop, "--as-of", ended, "--horizon", 1, "--out", out)
    row = pl.read_csv(out).filter(pl.col("source") == "submitted").row(0, named=True)
    assert (row["forecaster_id"], row["forecast_sum"]) == (rep, 700.0)
    listed = done("call", "list", "--workspace", shop, "--period", running, "--language", "zh-CN", "--holding")
    assert "最可能" in listed.out


def test_a_manager_overrides_for_the_team_they_lead(company, running, tmp_path):
    reps = tmp_path / "calls.csv"
    done(
        "call",
        "override",
        "--workspace",
        company,
        "--manager",
        "M01",
        "--scope",
        "team:T01",
        "--period",
        running,
        "--commit",
        5,
    )
    done("call", "list", "--workspace", company, "--period", running, "--scope", "team:T01", "--out", reps)
    row = pl.read_csv(reps).row(0, named=True)
    assert (row["forecaster_kind"], row["forecaster_id"], row["value"]) == ("manager", "M01", 5.0)


def test_an_empty_list_says_so(shop):
    assert "Nothing was said." in done("call", "list", "--workspace", shop, "--period", "2031").out


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["submit", "--rep", "M99", "--commit", 1], errors.DealUnknown.exit_code, "nobody is called 'M99'"),
        (["submit", "--rep", "M01", "--commit", -1], errors.RequestInvalid.exit_code, "commit -1 cannot be"),
        (["submit", "--rep", "M01"], errors.RequestInvalid.exit_code, "nothing was said; expected at least one of"),
        (["submit", "--rep", "M01", "--commit", "much"], 2, "'much' is not a valid float"),
        (
            ["override", "--manager", "M01", "--scope", "team:T02", "--commit", 1],
            errors.NotAllowed.exit_code,
            "M01 cannot speak for team:T02",
        ),
        (
            ["override", "--manager", "M01", "--scope", "T01", "--commit", 1],
            errors.RequestInvalid.exit_code,
            "scope 'T01'",
        ),
    ],
)
def test_what_cannot_be_said_is_told_in_one_line(company, running, words, code, complaint):
    said = call("call", *words, "--workspace", company, "--period", running)
    assert said.code == code
    assert complaint in said.complaint


def test_a_period_that_has_ended_or_is_none_is_refused(company):
    for period, complaint in (("2020Q1", "period 2020Q1 ended before 2020-04-01"), ("2020Q9", "'2020Q9' is not known")):
        said = call("call", "submit", "--workspace", company, "--rep", "M01", "--period", period, "--commit", 1)
        assert said.code == errors.DateInvalid.exit_code
        assert complaint in said.complaint
