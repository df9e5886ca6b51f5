"""What a model costs to keep and to ask: bytes on disk, milliseconds for one deal with its reasons."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from training.bundle import Model, bundle_bytes

ASKED = 25


@dataclass(frozen=True)
class Cost:
    """The size of the bundle, and the middle of the times it took to score one deal and give its reasons."""

    bundle_bytes: int
    one_deal_ms: float


def cost(model: Model, bundle: Path, matrix: pd.DataFrame) -> Cost:
    """The size of `bundle` and the middle time in which `model` answers for one of the deals of `matrix`."""
    taken = [_one(model, matrix.iloc[[place % len(matrix)]]) for place in range(ASKED)] if len(matrix) else [0.0]
    return Cost(bundle_bytes(bundle), round(statistics.median(taken[len(taken) // 5 :]), 3))


def _one(model: Model, row: pd.DataFrame) -> float:
    began = time.perf_counter()
    model.predict(row, 30.0)
    model.explain(row)
    return 1000 * (time.perf_counter() - began)
