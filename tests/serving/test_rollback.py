"""A service that runs takes up a rollback by itself, and keeps on with what it has where the old model is damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from history.errors import ModelUnavailable
from history.workspace import Workspace
from serving.live import Live
from serving.settings import ServingSettings
from tests.serving.conftest import Shop


@pytest.fixture
def live(shop: Shop, tmp_path: Path) -> Live:
    """A service over a copy of the shop with two promoted versions, the second serving."""
    shutil.copytree(shop.workspace.path, tmp_path / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", tmp_path / "mlruns")
    live = Live(ServingSettings(workspace=Workspace(tmp_path / "workspace").path, refresh_seconds=0.0))
    version = live.registry.log(shop.folder / "bundle", shop.standing.as_of, {}, {}, {}, {})
    live.registry.promote(version, "tests", "a second one")
    assert live.standing().model.version == version
    return live


def test_a_rollback_swaps_the_model_without_a_restart(live: Live, shop: Shop) -> None:
    live.registry.rollback(shop.version, "ann", "odd reasons")
    assert live.standing().model.version == shop.version


def test_a_damaged_old_model_is_refused_and_the_service_goes_on(live: Live, shop: Shop) -> None:
    before = live.standing().model.version
    bundle = live.registry.bundle_folder(live.registry.get(shop.version))
    (bundle / "model.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match=r"model\.json is not what was saved"):
        live.registry.rollback(shop.version, "ann", "odd reasons")
    assert live.standing().model.version == before
