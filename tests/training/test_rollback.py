"""Any version can be made champion again, the others are kept, and everything done stays on record."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from history.errors import ModelUnavailable
from tests.training.conftest import logged
from training.registry import Registry

JANUARY, APRIL, JULY = (dt.datetime(2026, month, 1) for month in (1, 4, 7))
NOW = dt.datetime(2026, 7, 2, 9)


@pytest.fixture
def three(registry: Registry, bundle: Path) -> Registry:
    """Three promoted versions."""
    for as_of in (JANUARY, APRIL, JULY):
        registry.promote(logged(registry, bundle, as_of), "gate", "the gate found nothing", NOW)
    return registry


def champion(registry: Registry) -> str | None:
    found = registry.champion()
    return found and found.version


def test_a_rollback_makes_the_old_version_serve_and_keeps_the_newer_ones(three: Registry) -> None:
    assert three.rollback("1", "ann", "odd reasons", NOW) == ["3", "2"]
    assert champion(three) == "1"
    assert three.serving_version(JULY).version == "1"  # type: ignore[union-attr]
    assert [version.version for version in three.versions()] == ["3", "2", "1"]
    assert three.get("3").tags["withdrawn_by"] == "ann"
    assert three.get("3").tags["withdrawn_reason"] == "odd reasons"


def test_a_rollback_to_a_version_that_never_served_promotes_it(registry: Registry, bundle: Path) -> None:
    first, second = logged(registry, bundle, JANUARY), logged(registry, bundle, APRIL)
    registry.promote(second, "gate", "")
    registry.rollback(first, "ann", "as agreed")
    assert champion(registry) == first
    assert not registry.get(second).promoted


def test_after_a_rollback_a_withdrawn_version_can_be_promoted_again(three: Registry) -> None:
    three.rollback("1", "ann", "odd reasons")
    three.promote("3", "ann", "they were right")
    assert champion(three) == "3"
    assert three.serving_version(JULY).version == "3"  # type: ignore[union-attr]


def test_a_rollback_that_was_stopped_half_way_is_finished_by_the_same_command(three: Registry) -> None:
    three._client.set_model_version_tag(three.name, "3", "promoted", "no")
    assert three.rollback("1", "ann", "odd reasons") == ["2"]
    assert three.rollback("1", "ann", "odd reasons") == []
    assert champion(three) == "1"
    assert [event["did"] for event in three.events()] == ["promote", "promote", "promote", "rollback"]


def test_everything_done_is_on_record_with_who_when_and_why(three: Registry) -> None:
    three.rollback("2", "ann", "odd reasons", NOW)
    assert three.events()[-1] == {
        "did": "rollback",
        "version": "2",
        "by": "ann",
        "reason": "odd reasons",
        "at": "2026-07-02T09:00:00",
    }


def test_a_version_that_cannot_be_loaded_is_refused_and_nothing_changes(three: Registry) -> None:
    (three.bundle_folder(three.get("1")) / "win.txt").write_text("tree")
    with pytest.raises(ModelUnavailable, match=r"model 1: .*win\.txt is not what was saved"):
        three.rollback("1", "ann", "odd reasons")
    assert champion(three) == "3"
    assert len(three.events()) == 3


def test_a_version_of_other_features_is_refused_by_name_and_nothing_changes(
    registry: Registry, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = logged(registry, bundle, JANUARY), logged(registry, bundle, APRIL)
    registry.promote(newer, "gate", "")
    monkeypatch.setattr("training.bundle_files.feature_version", lambda fields: "another")
    with pytest.raises(
        ModelUnavailable, match=r"model 1 was trained on feature version .*; this installation computes"
    ):
        registry.rollback(older, "ann", "odd reasons")
    assert champion(registry) == newer


def test_the_challenger_is_the_version_that_waits_and_loses_the_name_when_promoted(
    registry: Registry, bundle: Path
) -> None:
    version = logged(registry, bundle, JANUARY)
    registry.challenge(version)
    assert registry.challenger().version == version  # type: ignore[union-attr]
    registry.promote(version, "gate", "")
    assert registry.challenger() is None
    assert champion(registry) == version


def test_a_copied_folder_rolls_back_by_itself(three: Registry, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "mlruns", tmp_path / "copy" / "mlruns")
    copy = Registry(tmp_path / "copy" / "workspace", "w1")
    copy.rollback("1", "ann", "to try it")
    assert (champion(copy), champion(three)) == ("1", "3")
