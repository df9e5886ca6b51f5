"""Bundles as another installation would have left them: other contents, checksums that fit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from training.bundle_files import CHECKSUMS
from training.registry import Registry

OLDER = "0123456789ab"
"""A feature version that this installation does not compute."""


def swapped(bundle: Path, name: str, text: str) -> Path:
    """The bundle with another text in one of its files, its checksum made to fit."""
    (bundle / name).write_text(text)
    sums = json.loads((bundle / CHECKSUMS).read_text())
    sums[name] = hashlib.sha256((bundle / name).read_bytes()).hexdigest()
    (bundle / CHECKSUMS).write_text(json.dumps(sums))
    return bundle


def rewritten(bundle: Path, **values: object) -> Path:
    """The bundle with other values in model.json, its checksum made to fit."""
    document = json.loads((bundle / "model.json").read_text()) | values
    return swapped(bundle, "model.json", json.dumps(document))


def aged(registry: Registry, version: str) -> None:
    """Make a registered version one of an older feature version."""
    rewritten(registry.bundle_folder(registry.get(version)), feature_version=OLDER)
