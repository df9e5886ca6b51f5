"""Freezes a history to Parquet under a content hash, so that a training set can be rebuilt to the byte."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from history.canonical import sort_rows
from history.digests import row_texts
from history.errors import FileUnreadable, OutputInvalid
from history.record import History, complete
from history.settings import Settings, parse_settings
from history.tables import TABLES

MANIFEST = "manifest.json"
FORMAT = 1
MOST_WORDS = 20_000
"""A dictionary is read whole before its column is; the names of every deal are quicker read as text."""
ROWS_IN_A_GROUP = 1_000_000
SIDES = ("old_value", "new_value")


@dataclass(frozen=True)
class Frozen:
    """A frozen history: the folder it lies in and the hash of its content, settings included."""

    path: Path
    content_hash: str


def freeze(history: History, folder: Path | str) -> Frozen:
    """Write `history` into `folder`, whole or not at all; the same content gives the same hash and the same bytes.

    Neither the order of rows nor the road by which they came (folder or store) changes the hash. Raises
    `OutputInvalid` when the folder holds anything but the same frozen history.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        manifest = _write(history, draft)
        _put_in_place(draft, folder, manifest["content_hash"])
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Frozen(folder, manifest["content_hash"])


def _write(history: History, folder: Path) -> dict[str, Any]:
    tables = {}
    for name, table in TABLES.items():
        frame = history[name]
        if frame.height:
            rows = sort_rows(table, complete(name, frame))
            path = folder / f"{name}.parquet"
            _encoded(rows).write_parquet(path, compression="zstd", statistics=False, row_group_size=ROWS_IN_A_GROUP)
            repeats = rows.height - rows.select(table.key).n_unique()
            tables[name] = {
                "rows": rows.height,
                "repeats": repeats,
                "content": content_hash(rows),
                "file": _file_hash(path),
            }
    settings = _settings_document(history.settings)
    manifest = {"format": FORMAT, "settings": settings, "tables": tables}
    manifest["content_hash"] = _hash_of(manifest)
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def _put_in_place(draft: Path, folder: Path, content: str) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        os.replace(draft, folder)
        return
    if not (folder / MANIFEST).is_file():
        raise OutputInvalid(f"{folder} holds other files; expected a new folder for the frozen history. Name another.")
    if read_manifest(folder)["content_hash"] != content:
        raise OutputInvalid(f"{folder} holds another frozen history; expected a new folder. Name another.")


def content_hash(rows: pl.DataFrame) -> str:
    """A hash of the values of a frame in their order, with the names of its columns; not of how they are stored."""
    digest = hashlib.blake2b(json.dumps(rows.columns).encode(), digest_size=16)
    for chunk in rows.iter_slices(200_000):
        texts = row_texts(chunk, chunk.columns)
        digest.update("\n".join(texts).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _hash_of(manifest: dict[str, Any]) -> str:
    parts = {"settings": manifest["settings"], "tables": {n: t["content"] for n, t in manifest["tables"].items()}}
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


def _settings_document(settings: Settings) -> dict[str, Any]:
    """The whole of the settings but where the store is, which may hold a password and changes nothing in history."""
    stages = [{name: value for name, value in vars(stage).items() if value is not None} for stage in settings.stages]
    workspace = {
        **settings.raw.get("workspace", {}),
        "currency": settings.currency,
        "timezone": settings.timezone,
        "fiscal_year_starts": settings.fiscal_year_starts,
    }
    rest = {name: value for name, value in settings.raw.items() if name not in ("store", "stages", "workspace")}
    if settings.feature_fields:
        rest["features"] = {"fields": list(settings.feature_fields)}
    if settings.hierarchies:
        rest["hierarchies"] = {name: list(levels) for name, levels in settings.hierarchies}
    return json.loads(json.dumps({**rest, "workspace": workspace, "stages": stages}, default=str))


def _encoded(rows: pl.DataFrame) -> pl.DataFrame:
    """Text columns that repeat themselves as dictionaries in sorted order: smaller, and quick to read as codes.

    What a change leads from and to share one dictionary, so that their codes can be compared.
    """
    encoded: dict[str, pl.Enum] = {}
    for names in _spoken_alike(rows):
        words = pl.concat([rows[name].drop_nulls().unique() for name in names]).unique().sort()
        if len(words) <= max(16, min(MOST_WORDS, rows.height // 4)):
            encoded |= dict.fromkeys(names, pl.Enum(words))
    return rows.with_columns(pl.col(name).cast(words) for name, words in encoded.items())


def _spoken_alike(rows: pl.DataFrame) -> list[tuple[str, ...]]:
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String]
    if not set(SIDES) <= set(texts):
        return [(name,) for name in texts]
    return [SIDES, *((name,) for name in texts if name not in SIDES)]


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path | str) -> dict[str, Any]:
    """The manifest of a frozen history; raises `FileUnreadable` when it is missing or damaged."""
    path = Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if not {"format", "settings", "tables", "content_hash"} <= set(manifest):
            raise ValueError("it is incomplete")
    except (OSError, ValueError) as error:
        raise FileUnreadable(
            f"{folder} is no frozen history: {MANIFEST} cannot be read ({error}). Freeze the history again."
        ) from error
    return manifest


def read_frozen(
    path: Path | str, tables: Mapping[str, Collection[str] | None] | None = None, coded: bool = False
) -> History:
    """The history frozen at `path`, in canonical order and types; `tables` names those to read and the columns of
    each (None for all), everything by default. Where rows of one key recur as versions, the key is read with them.

    With `coded`, text that repeats itself stays in dictionaries (polars Enum), as the engine of features reads it
    fastest; other readers expect text. Raises `FileUnreadable` when a file is missing or its bytes are not those that
    were frozen.
    """
    folder = Path(path)
    manifest = read_manifest(folder)
    if manifest["content_hash"] != _hash_of(manifest):
        raise FileUnreadable(f"{folder / MANIFEST} was changed after freezing; freeze the history again.")
    said = {name: told for name, told in manifest["tables"].items() if tables is None or name in tables}

    def read(name: str) -> pl.DataFrame:
        columns = None if tables is None else _columns(name, tables[name], said[name])
        return _read_table(folder / f"{name}.parquet", said[name]["file"], columns, coded)

    # Checking the bytes of one file goes on while another is read.
    with ThreadPoolExecutor(2) as pool:
        frames = dict(zip(said, pool.map(read, said), strict=True))
    return History(parse_settings(manifest["settings"], str(folder / MANIFEST)), frames)


def _columns(name: str, wanted: Collection[str] | None, said: Mapping[str, Any]) -> list[str] | None:
    """The columns to read: those wanted, and the key where any recurs."""
    if wanted is None:
        return None
    return [*wanted, *(key for key in TABLES[name].key if said.get("repeats", 1) and key not in wanted)]


def _read_table(path: Path, file_hash: str, columns: list[str] | None, coded: bool) -> pl.DataFrame:
    if not path.is_file() or _file_hash(path) != file_hash:
        state = "does not hold what was frozen" if path.is_file() else "is missing"
        raise FileUnreadable(f"{path} {state}; expected the file as its manifest names it. Freeze the history again.")
    rows = pl.read_parquet(path, columns=columns)
    return rows if coded else rows.with_columns(pl.col(pl.Enum).cast(pl.String))
