"""Where the evaluation data lies, when present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def folder(name: str) -> Path:
    """The evaluation set called `name`; the test is skipped where the data is absent."""
    base = Path(os.environ.get("DEALCAST_EVALUATION_DATA", ROOT.parent / "shared" / "data"))
    if not (base / name).is_dir():
        pytest.skip(
            f"the evaluation data is not present: set DEALCAST_EVALUATION_DATA to the folder that holds {name}/"
        )
    return base / name
