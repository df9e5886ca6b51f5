"""A model of an older feature version is refused by name by every verb that would ask it, and nothing is written."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import polars as pl
import pytest

from features.catalogue import feature_version
from history import errors
from history.workspace import open_workspace
from tests.cli.calling import call, done
from tests.cli.test_shadow import registry_of
from tests.lib.foreign_bundle import OLDER, aged

REFUSED = f"model 1 was trained on feature version {OLDER}; this installation computes {feature_version()}"
VERBS = {
    "score": ("score", "--as-of", "2026-05-04"),
    "score by its number": ("score", "--as-of", "2026-05-04", "--model", "1"),
    "score and keep it": ("score", "--as-of", "2026-05-04", "--record"),
    "forecast": ("forecast", "--as-of", "2026-05-04"),
    "what changed": ("changed", "--from", "2026-04-20", "--to", "2026-05-04"),
    "pace": ("pace", "--as-of", "2026-05-04"),
    "flags": ("flags", "--as-of", "2026-05-04"),
    "drift": ("drift", "--as-of", "2026-05-04"),
    "review": ("review", "--as-of", "2026-05-04"),
    "roll back to it": ("rollback", "1", "--reason", "to try"),
    "let it serve": ("promote", "1", "--reason", "to try"),
}


@pytest.fixture(scope="module")
def older(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the company whose champion comes from an installation with other features."""
    folder = tmp_path_factory.mktemp("older")
    shutil.copytree(company.parent, folder / "copy")
    workspace = folder / "copy" / company.name
    aged(registry_of(workspace), "1")
    return workspace


@pytest.mark.parametrize("what", VERBS)
def test_it_is_refused_by_name(older: Path, what: str) -> None:
    before = registry_of(older).events()
    said = call("--workspace", older, *VERBS[what])
    assert said.code == errors.ModelUnavailable.exit_code
    assert REFUSED in said.complaint
    assert "Train a model, or use the installation it came from." in said.complaint
    assert open_workspace(older).history()["scores"].is_empty()
    assert registry_of(older).events() == before


def test_days_before_its_training_are_answered_without_it(older: Path) -> None:
    assert "tables-2026-02-02" in done("--workspace", older, "score", "--as-of", "2026-02-02", "--top", 1).err


def test_as_a_challenger_it_scores_nothing_and_the_champion_does(company: Path, tmp_path: Path) -> None:
    shutil.copytree(company.parent, tmp_path / "copy")
    workspace = tmp_path / "copy" / company.name
    registry = registry_of(workspace)
    second = registry.log(registry.bundle_folder(registry.get("1")), dt.datetime(2026, 4, 2), {}, {}, {}, {})
    aged(registry, second)
    done("--workspace", workspace, "shadow", "start", second)
    said = done("--workspace", workspace, "score", "--as-of", "2026-05-04", "--record", "--top", 1)
    assert f"Challenger {second} stored no score" in said.err
    assert f"was trained on feature version {OLDER}" in said.err
    stored = open_workspace(workspace).history()["scores"]["model_version"]
    assert stored.unique().to_list() == ["1"]
    assert pl.Series(stored).len() > 20
