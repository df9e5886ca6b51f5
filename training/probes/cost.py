"""What a model costs to keep and to ask: bytes on disk, milliseconds for one deal with its reasons."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from training.bundle import Model
from training.bundle_files import bundle_bytes

ASKED = 25


@dataclass(frozen=True)
class Cost:
    """The size of the bundle, and the middle of the times, of the processor, that one deal with its reasons took."""

    bundle_bytes: int
    one_deal_ms: float


def cost(model: Model, bundle: Path, matrix: pd.DataFrame) -> Cost:
    """The size of `bundle` and the middle time in which `model` answers for one deal of `matrix`."""
    taken = [_one(model, matrix.iloc[[place % len(matrix)]]) for place in range(ASKED)] if len(matrix) else [0.0]
    return Cost(bundle_bytes(bundle), round(statistics.median(taken[len(taken) // 5 :]), 3))


def _one(model: Model, row: pd.DataFrame) -> float:
    # Time of the processor: what else the machine is doing says nothing of the model.
    began = time.process_time()
    model.predict(row, 30.0)
    model.explain(row)
    return 1000 * (time.process_time() - began)
