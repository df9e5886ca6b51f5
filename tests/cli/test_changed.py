"""`dealcast changed`: lines that add up, opened to their deals, and what it says to questions it cannot answer."""

import json

import polars as pl
import pytest

from history import errors
from tests.cli.calling import call, done

WEEKS = ("--period", "2026Q2", "--from", "2026-05-01", "--to", "2026-05-15")


def test_the_lines_are_the_difference_between_two_forecasts(company, tmp_path):
    means = []
    for day in ("2026-05-01", "2026-05-15"):
        out = tmp_path / f"{day}.json"
        done("forecast", "--workspace", company, "--period", "2026Q2", "--as-of", day, "--by", "team", "--out", out)
        means.append({row["scope_id"]: row["mean"] for row in json.loads(out.read_text())})
    out = tmp_path / "changed.parquet"
    done("changed", "--workspace", company, *WEEKS, "--by", "team", "--out", out)
    moved = dict(pl.read_parquet(out).group_by("scope_id").agg(pl.col("contribution").sum()).iter_rows())
    assert moved == {scope: pytest.approx(means[1][scope] - means[0][scope]) for scope in means[1]}


def test_a_line_opens_to_its_deals(company, tmp_path):
    said = done("changed", "--workspace", company, *WEEKS, "--line", "won", "--out", tmp_path / "won.csv")
    deals = pl.read_csv(tmp_path / "won.csv")
    assert deals.height > 0
    assert set(deals["line"]) == {"won"}
    assert all(deal in said.out for deal in deals["deal_id"])


def test_both_ends_and_the_lines_are_printed_in_either_language(company):
    english = done("changed", "--workspace", company, *WEEKS, "--measure", "count").out.splitlines()
    chinese = done(
        "changed", "--workspace", company, *WEEKS, "--measure", "count", "--language", "zh-CN"
    ).out.splitlines()
    assert "Expected on 2026-05-01" in english[2]
    assert "Expected on 2026-05-15" in english[-1]
    assert "2026-05-15预计" in chinese[-1]
    assert len(english) == len(chinese) > 6


def test_the_note_says_that_a_lines_sign_need_not_be_that_of_its_name(company):
    assert "a line's sign need not be that of its name" in done("changed", "--workspace", company, *WEEKS).err
    chinese = done("changed", "--workspace", company, *WEEKS, "--language", "zh-CN").err
    assert "一行的正负未必与其名称一致" in chinese


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (["--scope", "North"], errors.RequestInvalid.exit_code, "scope 'North' is not known; expected a kind"),
        (
            ["--scope", "team:Nobody"],
            errors.DealUnknown.exit_code,
            "has nothing booked, open or targeted on either day",
        ),
        (["--by", "galaxy"], errors.RequestInvalid.exit_code, "level 'galaxy' is not known; expected one of rep"),
        (["--line", "vanished"], errors.RequestInvalid.exit_code, "line 'vanished' is not known; expected one of won"),
        (["--from", "2026-05-15"], errors.DateInvalid.exit_code, "2026-05-15 is not after 2026-05-15"),
        (["--from", "2019-01-01"], errors.NoHistory.exit_code, "nothing was known on 2019-01-01"),
        (["--period", "2026Q9"], errors.DateInvalid.exit_code, "period '2026Q9' is not known; expected a quarter"),
        (["--to", "tomorrow"], errors.DateInvalid.exit_code, "--to 'tomorrow' is not a date"),
        (["--out", "here.txt"], errors.OutputInvalid.exit_code, "expected .csv, .parquet or .json"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(company, options, code, complaint):
    said = call("changed", "--workspace", company, *WEEKS, *options)
    assert said.code == code
    assert complaint in said.complaint
