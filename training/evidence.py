"""What is kept with a version beside its bundle: where each file lies below its run, and how it is read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from history.errors import ModelUnavailable
from training.model_version import ModelVersion

TOLD = "evidence/told/told.json"
CARD = "evidence/card/model_card.md"
ATTAINMENT, ATTAINMENT_HASH = "evidence/attainment/attainment.json", "attainment_hash"


def card_from(path: Path, version: ModelVersion) -> str:
    """The model card, Markdown, with the number that the version was given after it was written."""
    return path.read_text(encoding="utf-8").replace("{version}", version.version)


def told_from(path: Path) -> dict[str, Any]:
    """What was kept about the held-out period and the gate."""
    return dict(json.loads(path.read_text(encoding="utf-8")))


def attainment_from(path: Path | None, version: ModelVersion, wanted: str) -> dict[str, Any]:
    """What forecasts had learned; raises `ModelUnavailable` where it is missing or its checksum is not `wanted`."""
    found = path.read_bytes() if path else b""
    if hashlib.sha256(found).hexdigest() != wanted:
        raise ModelUnavailable(
            f"model {version.version}: {ATTAINMENT} is {'not what was registered' if found else 'missing'}; "
            "expected it with the checksum among the version's tags. Restore it from a copy, or train again."
        )
    return dict(json.loads(found))
