"""A workspace: a folder with the company's `dealcast.toml` and, unless settings say otherwise, its SQLite store."""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from history.as_of import known
from history.canonical import SETTINGS_FILE
from history.engine import store_url
from history.errors import ConfigInvalid, NoHistory, WorkspaceMissing
from history.record import History
from history.settings import Settings, parse_settings, read_settings
from history.store import Store, open_store


@dataclass(frozen=True)
class Workspace:
    """The folder at `path`. `store_override` is the address of a store that goes before the one in the settings."""

    path: Path
    store_override: str | None = None

    @property
    def settings_path(self) -> Path:
        return self.path / SETTINGS_FILE

    @property
    def settings(self) -> Settings:
        """The settings as they stand in the workspace's `dealcast.toml` now."""
        return read_settings(self.settings_path)

    @property
    def store_url(self) -> str:
        """Where the store is: the override, else `[store] url`, else `dealcast.db` in the workspace."""
        written = self.settings.store_url if self.settings_path.is_file() else None
        return self.store_override or written or f"sqlite:///{self.path.resolve() / 'dealcast.db'}"

    @property
    def has_store(self) -> bool:
        """Whether a store can be expected: always for a database server, for SQLite when its file is there."""
        address = store_url(self.store_url)
        return address.drivername != "sqlite" or Path(address.database or "").is_file()

    def store(self, create: bool = False, workspace_id: str | None = None) -> Store:
        """The workspace's store, opened; see `history.store.open_store`."""
        return open_store(self.store_url, create, workspace_id)

    def history(self, before: dt.datetime | None = None) -> History:
        """Everything in the store, or what was known at `before` (naive UTC).

        Raises `NoHistory` when no deal was known then.
        """
        store = self.store()
        try:
            whole = store.history(self.settings)
        finally:
            store.close()
        return whole if before is None else _known(whole, before)


def _known(history: History, instant: dt.datetime) -> History:
    past = known(history, instant)
    if past["deals"].is_empty():
        day = history.settings.day_of(instant)
        first = history["deals"]["recorded_at"].min()
        start = history.settings.day_of(first) if isinstance(first, dt.datetime) else None
        found = f"the first deal became known on {start}; name a later date" if start else "run `dealcast import` first"
        raise NoHistory(f"no deal was known on {day}: {found}.")
    return past


def open_workspace(path: Path | str, store_override: str | None = None) -> Workspace:
    """The workspace at `path`; raises `WorkspaceMissing` when there is none or it holds nothing yet."""
    workspace = Workspace(Path(path), store_override)
    if not workspace.settings_path.is_file():
        raise WorkspaceMissing(
            f"{path} is no workspace: it holds no {SETTINGS_FILE}. Run `dealcast import canonical FOLDER` or "
            "`dealcast demo` first, or name another with --workspace."
        )
    if not workspace.has_store:
        raise WorkspaceMissing(f"workspace {path} holds no history yet; run `dealcast import canonical FOLDER` first.")
    return workspace


def create_workspace(path: Path | str, toml_source: Path | str, store_override: str | None = None) -> Workspace:
    """A new workspace at `path` with the settings of `toml_source`: a file (`Path`) or the TOML text itself (`str`).

    Raises `ConfigInvalid` when the settings cannot be used or the workspace has settings already.
    """
    workspace = Workspace(Path(path), store_override)
    text = _toml_text(toml_source)
    if workspace.settings_path.exists():
        raise ConfigInvalid(f"{workspace.settings_path} exists already; edit it, or name another workspace.")
    workspace.path.mkdir(parents=True, exist_ok=True)
    draft = workspace.settings_path.with_suffix(".toml.new")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, workspace.settings_path)
    return workspace


def _toml_text(source: Path | str) -> str:
    if isinstance(source, Path):
        read_settings(source)
        return source.read_text(encoding="utf-8-sig")
    try:
        parse_settings(tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"the settings given are not valid TOML: {error}. Correct them.") from error
    return source


def require_agreement(ours: Settings, theirs: Settings, theirs_path: Path) -> None:
    """Raise `ConfigInvalid` when a folder's settings contradict those of the workspace that it is imported into."""
    said = theirs.raw.get("workspace", {})
    for name in ("currency", "timezone", "fiscal_year_starts"):
        if name in said and getattr(ours, name) != getattr(theirs, name):
            _refuse(theirs_path, name, getattr(theirs, name), getattr(ours, name))
    if theirs.stages and [(s.name, s.outcome) for s in theirs.stages] != [(s.name, s.outcome) for s in ours.stages]:
        _refuse(theirs_path, "stages", _listed(theirs), _listed(ours))


def _listed(settings: Settings) -> str:
    return ", ".join(f"{stage.name} ({stage.outcome})" if stage.outcome else stage.name for stage in settings.stages)


def _refuse(path: Path, name: str, theirs: object, ours: object) -> None:
    raise ConfigInvalid(
        f"{path}: {name} is {theirs}, but this workspace has {ours}; expected the same. Correct one of the two files, "
        "or import into another workspace."
    )
