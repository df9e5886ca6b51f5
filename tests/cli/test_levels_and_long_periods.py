"""Half-years, years and levels of one's own, asked for on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from history import errors
from tests.cli.calling import call, done
from tests.cli.folders import CHANGES, SETTINGS, small_folder


@pytest.mark.parametrize("period", ["2026H1", "2026", "FY2026"])
def test_a_half_year_and_a_year_are_forecast(company, period, tmp_path):
    out = tmp_path / "forecast.json"
    said = done("forecast", "--workspace", company, "--period", period, "--as-of", "2026-05-01", "--out", out)
    name = period.removeprefix("FY")
    assert said.out.startswith(f"{name} as known on 2026-05-01")
    rows = json.loads(out.read_text())
    assert {row["period"] for row in rows} == {name}
    assert all(row["mean"] > row["booked"] > 0 for row in rows)


def test_accuracy_is_measured_over_years(company, tmp_path):
    out = tmp_path / "accuracy.json"
    asked = ("--as-of", "2026-07-01", "--horizon", 45, "--cadence", "year", "--out", out)
    done("accuracy", "--workspace", company, *asked)
    assert {row["n_periods"] for row in json.loads(out.read_text())} <= {1, 2, 3}


@pytest.fixture
def families(tmp_path: Path) -> Path:
    """Three deals of two families, a level that the settings name."""
    own = "".join(f"D{n},2026-01-0{4 + n},family,,{name}\n" for n, name in ((1, "Mini"), (2, "Maxi")))
    quotas = "scope_kind,scope_id,period,measure,target,set_at\nfamily,Mini,2026Q1,amount,2000,2026-01-01\n"
    folder = small_folder(tmp_path / "families", deal_changes=CHANGES + own)
    (folder / "dealcast.toml").write_text(f'{SETTINGS}\n[hierarchies]\nproduct = ["family"]\n', encoding="utf-8")
    (folder / "quotas.csv").write_text(quotas, encoding="utf-8")
    done("--workspace", tmp_path / "own", "import", "canonical", folder)
    return tmp_path / "own"


def test_a_level_of_ones_own_is_forecast_and_explained(families, tmp_path):
    out = tmp_path / "forecast.json"
    asked = ("--workspace", families, "--period", "2026Q1")
    done("forecast", *asked, "--as-of", "2026-02-10", "--by", "family", "--out", out)
    rows = {row["scope_id"]: row for row in json.loads(out.read_text())}
    assert (rows["Mini"]["booked"], rows["Mini"]["quota"]) == (1000.0, 2000.0)
    assert "(none)" in rows
    said = done("changed", *asked, "--from", "2026-02-02", "--to", "2026-02-10", "--scope", "family:Mini")
    assert "Won" in said.out
    assert "Mini: " in done("pace", *asked, "--as-of", "2026-02-10", "--by", "family").out


def test_a_level_that_is_not_named_is_refused_and_the_known_ones_are_told(families):
    said = call("forecast", "--workspace", families, "--period", "2026Q1", "--as-of", "2026-02-10", "--by", "colour")
    assert said.code == errors.RequestInvalid.exit_code
    assert "level 'colour' is not known; expected one of rep, team" in said.complaint
    assert "company, family." in said.complaint


def test_a_hierarchy_that_cannot_be_is_told_in_one_line(families):
    settings = families / "dealcast.toml"
    settings.write_text(settings.read_text().replace('["family"]', '["team"]'), encoding="utf-8")
    said = call("forecast", "--workspace", families, "--as-of", "2026-02-10")
    assert said.code == errors.ConfigInvalid.exit_code
    assert "[hierarchies] product has 'team', which is no field that parts deals" in said.complaint
