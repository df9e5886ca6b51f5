"""A tracking server that is away, a disk that is full, a run that was killed: said in one line, nothing half-done."""

from __future__ import annotations

import datetime as dt
import resource
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from history.errors import RegistryUnavailable
from tests.training.conftest import logged
from training.registry import Registry

JANUARY = dt.datetime(2026, 1, 1)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Writing beyond `size` bytes of any file fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_server_that_is_away_is_said_without_its_password(tmp_path: Path, bundle: Path) -> None:
    registry = Registry(tmp_path / "workspace", "w1", f"http://ann:secret@127.0.0.1:{free_port()}")
    with pytest.raises(RegistryUnavailable, match=r"tracking server http://ann:\*\*\*@127\.0\.0\.1.* nothing was reg"):
        registry.must_answer()
    with pytest.raises(RegistryUnavailable, match="Check MLFLOW_TRACKING_URI"):
        logged(registry, bundle, JANUARY)
    with pytest.raises(RegistryUnavailable) as told:
        registry.versions()
    assert "\n" not in str(told.value)


def test_a_full_disk_leaves_no_version_and_no_files(registry: Registry, bundle: Path, tmp_path: Path) -> None:
    logged(registry, bundle, JANUARY)
    kept = sorted((tmp_path / "mlruns" / "artifacts").iterdir())
    with no_file_longer_than(20_000), pytest.raises(RegistryUnavailable, match="nothing was registered"):
        logged(registry, bundle, JANUARY)
    assert [version.version for version in registry.versions()] == ["1"]
    assert sorted((tmp_path / "mlruns" / "artifacts").iterdir()) == kept
    assert logged(registry, bundle, JANUARY) == "2"


def test_a_damaged_database_is_said_in_one_line(registry: Registry, tmp_path: Path) -> None:
    database = tmp_path / "mlruns" / "mlflow.db"
    database.write_bytes(b"no database" * 100)
    with pytest.raises(RegistryUnavailable, match="does not answer as expected"):
        Registry(tmp_path / "workspace", "w1").versions()


def test_a_run_that_was_killed_before_it_became_a_version_is_swept_away(
    registry: Registry, bundle: Path, tmp_path: Path
) -> None:
    own = {"retraining": "2026Q3", "workspace": registry.name}
    client = registry._client
    client.create_run(registry._experiment(), tags=own)
    client.create_run(registry._experiment(), tags={**own, "retraining": "2026Q2"})
    done = registry.log(bundle, JANUARY, {}, {}, {}, own)
    assert registry.version_of("2026Q3").version == done  # type: ignore[union-attr]
    assert registry.sweep("2026Q3") == 1
    assert registry.sweep("2026Q3") == 0
    assert registry.get(done).tags["retraining"] == "2026Q3"
    with sqlite3.connect(tmp_path / "mlruns" / "mlflow.db") as database:
        states = [row[0] for row in database.execute("select lifecycle_stage from runs order by 1")]
    assert states == ["active", "active", "deleted"]
