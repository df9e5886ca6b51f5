"""`dealcast accuracy`: the record with its intervals and rules, and its other views."""

import polars as pl
import pytest

from cli.accuracy_views import VIEWS
from history import errors
from indicators.kinds import KINDS
from tests.cli.calling import call, done

ASKED = ("--as-of", "2026-07-01", "--horizon", 45)


READ = {".csv": pl.read_csv, ".json": pl.read_json, ".parquet": pl.read_parquet}
ENDINGS = dict(zip(VIEWS, (".csv", ".json", ".parquet", ".csv", ".json"), strict=True))


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_printed_with_how_it_is_read_and_written(company, tmp_path, view):
    out = tmp_path / f"view{ENDINGS[view]}"
    language, which = ("zh-CN", 1) if ENDINGS[view] == ".csv" else ("en", 0)
    said = done("accuracy", "--workspace", company, *ASKED, "--view", view, "--out", out, "--language", language)
    title, _, *rows, note = said.out.splitlines()
    assert (title, note) == (VIEWS[view].title[which], VIEWS[view].note[which])
    assert READ[ENDINGS[view]](out).height == len(rows) > 3


def test_the_record_shows_calls_made_intervals_shrunk_values_and_the_rules_of_its_kinds(company):
    said = done("accuracy", "--workspace", company, "--as-of", "2024-07-01", "--horizon", 45)
    heading = said.out.splitlines()[1]
    assert all(word in heading for word in ("calls made", "80 %", "shrunk", "bias", "WAPE"))
    occur = [kind for kind in KINDS.values() if f"  {kind.en}  " in said.out]
    assert occur
    assert all(f"{kind.en}: {kind.rule_en}" in said.out for kind in occur)


def test_the_last_period_comes_last_and_one_alone_may_be_asked_for(company):
    said = done("accuracy", "--workspace", company, *ASKED, "--view", "periods", "--of", "T01", "--by", "team")
    rows = said.out.splitlines()[2:-1]
    assert all(" T01 " in line for line in rows)
    assert any("reps together" in line for line in rows)
    assert "2026Q2" in rows[-1]


def test_calls_that_are_odd_are_told_beside_the_record(company):
    said = done("accuracy", "--workspace", company, *ASKED)
    assert "after the period's end" in said.err
    assert "after the period's end" not in said.out


def test_value_added_over_the_model_is_worked_out_where_it_is_asked_for(company):
    asked = ("--as-of", "2024-01-01", "--by", "team", "--horizon", 45)
    assert "value added vs model" not in done("accuracy", "--workspace", company, *asked).out
    said = done("accuracy", "--workspace", company, *asked, "--with-model")
    assert "value added vs model" in said.out
    assert "model, worked out afterwards" in said.out


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        (("--of", "nobody"), errors.DealUnknown, "--of 'nobody': nothing is measured of that; expected one of those"),
        (("--view", "categories", "--by", "forecaster_kind"), errors.RequestInvalid, "expected one of: rep, team"),
        (("--view", "dates", "--by", "forecaster_kind"), errors.RequestInvalid, "expected one of: rep, team"),
    ],
)
def test_what_cannot_be_told_is_said_in_one_line(company, options, kind, words):
    said = call("accuracy", "--workspace", company, *ASKED, *options)
    assert said.code == kind.exit_code
    assert words in said.complaint


def test_before_any_period_has_ended_a_view_says_so(shop):
    said = done("accuracy", "--workspace", shop, "--view", "trend")
    assert "No period has ended yet" in said.out
