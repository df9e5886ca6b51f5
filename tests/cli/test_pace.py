"""`dealcast pace`, as a planner reads it."""

import polars as pl
import pytest

from history import errors
from tests.cli.calling import call, done

ASKED = ("--period", "2026Q2", "--as-of", "2026-05-16")


def test_the_working_behind_each_scope_is_printed_in_either_language(company, tmp_path):
    out = tmp_path / "pace.csv"
    english = done("pace", "--workspace", company, *ASKED, "--out", out).out
    frame = pl.read_csv(out)
    assert "day 45 of 91, against 8 earlier periods" in english
    assert english.count(" of new pipeline won, ") == (frame["required_new_pipeline"] > 0).sum() > 0
    chinese = done("pace", "--workspace", company, *ASKED, "--language", "zh-CN", "--measure", "count").out
    assert "缺口" in chinese


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (["--period", "2026Q9"], errors.DateInvalid.exit_code, "period '2026Q9' is not known"),
        (["--by", "galaxy"], errors.RequestInvalid.exit_code, "level 'galaxy' is not known; expected one of rep, team"),
        (["--as-of", "2019-01-01"], errors.NoHistory.exit_code, "2019-01-01"),
        (["--as-of", "soon"], errors.DateInvalid.exit_code, "--as-of 'soon' is not a date"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(company, options, code, complaint):
    said = call("pace", "--workspace", company, *ASKED, *options)
    assert said.code == code
    assert complaint in said.complaint
