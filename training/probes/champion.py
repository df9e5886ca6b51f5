"""The champion of a workspace as a candidate meets it: asked in the same replay, or refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from history.errors import ModelUnavailable
from history.record import History
from training.backtest import Replay
from training.bundle import Model
from training.model_version import ModelVersion
from training.probes.beside import CHAMPION, Beside, as_rival, beside, parted, refused
from training.registry import Registry
from training.rivals.rival import Rival


@dataclass(frozen=True)
class Champion:
    """A champion and its model; `why` says why there is no model. Without a version there is no champion."""

    version: ModelVersion | None = None
    model: Model | None = None
    why: str = ""

    @staticmethod
    def of(registry: Registry, past: History) -> Champion:
        """The champion of a registry, loaded for a history's fields."""
        return Champion.loaded(registry, registry.champion(), past)

    @staticmethod
    def loaded(registry: Registry, version: ModelVersion | None, past: History) -> Champion:
        """The same of a version that is named."""
        if version is None:
            return Champion()
        try:
            return Champion(version, registry.load(version, past.settings.feature_fields))
        except ModelUnavailable as error:
            return Champion(version, None, str(error))

    @property
    def rivals(self) -> Mapping[str, Rival]:
        """What is asked beside the candidate in a replay."""
        return {} if self.model is None else {CHAMPION: as_rival(self.model)}

    def judged(self, replay: Replay | None, past: History) -> tuple[Replay | None, Beside | None]:
        """A replay without the champion, and the two side by side; None where there is no champion."""
        if replay is None:
            return None, self.beside(pl.DataFrame(), past)
        plain, rows = parted(replay)
        return plain, self.beside(rows, past)

    def beside(self, rows: pl.DataFrame, past: History) -> Beside | None:
        """The candidate's rows beside the champion; None where there is no champion."""
        if self.version is None:
            return None
        return refused(self.version.version, self.why) if self.model is None else beside(self.model, rows, past)
