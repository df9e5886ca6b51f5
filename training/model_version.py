"""A registered model: what is known of it without loading it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

CHAMPION, CHALLENGER = "champion", "challenger"
RETRAINING = "retraining"
"""The tag that names the retraining a version came from."""


@dataclass(frozen=True)
class ModelVersion:
    """A registered model. `promoted` says that it may serve days from `trained_as_of` (naive UTC) on."""

    version: str
    trained_as_of: dt.datetime
    run_id: str
    promoted: bool
    champion: bool
    challenger: bool = False
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    metrics: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def order(self) -> tuple[dt.datetime, int]:
        """Versions are ordered by what they were trained on, then by number."""
        return self.trained_as_of, int(self.version)
