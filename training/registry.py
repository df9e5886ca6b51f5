"""THE REGISTRY: which models there are, which serve, and the evidence of each. The only file that imports mlflow.

By default everything lies in `mlruns` beside the workspace: `mlflow.db` and `artifacts/<run>/artifacts/`. MLflow keeps
absolute artifact paths; a bundle is therefore found by its run's id below the folder of the database, so that a moved
or copied `mlruns` still loads.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from history.errors import DealcastError, ModelUnavailable, RegistryUnavailable
from training.bundle_files import must_be_loadable, verify_bundle
from training.evidence import ATTAINMENT, ATTAINMENT_HASH, CARD, TOLD, attainment_from, card_from, told_from
from training.model_version import CHALLENGER, CHAMPION, RETRAINING, ModelVersion
from training.server_address import must_listen, without_password

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from training.bundle import Model

_SQLITE = "sqlite:///"
_EVENT = "event_"


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
            with self._answering():
                self._opened = _quiet_client(self.uri, self.folder if self.local else None)
        return self._opened

    def must_answer(self) -> None:
        """Raise `RegistryUnavailable` in seconds where the tracking server does not answer; nothing is written."""
        if not self._empty:
            self.versions()

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        """What goes wrong between here and the tracking server, as one line."""
        try:
            must_listen(self.uri)
            yield
        except DealcastError:
            raise
        except Exception as error:
            said = " ".join(str(error).split())[:300]
            raise RegistryUnavailable(
                f"the models' tracking server {without_password(self.uri)} does not answer as expected "
                f"({type(error).__name__}: {said}); nothing was registered. Check MLFLOW_TRACKING_URI, or unset it to "
                "keep models beside the workspace, and run the command again."
            ) from error

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

        `figures` are files by the name they are kept under. The version appears only once everything is stored, and
        nothing stays of a run that cannot be stored whole. Raises `RegistryUnavailable` then.
        """
        verify_bundle(bundle_folder, "to be registered")
        client, own = self._client, {"workspace": self.name, **{str(key): str(value) for key, value in tags.items()}}
        with self._answering():
            run_id = client.create_run(self._experiment(), tags=own).info.run_id
            try:
                self._store(run_id, bundle_folder, params, metrics, figures)
                return self._register(run_id, as_of, own)
            except BaseException:
                self._discard(run_id)
                raise

    def _store(
        self,
        run_id: str,
        bundle_folder: Path,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        figures: Mapping[str, Path],
    ) -> None:
        client = self._client
        for key, value in sorted(params.items()):
            client.log_param(run_id, key, value)
        for key, number in sorted(metrics.items()):
            client.log_metric(run_id, key, float(number))
        client.log_artifacts(run_id, str(bundle_folder), "bundle")
        for name, path in sorted(figures.items()):
            client.log_artifact(run_id, str(path), f"evidence/{name}")
        client.set_terminated(run_id)

    def _discard(self, run_id: str) -> None:
        """Take back a run that did not become a version; where even that fails, `sweep` finds it later."""
        with contextlib.suppress(Exception):
            self._client.delete_run(run_id)
        if self.local:
            shutil.rmtree(self.folder / "artifacts" / run_id, ignore_errors=True)

    def version_of(self, retraining: str) -> ModelVersion | None:
        """The version that a retraining has registered, if it has come so far."""
        return next((entry for entry in self.versions() if entry.tags.get(RETRAINING) == retraining), None)

    def sweep(self, retraining: str) -> int:
        """Take back the runs of a retraining that was stopped before they became versions; gives how many."""
        if self._empty:
            return 0
        kept = {entry.run_id for entry in self.versions()}
        asked = f"tags.{RETRAINING} = '{retraining}' and tags.workspace = '{self.name}'"
        with self._answering():
            places = [found.experiment_id for found in self._client.search_experiments()]
            runs = self._client.search_runs(places, asked) if places else []
        left = [run.info.run_id for run in runs if run.info.run_id not in kept]
        for run_id in left:
            self._discard(run_id)
        return len(left)

    def versions(self) -> list[ModelVersion]:
        """All versions, the newest first; none where nothing was registered."""
        if self._empty:
            return []
        with self._answering():
            found = self._client.search_model_versions(f"name = '{self.name}'")
            aliases = self._aliases() if found else {}
            listed = [self._version(entry, aliases) for entry in found]
        return sorted(listed, key=lambda version: -int(version.version))

    def get(self, version: str) -> ModelVersion:
        """The version of that number; raises `ModelUnavailable` when there is none."""
        return _named(self.versions(), version)

    def champion(self) -> ModelVersion | None:
        """The version that bears the alias `champion`."""
        return next((version for version in self.versions() if version.champion), None)

    def challenger(self) -> ModelVersion | None:
        """The version that bears the alias `challenger`: trained last, not yet promoted."""
        return next((version for version in self.versions() if version.challenger), None)

    def serving_version(self, as_of: dt.datetime) -> ModelVersion | None:
        """The newest promoted version trained at or before `as_of` (naive UTC); None where there is none yet."""
        ready = [version for version in self.versions() if version.promoted and version.trained_as_of <= as_of]
        return max(ready, key=lambda version: version.order, default=None)

    def challenge(self, version: str) -> None:
        """Give `version` the alias `challenger`."""
        entry = self.get(version)
        with self._answering():
            self._client.set_registered_model_alias(self.name, CHALLENGER, entry.version)

    def end_challenge(self) -> str | None:
        """Take the alias `challenger` from the version that bears it; gives its number, None where none does."""
        entry = self.challenger()
        if entry is None:
            return None
        with self._answering():
            self._client.delete_registered_model_alias(self.name, CHALLENGER)
        return entry.version

    def promote(self, version: str, by: str, reason: str, at: dt.datetime | None = None) -> None:
        """Let `version` serve the days from its training on; it becomes champion unless a later-trained one is.

        `by` ("gate" or a person), `reason` and when it was done (naive UTC) are kept with the version and among the
        registry's `events`.
        """
        there = self.versions()
        entry, champion = _named(there, version), next((one for one in there if one.champion), None)
        with self._answering():
            self._allow(entry, by, reason)
            if champion is None or entry.order >= champion.order:
                self._crown(entry)
            self._enter("promote", entry, by, reason, at)

    def rollback(self, version: str, by: str, reason: str, at: dt.datetime | None = None) -> list[str]:
        """Make `version` champion again; those trained after it no longer serve, and are kept. Gives their numbers.

        Raises `ModelUnavailable` when its bundle cannot be loaded by this installation; nothing is changed then. Asked
        again, or after it was stopped half-way, it leaves the same.
        """
        there = self.versions()
        entry = _named(there, version)
        self.must_be_loadable(entry)
        later = [one for one in there if one.promoted and one.order > entry.order]
        with self._answering():
            self._allow(entry, by, reason)
            for one in later:
                for key, value in (("promoted", "no"), ("withdrawn_by", by), ("withdrawn_reason", reason)):
                    self._client.set_model_version_tag(self.name, one.version, key, value)
            self._crown(entry)
            self._enter("rollback", entry, by, reason, at)
        return [one.version for one in later]

    def events(self) -> list[dict[str, str]]:
        """Every promotion and rollback in order: did, version, by, reason, at."""
        return self._events() if self.versions() else []

    def _events(self) -> list[dict[str, str]]:
        with self._answering():
            tags = self._client.get_registered_model(self.name).tags
        return [json.loads(value) for key, value in sorted(tags.items()) if key.startswith(_EVENT)]

    def _allow(self, entry: ModelVersion, by: str, reason: str) -> None:
        for key, value in (("promoted", "yes"), ("promoted_by", by), ("promoted_reason", reason)):
            self._client.set_model_version_tag(self.name, entry.version, key, value)

    def _crown(self, entry: ModelVersion) -> None:
        self._client.set_registered_model_alias(self.name, CHAMPION, entry.version)
        if entry.challenger:
            self._client.delete_registered_model_alias(self.name, CHALLENGER)

    def _enter(self, did: str, entry: ModelVersion, by: str, reason: str, at: dt.datetime | None) -> None:
        """Append to the registry's events; the same thing twice in a row is entered once.

        Two processes that enter something at once give it the same number; neither overwrites the other.
        """
        told = {"did": did, "version": entry.version, "by": by, "reason": reason[:2_000]}
        before = self._events()
        if before and {key: before[-1].get(key) for key in told} == told:
            return
        value = json.dumps({**told, "at": at.isoformat(timespec="seconds") if at else ""}, ensure_ascii=False)
        self._client.set_registered_model_tag(self.name, f"{_EVENT}{len(before) + 1:05d}_{secrets.token_hex(4)}", value)

    def must_be_loadable(self, version: str | ModelVersion, fields: Collection[str] | None = None) -> None:
        """Raise what `load` would raise, without loading; see there."""
        entry = version if isinstance(version, ModelVersion) else self.get(version)
        must_be_loadable(self.bundle_folder(entry), entry.version, fields)

    def load(self, version: str | ModelVersion, fields: Collection[str] | None = None) -> Model:
        """The model of a version, its files verified; raises `ModelUnavailable` naming what is missing or changed.

        `fields` are those configured as features; a model that reads another is refused.
        """
        # Here alone, so that whoever only lists, promotes or rolls back does not wait for LightGBM.
        from training.bundle import load_bundle

        entry = version if isinstance(version, ModelVersion) else self.get(version)
        return load_bundle(self.bundle_folder(entry), entry.version, fields)

    def bundle_folder(self, version: ModelVersion) -> Path:
        """Where the files of a version lie; fetched from the tracking server when it is not local."""
        if self.local:
            return self.folder / "artifacts" / version.run_id / "artifacts" / "bundle"
        kept = self.folder / "fetched" / version.run_id / "bundle"
        if not kept.is_dir():
            self._fetch(version, kept)
        return kept

    def _fetch(self, version: ModelVersion, place: Path) -> None:
        """Bring a bundle here, whole or not at all; its checksums are verified whenever it is loaded."""
        place.parent.mkdir(parents=True, exist_ok=True)
        with self._answering(), tempfile.TemporaryDirectory(dir=place.parent, prefix=".fetching-") as draft:
            from mlflow.artifacts import download_artifacts

            there = download_artifacts(
                run_id=version.run_id, artifact_path="bundle", dst_path=draft, tracking_uri=self.uri
            )
            if not place.is_dir():
                os.replace(there, place)

    def card(self, version: ModelVersion) -> str | None:
        """The model card of a version, Markdown; None where none was kept with it."""
        path = self._kept(version, CARD)
        return card_from(path, version) if path else None

    def told(self, version: ModelVersion) -> dict[str, Any]:
        """What was kept with a version about its held-out period and the gate; empty where nothing was."""
        path = self._kept(version, TOLD)
        return told_from(path) if path else {}

    def attainment(self, version: ModelVersion) -> dict[str, Any] | None:
        """What forecasts had learned when the version was trained; None where that was not kept with it.

        Raises `ModelUnavailable` where it is missing or not what was registered.
        """
        wanted = version.tags.get(ATTAINMENT_HASH)
        return None if wanted is None else attainment_from(self._kept(version, ATTAINMENT), version, wanted)

    def _kept(self, version: ModelVersion, place: str) -> Path | None:
        """A file kept with a version, fetched where the tracking server is not local; None where there is none."""
        if self.local:
            path = self.folder / "artifacts" / version.run_id / "artifacts" / place
            return path if path.is_file() else None
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException

        try:
            return Path(download_artifacts(run_id=version.run_id, artifact_path=place, tracking_uri=self.uri))
        except MlflowException:
            return None

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

    def _version(self, entry: Any, aliases: Mapping[str, str]) -> ModelVersion:
        tags = dict(entry.tags)
        return ModelVersion(
            version=str(entry.version),
            trained_as_of=dt.datetime.fromisoformat(tags["trained_as_of"]),
            run_id=entry.run_id,
            promoted=tags.get("promoted") == "yes",
            champion=str(entry.version) == aliases.get(CHAMPION),
            challenger=str(entry.version) == aliases.get(CHALLENGER),
            tags=tags,
            metrics=dict(self._client.get_run(entry.run_id).data.metrics),
        )

    def _aliases(self) -> dict[str, str]:
        """The version numbers by alias."""
        found = self._client.get_registered_model(self.name).aliases
        return {str(alias): str(version) for alias, version in dict(found).items()}

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


def _named(versions: list[ModelVersion], version: str) -> ModelVersion:
    """The one of that number; raises `ModelUnavailable` when there is none."""
    for entry in versions:
        if entry.version == str(version):
            return entry
    known = ", ".join(entry.version for entry in versions) or "none"
    raise ModelUnavailable(f"model {version!r} is not registered; known versions: {known}. Name one, or train.")


def _quiet_client(uri: str, folder: Path | None) -> MlflowClient:
    """An MLflow client that reports to nobody and prints nothing."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    # MLflow repeats an unanswered request for minutes; a server that does not answer is told of in seconds.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)
