"""The files of a bundle, and whether this installation can load them: told without LightGBM, which takes seconds.

A bundle holds model.json, for a deal model win.txt and lose.txt, and checksums.json with the SHA-256 of each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from features.catalogue import OF_FIELD, feature_version, of_field
from history.errors import ModelUnavailable

FORMAT = 1
MODEL, WIN, LOSE, CHECKSUMS = "model.json", "win.txt", "lose.txt", "checksums.json"
DEAL_MODEL = "deal_model"
"""The kind of a bundle that holds trees."""


def must_be_loadable(folder: Path, version: str, fields: Collection[str] | None = None) -> dict[str, Any]:
    """What model.json says; raises `ModelUnavailable` naming the file that is missing, changed or foreign.

    `fields` are those that the workspace's settings configure as features; a model that reads another is refused.
    """
    verify_bundle(folder, version)
    document = json.loads((folder / MODEL).read_text(encoding="utf-8"))
    if document.get("format") != FORMAT:
        raise ModelUnavailable(
            f"model {version}: {folder / MODEL} is of format {document.get('format')!r}; expected {FORMAT}. "
            "Train a model with this version of the product."
        )
    computed = feature_version(document["settings"].get("features", {}).get("fields", ()))
    if document["feature_version"] != computed:
        raise ModelUnavailable(
            f"model {version} was trained on feature version {document['feature_version']}; "
            f"this installation computes {computed}. Train a model, or use the installation it came from."
        )
    _require_trees(document, folder, version)
    _require_fields(document, version, fields)
    return dict(document)


def _require_trees(document: Mapping[str, Any], folder: Path, version: str) -> None:
    for name in (WIN, LOSE) if document["kind"] == DEAL_MODEL else ():
        text = (folder / name).read_text(encoding="utf-8") if (folder / name).is_file() else ""
        if not text.startswith("tree\n") or "\nend of trees" not in text:
            raise ModelUnavailable(
                f"model {version}: {folder / name} holds no trees; expected a model as LightGBM writes it. "
                "Restore it from a copy, or train again."
            )


def _require_fields(document: Mapping[str, Any], version: str, fields: Collection[str] | None) -> None:
    """A field configured since the training does no harm: the model does not look at it."""
    read = [name.removeprefix(OF_FIELD) for name in document.get("names", []) if of_field(name)]
    if fields is not None and (absent := [name for name in read if name not in fields]):
        raise ModelUnavailable(
            f"model {version} reads the field {absent[0]!r} of deals, which is no longer among [features] fields in "
            "dealcast.toml; expected the fields it was trained with. Add it there, or train a model without it."
        )


def verify_bundle(folder: Path, version: str) -> None:
    """Raise `ModelUnavailable` unless every file of the bundle is there, unchanged, and nothing else is."""
    try:
        expected = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"model {version}: {folder / CHECKSUMS} cannot be read; expected a bundle as training leaves it. "
            "Restore it from a copy, or train again."
        ) from error
    if not isinstance(expected, dict) or MODEL not in expected:
        raise ModelUnavailable(f"model {version}: {folder} is not a bundle of this product. Name another version.")
    for name in sorted({*expected, *(path.name for path in folder.iterdir())} - {CHECKSUMS}):
        if not (folder / name).is_file():
            raise ModelUnavailable(
                f"model {version}: {folder / name} is missing. Restore it from a copy, or train again."
            )
        if expected.get(name) != sha256(folder / name):
            raise ModelUnavailable(
                f"model {version}: {folder / name} is not what was saved: its checksum differs. "
                "Restore it from a copy, or train again."
            )


def bundle_bytes(folder: Path) -> int:
    """The size of a bundle."""
    return sum(path.stat().st_size for path in folder.iterdir())


def as_json(document: Any) -> str:
    """The same document gives the same text."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def sha256(path: Path) -> str:
    """The checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
