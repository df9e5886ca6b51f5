"""Replays drawn for the gate's tests: how good and how late is told, the rest follows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
from scipy.special import expit

from training.backtest import Replay
from training.gate import CHECKS, Evidence, Result
from training.probes.beside import Beside

TRAINED = dt.datetime(2026, 1, 1)


def drawn(rows: int = 3_000, slope: float = 1.0, rival_noise: float = 1.0, judged: dt.datetime = TRAINED) -> Replay:
    """A model that knows the log odds but for `slope`, and a table that knows them but for noise."""
    generator = np.random.default_rng(4)
    odds = generator.normal(-1, 1.2, rows)
    won = generator.random(rows) < expit(odds)
    rival = odds + rival_noise * generator.normal(0, 1, rows)
    frame = pl.DataFrame(
        {
            "deal_id": [f"D{n // 3}" for n in range(rows)],
            "as_of": [judged] * rows,
            "stage": ["Qualify"] * rows,
            "horizon_end": [judged + dt.timedelta(days=30)] * rows,
            "horizon_days": [30.0] * rows,
            "cut": [TRAINED] * rows,
            "label": np.where(won, "won", "open").tolist(),
            "model": expit(odds / slope),
            "stage_age": expit(rival),
        }
    )
    return Replay(frame, "a drawn question")


def result(code: str, replay: Replay | None, kind: str = "deal_model", learned: dt.datetime | None = TRAINED) -> Result:
    """What one check says of a replay."""
    check = next(check for check in CHECKS if check.code == code)
    return check.run(Evidence(kind, replay, learned))


def outcome(code: str, **found: Any) -> Result:
    """What one check says of evidence that has only `found` in it."""
    check = next(check for check in CHECKS if check.code == code)
    return check.run(Evidence(**{"kind": "deal_model", "replay": None, "learned_until": None, **found}))


def beside(noise: float = 1.0, rows: int = 3_000, worse_in: str | None = None, seed: int = 4) -> Beside:
    """A champion that knows the log odds but for `noise`, and a candidate that knows them but for 0.3.

    In stage `worse_in` the candidate knows nothing.
    """
    generator = np.random.default_rng(seed)
    odds = generator.normal(-1, 1.2, rows)
    stage = np.where(np.arange(rows) // 3 % 2 == 0, "Qualify", "Offer")
    candidate = odds + 0.3 * generator.normal(0, 1, rows)
    frame = pl.DataFrame(
        {
            "deal_id": [f"D{n // 3}" for n in range(rows)],
            "as_of": [TRAINED] * rows,
            "stage": stage,
            "region": ["East"] * rows,
            "segment": pl.Series([None] * rows, dtype=pl.String),
            "label": np.where(generator.random(rows) < expit(odds), "won", "open").tolist(),
            "model": expit(np.where(stage == worse_in, -1.0, candidate)),
            "champion": expit(odds + noise * generator.normal(0, 1, rows)),
        }
    )
    return Beside("7", frame)
