"""Versions are kept with their evidence, survive a move, and only promoted ones serve."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pandas as pd
import pytest

from history.errors import ModelUnavailable
from tests.training.conftest import logged
from training.deal_model import DealModel
from training.registry import Registry

JANUARY, APRIL, JULY = (dt.datetime(2026, month, 1) for month in (1, 4, 7))


def test_a_version_is_found_with_its_evidence(registry: Registry, bundle: Path) -> None:
    version = registry.get(logged(registry, bundle, JANUARY))
    assert (version.version, version.trained_as_of, version.promoted) == ("1", JANUARY, False)
    assert version.metrics == {"model.auc": 0.8}
    assert version.tags["content_hash"] == "abc"
    assert isinstance(hash(version), int)


def test_what_is_loaded_says_the_same(
    registry: Registry, bundle: Path, model: DealModel, open_deals: pd.DataFrame
) -> None:
    loaded = registry.load(logged(registry, bundle, JANUARY))
    assert loaded.version == "1"
    pd.testing.assert_frame_equal(loaded.predict(open_deals, 30.0), model.predict(open_deals, 30.0))


def test_only_a_promoted_version_serves_and_only_from_its_training_on(registry: Registry, bundle: Path) -> None:
    first, second = logged(registry, bundle, JANUARY), logged(registry, bundle, APRIL)
    assert registry.serving_version(JULY) is None
    registry.promote(first, "gate", "the gate found nothing")
    assert registry.serving_version(JULY).version == first  # type: ignore[union-attr]
    registry.promote(second, "Li Wei", "reviewed")
    assert registry.serving_version(JULY).version == second  # type: ignore[union-attr]
    assert registry.serving_version(APRIL).version == second  # type: ignore[union-attr]
    assert registry.serving_version(APRIL - dt.timedelta(days=1)).version == first  # type: ignore[union-attr]
    assert registry.serving_version(JANUARY - dt.timedelta(days=1)) is None
    assert registry.get(second).tags["promoted_by"] == "Li Wei"


def test_a_version_trained_earlier_may_serve_its_days_without_becoming_champion(
    registry: Registry, bundle: Path
) -> None:
    newest, older = logged(registry, bundle, JULY), logged(registry, bundle, JANUARY)
    registry.promote(newest, "gate", "")
    registry.promote(older, "gate", "")
    assert registry.champion().version == newest  # type: ignore[union-attr]
    assert registry.serving_version(APRIL).version == older  # type: ignore[union-attr]


def test_a_moved_folder_still_loads_and_takes_new_versions(
    registry: Registry, bundle: Path, tmp_path: Path, open_deals: pd.DataFrame
) -> None:
    registry.promote(logged(registry, bundle, JANUARY), "gate", "")
    (tmp_path / "elsewhere").mkdir()
    shutil.move(tmp_path / "mlruns", tmp_path / "elsewhere" / "mlruns")
    moved = Registry(tmp_path / "elsewhere" / "workspace", "w1")
    assert len(moved.load("1").predict(open_deals, 30.0)) == len(open_deals)
    assert moved.champion().version == "1"  # type: ignore[union-attr]
    second = logged(moved, bundle, APRIL)
    assert second == "2"
    assert str(moved.bundle_folder(moved.get(second))).startswith(str(tmp_path / "elsewhere"))
    assert moved.load(second).version == "2"
    assert not (tmp_path / "mlruns").exists()


def test_a_tampered_bundle_is_refused_by_name(registry: Registry, bundle: Path) -> None:
    version = registry.get(logged(registry, bundle, JANUARY))
    file = registry.bundle_folder(version) / "win.txt"
    file.write_text(file.read_text().replace("leaf_value=", "leaf_value=9"))
    with pytest.raises(ModelUnavailable, match=r"model 1: .*win\.txt is not what was saved"):
        registry.load(version)


def test_an_unknown_version_is_refused_with_those_that_are_known(registry: Registry, bundle: Path) -> None:
    with pytest.raises(ModelUnavailable, match="model '9' is not registered; known versions: none"):
        registry.load("9")
    logged(registry, bundle, JANUARY)
    with pytest.raises(ModelUnavailable, match="model '9' is not registered; known versions: 1"):
        registry.load("9")


def test_a_damaged_bundle_is_not_registered(registry: Registry, bundle: Path) -> None:
    (bundle / "win.txt").unlink()
    with pytest.raises(ModelUnavailable, match=r"win\.txt is missing"):
        logged(registry, bundle, JANUARY)
    assert registry.versions() == []


def test_workspaces_share_a_database_but_no_models(registry: Registry, bundle: Path, tmp_path: Path) -> None:
    logged(registry, bundle, JANUARY)
    assert Registry(tmp_path / "other", "w2").versions() == []


def test_asking_an_empty_place_makes_nothing(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "workspace", "w1")
    assert registry.versions() == []
    assert registry.serving_version(JULY) is None
    assert registry.champion() is None
    assert list(tmp_path.iterdir()) == []


def test_of_versions_trained_on_one_day_the_champion_is_the_one_that_serves(registry: Registry, bundle: Path) -> None:
    first, second, third = (logged(registry, bundle, JANUARY) for _ in range(3))
    registry.promote(third, "gate", "")
    registry.promote(second, "Li Wei", "reviewed")
    assert registry.champion().version == registry.serving_version(JULY).version == third  # type: ignore[union-attr]
    assert registry.rollback(first, "Li Wei", "reasons puzzle the teams") == [third, second]
    assert registry.champion().version == registry.serving_version(JULY).version == first  # type: ignore[union-attr]
