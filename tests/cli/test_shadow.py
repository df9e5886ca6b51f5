"""A challenger beside the champion, by command."""

import datetime as dt
import shutil

import polars as pl
import pytest

from history import errors
from history.workspace import open_workspace
from tests.cli.calling import call, done
from training.registry import Registry


@pytest.fixture(scope="module")
def own(company, tmp_path_factory):
    """A copy of the company with its model registered once more, as a second version that serves nothing yet."""
    folder = tmp_path_factory.mktemp("shadow")
    shutil.copytree(company.parent, folder / "copy")
    workspace = folder / "copy" / company.name
    registry = registry_of(workspace)
    first = registry.get("1")
    registry.log(registry.bundle_folder(first), first.trained_as_of, {}, {}, {}, {})
    return workspace


def registry_of(workspace):
    store = open_workspace(workspace).store()
    try:
        return Registry(workspace, store.workspace_id)
    finally:
        store.close()


def test_without_a_challenger_there_is_nothing_to_compare_or_to_stop(own):
    said = call("--workspace", own, "shadow", "compare")
    assert said.code == errors.ModelUnavailable.exit_code
    assert "dealcast shadow start VERSION" in said.complaint
    assert "no challenger" in done("--workspace", own, "shadow", "stop").out


def test_a_shadow_from_start_to_stop(own, tmp_path):
    assert "Version 2 is the challenger" in done("--workspace", own, "shadow", "start", "2").out
    assert "nothing of the same deals" in done("--workspace", own, "shadow", "compare").out
    for day in ("2026-05-04", "2026-05-11"):
        said = done("--workspace", own, "score", "--as-of", day, "--horizon", "2026-06-01", "--record", "--top", 1)
        assert "Challenger 2 scored beside" in said.err
    stored = open_workspace(own).history()["scores"]
    counts = dict(stored.group_by("model_version").agg(pl.len()).iter_rows())
    assert counts["1"] == counts["2"] > 20
    assert "2026-06-01" in done("--workspace", own, "shadow", "compare", "--as-of", "2026-05-20").out
    found = done("--workspace", own, "shadow", "compare", "--as-of", "2026-06-10", "--out", tmp_path / "shadow.csv")
    assert "no difference that is more than chance" in found.out
    assert pl.read_csv(tmp_path / "shadow.csv")["who"].to_list() == ["champion", "challenger"]
    chinese = done("--workspace", own, "shadow", "compare", "--as-of", "2026-06-10", "--language", "zh-CN").out
    assert "差异未超出偶然" in chinese
    assert "no longer the challenger" in done("--workspace", own, "shadow", "stop").out
    assert "Challenger" not in done("--workspace", own, "score", "--as-of", "2026-05-18", "--record", "--top", 1).err


def test_a_challenger_trained_after_the_day_stores_nothing_and_says_so(own):
    registry = registry_of(own)
    later = registry.log(registry.bundle_folder(registry.get("1")), dt.datetime(2026, 6, 15), {}, {}, {}, {})
    done("--workspace", own, "shadow", "start", later)
    said = done("--workspace", own, "score", "--as-of", "2026-05-25", "--record", "--top", 1)
    assert f"Challenger {later} stored no score: trained as of 2026-06-15" in said.err
    done("--workspace", own, "shadow", "stop")


def test_a_damaged_challenger_does_not_keep_the_champion_from_scoring(own):
    registry = registry_of(own)
    third = registry.log(registry.bundle_folder(registry.get("1")), registry.get("1").trained_as_of, {}, {}, {}, {})
    done("--workspace", own, "shadow", "start", third)
    damaged = registry.bundle_folder(registry.get(third)) / "win.txt"
    damaged.write_text(damaged.read_text() + "\n")
    said = done("--workspace", own, "score", "--as-of", "2026-05-26", "--record", "--top", 1)
    assert f"Challenger {third} stored no score" in said.err
    assert "win.txt" in said.err
    assert open_workspace(own).history()["scores"].filter(pl.col("model_version") == third).is_empty()
    done("--workspace", own, "shadow", "stop")


def test_a_version_that_is_not_registered_is_said(own):
    said = call("--workspace", own, "shadow", "start", "77")
    assert said.code == errors.ModelUnavailable.exit_code
    assert "'77'" in said.complaint
