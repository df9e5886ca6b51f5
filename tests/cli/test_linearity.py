"""`dealcast linearity` and its route."""

import polars as pl
import pytest

from history import errors
from tests.cli.calling import call, done


def test_each_period_and_all_together_are_printed_with_a_column_per_part(company, tmp_path):
    out = tmp_path / "linearity.csv"
    lines = done("linearity", "--workspace", company, "--as-of", "2026-07-01", "--out", out).out.splitlines()
    assert lines[1].split()[-6:] == ["month", "1", "month", "2", "month", "3"]
    assert "all together" in lines[-1]
    frame = pl.read_csv(out)
    assert frame.height == 9 * 3
    chinese = done(
        "linearity", "--workspace", company, "--as-of", "2026-07-01", "--part", "week", "--language", "zh-CN"
    )
    assert "第13周" in chinese.out
    assert "合计" in chinese.out


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (["--period", "2026Q4"], errors.RequestInvalid.exit_code, "period 2026Q4 has not ended on 2026-07-01"),
        (["--period", "Q4"], errors.DateInvalid.exit_code, "period 'Q4' is not known; expected a quarter"),
        (["--by", "galaxy"], errors.RequestInvalid.exit_code, "level 'galaxy' is not known"),
        (["--cadence", "month"], errors.RequestInvalid.exit_code, "expected part week for it"),
        (["--out", "x"], errors.OutputInvalid.exit_code, "--out x ends in"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(company, options, code, complaint):
    said = call("linearity", "--workspace", company, "--as-of", "2026-07-01", *options)
    assert said.code == code
    assert complaint in said.complaint
