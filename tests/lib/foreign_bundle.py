"""Bundles as another installation would have left them: other contents, checksums that fit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from training.bundle import CHECKSUMS
from training.registry import Registry

OLDER = "0123456789ab"
"""A feature version that this installation does not compute."""


def rewritten(bundle: Path, **values: object) -> Path:
    """The bundle with other values in model.json, its checksum made to fit."""
    document = json.loads((bundle / "model.json").read_text()) | values
    (bundle / "model.json").write_text(json.dumps(document))
    sums = json.loads((bundle / CHECKSUMS).read_text())
    sums["model.json"] = hashlib.sha256((bundle / "model.json").read_bytes()).hexdigest()
    (bundle / CHECKSUMS).write_text(json.dumps(sums))
    return bundle


def aged(registry: Registry, version: str) -> None:
    """Make a registered version one of an older feature version."""
    rewritten(registry.bundle_folder(registry.get(version)), feature_version=OLDER)
