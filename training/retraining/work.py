"""What the steps of a retraining share: the frozen history, the candidate, the champion, each read when first asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from features.matrix import build_matrix
from features.spine import open_spine
from history.fiscal import Period
from history.freeze import read_frozen
from history.record import History
from training.backtest import Replay, training_matrix
from training.bundle import Model, load_bundle
from training.model_version import ModelVersion
from training.probes.beside import Beside, parted
from training.probes.champion import Champion
from training.registry import Registry
from training.report import summary
from training.retraining.approval import Approval
from training.retraining.journal import Journal, read_json
from training.retraining.plan import Plan, quarter_named

CANDIDATE = "candidate"
Lands = Callable[[History, Model | None, str, dt.datetime], pl.DataFrame]
"""(history, model, period, as_of) -> scope_kind, scope_id, p10, p50, p90, mean and booked of every scope looked at."""

Learns = Callable[[History, Model | None, str, dt.datetime], dict[str, Any]]
"""(history, model, period, as_of) -> what a forecast of the period has learned: `training.attainment.record`."""


@dataclass
class Work:
    """One retraining under way. `history` gives the whole history and is asked only while nothing is frozen yet."""

    plan: Plan
    journal: Journal
    registry: Registry
    frozen_folder: Path
    history: Callable[[], History]
    lands: Lands | None
    learns: Learns | None
    say: Callable[[str], object]
    approval: Approval | None = None
    now: dt.datetime | None = None

    @property
    def retrainings(self) -> Path:
        """The folder that holds all retrainings of the workspace."""
        return self.journal.folder.parent

    @property
    def name(self) -> str:
        """What the retraining is called in the registry."""
        return self.journal.folder.name

    @property
    def quarter(self) -> Period:
        return quarter_named(self.plan.quarter, self.past.settings)

    @cached_property
    def frozen(self) -> dict[str, Any]:
        """content_hash and folder of what was frozen."""
        found: dict[str, Any] = read_json(self.journal.place("freeze") / "frozen.json")
        return found

    @cached_property
    def past(self) -> History:
        """What was known at the plan's instant, from the frozen history."""
        return read_frozen(self.frozen_folder / self.frozen["folder"])

    @cached_property
    def matrix(self) -> pd.DataFrame:
        return training_matrix(self.past, self.plan.as_of)

    @cached_property
    def open_deals(self) -> pd.DataFrame:
        """The features of the deals open at the plan's instant."""
        return build_matrix(self.past, open_spine(self.past, [self.plan.as_of]))

    @property
    def bundle(self) -> Path:
        return self.journal.place("train") / "bundle"

    @cached_property
    def candidate(self) -> Model:
        return load_bundle(self.bundle, CANDIDATE)

    @cached_property
    def champion_version(self) -> ModelVersion | None:
        return None if self.plan.champion is None else self.registry.get(self.plan.champion)

    @cached_property
    def champion(self) -> Champion:
        """The champion of the plan, which was that of its beginning."""
        return Champion.loaded(self.registry, self.champion_version, self.past)

    @cached_property
    def beside(self) -> Beside | None:
        """The candidate's replay beside the champion; None where there is no champion."""
        return self.champion.beside(pl.DataFrame() if self.replay is None else self.replay.rows, self.past)

    @cached_property
    def replay(self) -> Replay | None:
        """What the step "replay" left, the champion's chances with it; None where nothing could be replayed."""
        place = self.journal.place("replay")
        told = read_json(place / "replay.json")
        if told is None:
            return None
        rows = pl.read_parquet(place / "rows.parquet")
        return Replay(rows, told["question"], told["fits"], self.past.settings)

    @property
    def plain_replay(self) -> Replay | None:
        """The replay without the champion."""
        return None if self.replay is None else parted(self.replay)[0]

    @cached_property
    def held_out(self) -> dict[str, Any] | None:
        """The figures of the replay without the champion."""
        return None if self.plain_replay is None else summary(self.plain_replay)
