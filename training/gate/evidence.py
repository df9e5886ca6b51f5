"""What the gate looks at: everything that was measured of a candidate, and None where it could not be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from history.expectations import Surprise
from training.backtest import Replay
from training.probes.beside import Beside
from training.probes.cost import Cost
from training.probes.drift import Drift
from training.probes.future import Future


@dataclass(frozen=True)
class Evidence:
    """What is known of a candidate of a kind ("deal_model" or "tables"); whatever was not measured is None.

    `replay` scores a later period, `learned_until` is the latest instant (naive UTC) that the replayed models' rows
    reach, horizons included. `attainment`: one row per forecast of a past period with p10, p90 and actual.
    `importance`: the share of all reasons' points by feature. `unchanged`: deals with the same facts, their chances
    before (champion) and after (candidate), and which part of the champion's largest reasons the candidate names.
    `fingerprints`: the checksums of two trainings. `sums`: the largest gap between a deal's chance and its reasons'
    sum, in points. `probed` is False where only the replay was made, as `dealcast train` does: what is None then was
    not looked at, whatever there would have been to see.
    """

    kind: str
    replay: Replay | None
    learned_until: dt.datetime | None
    beside: Beside | None = None
    future: Future | None = None
    attainment: pl.DataFrame | None = None
    importance: Mapping[str, float] | None = None
    unchanged: pl.DataFrame | None = None
    fingerprints: tuple[str, str] | None = None
    cost: Cost | None = None
    sums: float | None = None
    drift: Sequence[Drift] | None = None
    surprises: Sequence[Surprise] | None = None
    probed: bool = True
