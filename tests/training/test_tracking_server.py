"""Models kept by a real MLflow tracking server: registered, promoted, loaded, rolled back, and what a crash leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, ItemsView, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from history.errors import ModelUnavailable, RegistryUnavailable
from tests.lib.tracking import TrackingServer, tracking_server
from tests.training.conftest import logged
from tests.training.retraining_company import QUARTER, company, place_at, plan
from training.deal_model import DealModel
from training.registry import Registry
from training.retraining.journal import Journal
from training.retraining.run import Outcome, Under, retrain

JANUARY, APRIL = dt.datetime(2026, 1, 1), dt.datetime(2026, 4, 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    with tracking_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def registry(server: TrackingServer, tmp_path: Path) -> Registry:
    """A registry of its own on the server: a workspace has its name for its own."""
    return Registry(tmp_path / "workspace", tmp_path.name, server.uri)


class KillsTheServer(dict[str, Path]):
    """Evidence whose reading kills the server: a crash when the bundle is stored and the version is not."""

    server: TrackingServer

    def items(self) -> ItemsView[str, Path]:
        self.server.kill()
        return super().items()


class Faltering(Registry):
    """A registry whose server is killed in the middle of a registration."""

    server: TrackingServer

    def log(self, bundle_folder: Path, as_of: dt.datetime, *more: Any) -> str:
        params, metrics, figures, tags = more
        evidence = KillsTheServer(figures)
        evidence.server = self.server
        return super().log(bundle_folder, as_of, params, metrics, evidence, tags)


def test_a_model_is_registered_promoted_loaded_and_rolled_back(
    registry: Registry, bundle: Path, model: DealModel, open_deals: pd.DataFrame
) -> None:
    first, second = logged(registry, bundle, JANUARY), logged(registry, bundle, APRIL)
    registry.promote(first, "gate", "the gate found nothing")
    registry.promote(second, "Li Wei", "reviewed")
    assert registry.champion().version == second  # type: ignore[union-attr]
    assert registry.rollback(first, "ann", "odd reasons") == [second]
    assert registry.champion().version == first  # type: ignore[union-attr]
    assert [event["did"] for event in registry.events()] == ["promote", "promote", "rollback"]
    said = registry.load(first).predict(open_deals, 30.0)
    pd.testing.assert_frame_equal(said, model.predict(open_deals, 30.0))


def test_another_machine_loads_the_same_model_and_refuses_what_was_changed_on_its_own_disk(
    registry: Registry, bundle: Path, tmp_path: Path
) -> None:
    version = logged(registry, bundle, JANUARY)
    elsewhere = Registry(tmp_path / "elsewhere" / "workspace", tmp_path.name, registry.uri)
    assert elsewhere.load(version).version == version
    kept = elsewhere.bundle_folder(elsewhere.get(version)) / "win.txt"
    kept.write_text(kept.read_text().replace("leaf_value=", "leaf_value=9"))
    with pytest.raises(ModelUnavailable, match=r"win\.txt is not what was saved"):
        elsewhere.load(version)


def test_a_server_killed_half_way_leaves_nothing_half_registered_and_the_same_command_goes_on(
    registry: Registry, server: TrackingServer, tmp_path: Path
) -> None:
    faltering = Faltering(tmp_path / "workspace", tmp_path.name, server.uri)
    faltering.server = server
    try:
        with pytest.raises(RegistryUnavailable, match="does not answer as expected") as told:
            retraining(faltering, tmp_path)
        assert "\n" not in str(told.value)
    finally:
        server.start()
    assert registry.versions() == []
    assert steps_left(tmp_path)[-1] == "tell"
    seen: list[str] = []
    outcome = retraining(registry, tmp_path, lambda under: None if under.done_before else seen.append(under.step.name))
    assert seen == ["register", "hand-over"]
    assert [version.version for version in registry.versions()] == [outcome.version]
    assert registry.sweep(QUARTER) == 0
    assert registry.challenger().version == outcome.version  # type: ignore[union-attr]
    assert registry.card(registry.get(outcome.version)).startswith("# Model")  # type: ignore[union-attr]


def retraining(registry: Registry, home: Path, under: Callable[[Under], object] = lambda _: None) -> Outcome:
    return retrain(plan(), replace(place_at(home), registry=registry), company, under=under)


def steps_left(home: Path) -> list[str]:
    return [entry.name for entry in Journal(home / "workspace" / "retraining" / QUARTER).entries]
