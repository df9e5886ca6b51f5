"""THE REGISTRY: which models there are, which serve, and the evidence of each. The only file that imports mlflow.

By default everything lies in `mlruns` beside the workspace: `mlflow.db` and `artifacts/<run>/artifacts/`. MLflow keeps
absolute artifact paths; a bundle is therefore found by its run's id below the folder of the database, so that a moved
or copied `mlruns` still loads.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from history.errors import ModelUnavailable
from training.bundle import Model, load_bundle, verify_bundle

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"
_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class ModelVersion:
    """A registered model. `promoted` says that it may serve days from `trained_as_of` (naive UTC) on."""

    version: str
    trained_as_of: dt.datetime
    run_id: str
    promoted: bool
    champion: bool
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    metrics: Mapping[str, float] = field(default_factory=dict, hash=False)


class Registry:
    """The models of one workspace, in an MLflow tracking store (SQLite beside the workspace unless a URI is given)."""

    def __init__(self, workspace_path: Path, workspace_id: str, tracking_uri: str | None = None) -> None:
        self.folder = Path(workspace_path).resolve().parent / "mlruns"
        self.uri = tracking_uri or f"{_SQLITE}{self.folder / 'mlflow.db'}"
        self.name = f"dealcast-{workspace_id}"
        if self.uri.startswith(_SQLITE):
            self.folder = Path(self.uri.removeprefix(_SQLITE)).resolve().parent
        self._opened: MlflowClient | None = None

    @property
    def local(self) -> bool:
        """Whether artifacts lie in a folder of this machine, below the database."""
        return self.uri.startswith(_SQLITE)

    @property
    def _client(self) -> MlflowClient:
        if self._opened is None:
            self._opened = _quiet_client(self.uri, self.folder if self.local else None)
        return self._opened

    @property
    def _empty(self) -> bool:
        """Nothing was ever registered here; asking so makes no database."""
        return self.local and not (self.folder / "mlflow.db").is_file()

    def log(
        self,
        bundle_folder: Path,
        as_of: dt.datetime,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        figures: Mapping[str, Path],
        tags: Mapping[str, str],
    ) -> str:
        """Register a bundle trained at `as_of` with its evidence; returns its version. Nothing is promoted by it.

        `figures` are files by the name they are kept under. The version appears only once everything is stored.
        """
        verify_bundle(bundle_folder, "to be registered")
        client = self._client
        run = client.create_run(self._experiment(), tags={str(key): str(value) for key, value in tags.items()})
        run_id = run.info.run_id
        try:
            for key, value in sorted(params.items()):
                client.log_param(run_id, key, value)
            for key, value in sorted(metrics.items()):
                client.log_metric(run_id, key, float(value))
            client.log_artifacts(run_id, str(bundle_folder), "bundle")
            for name, path in sorted(figures.items()):
                client.log_artifact(run_id, str(path), f"evidence/{name}")
            client.set_terminated(run_id)
        except Exception:
            client.set_terminated(run_id, status="FAILED")
            raise
        return self._register(run_id, as_of, tags)

    def versions(self) -> list[ModelVersion]:
        """All versions, the newest first; none where nothing was registered."""
        if self._empty:
            return []
        found = self._client.search_model_versions(f"name = '{self.name}'")
        champion = self._champion_number()
        listed = [self._version(entry, champion) for entry in found]
        return sorted(listed, key=lambda version: -int(version.version))

    def get(self, version: str) -> ModelVersion:
        """The version of that number; raises `ModelUnavailable` when there is none."""
        for entry in self.versions():
            if entry.version == str(version):
                return entry
        known = ", ".join(entry.version for entry in self.versions()) or "none"
        raise ModelUnavailable(f"model {version!r} is not registered; known versions: {known}. Name one, or train.")

    def champion(self) -> ModelVersion | None:
        """The version that bears the alias `champion`."""
        return next((version for version in self.versions() if version.champion), None)

    def serving_version(self, as_of: dt.datetime) -> ModelVersion | None:
        """The newest promoted version trained at or before `as_of` (naive UTC); None where there is none yet."""
        ready = [version for version in self.versions() if version.promoted and version.trained_as_of <= as_of]
        return max(ready, key=lambda version: (version.trained_as_of, int(version.version)), default=None)

    def promote(self, version: str, by: str, reason: str) -> None:
        """Let `version` serve the days from its training on; it becomes champion unless a later-trained one is.

        `by` ("gate" or a person) and `reason` are kept with the version.
        """
        entry, champion = self.get(version), self.champion()
        for key, value in (("promoted", "yes"), ("promoted_by", by), ("promoted_reason", reason)):
            self._client.set_model_version_tag(self.name, entry.version, key, value)
        if champion is None or entry.trained_as_of >= champion.trained_as_of:
            self._client.set_registered_model_alias(self.name, CHAMPION, entry.version)

    def load(self, version: str | ModelVersion, fields: Collection[str] | None = None) -> Model:
        """The model of a version, its files verified; raises `ModelUnavailable` naming what is missing or changed.

        `fields` are those configured as features; a model that reads another is refused.
        """
        entry = version if isinstance(version, ModelVersion) else self.get(version)
        return load_bundle(self.bundle_folder(entry), entry.version, fields)

    def bundle_folder(self, version: ModelVersion) -> Path:
        """Where the files of a version lie; fetched from the tracking server when it is not local."""
        if self.local:
            return self.folder / "artifacts" / version.run_id / "artifacts" / "bundle"
        from mlflow.artifacts import download_artifacts

        return Path(download_artifacts(run_id=version.run_id, artifact_path="bundle", tracking_uri=self.uri))

    def _register(self, run_id: str, as_of: dt.datetime, tags: Mapping[str, str]) -> str:
        from mlflow.exceptions import MlflowException

        client = self._client
        try:
            client.get_registered_model(self.name)
        except MlflowException:
            client.create_registered_model(self.name)
        source = f"{client.get_run(run_id).info.artifact_uri}/bundle"
        kept = {"trained_as_of": as_of.isoformat(), **{str(key): str(value) for key, value in tags.items()}}
        return str(client.create_model_version(self.name, source, run_id, tags=kept).version)

    def _version(self, entry: Any, champion: str | None) -> ModelVersion:
        tags = dict(entry.tags)
        return ModelVersion(
            version=str(entry.version),
            trained_as_of=dt.datetime.fromisoformat(tags["trained_as_of"]),
            run_id=entry.run_id,
            promoted=tags.get("promoted") == "yes",
            champion=str(entry.version) == champion,
            tags=tags,
            metrics=dict(self._client.get_run(entry.run_id).data.metrics),
        )

    def _champion_number(self) -> str | None:
        from mlflow.exceptions import MlflowException

        try:
            return str(self._client.get_model_version_by_alias(self.name, CHAMPION).version)
        except MlflowException:
            return None

    def _experiment(self) -> str:
        """The experiment whose artifacts lie where the database lies now; after a move another one is begun."""
        place = (self.folder / "artifacts").as_uri() if self.local else None
        number = 1
        while True:
            name = self.name if number == 1 else f"{self.name} ({number})"
            found = self._client.get_experiment_by_name(name)
            if found is None:
                return str(self._client.create_experiment(name, artifact_location=place))
            if place is None or found.artifact_location == place:
                return str(found.experiment_id)
            number += 1


def _quiet_client(uri: str, folder: Path | None) -> MlflowClient:
    """An MLflow client that reports to nobody and prints nothing."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)
