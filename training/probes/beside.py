"""The champion beside a candidate: the same deals on the same days, where neither had learned from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from features.matrix import build_matrix
from history.record import History
from training.backtest import MODEL, Replay
from training.bundle import Model
from training.fitting import Window
from training.rivals.rival import Baseline, HorizonOf, Rival

CHAMPION = "champion"
GROUPS = ("region", "segment")
_SCHEMA: dict[str, Any] = {"deal_id": pl.String, "as_of": pl.Datetime("us"), "stage": pl.String, "region": pl.String}
_SCHEMA |= {"segment": pl.String, "label": pl.String, MODEL: pl.Float64, CHAMPION: pl.Float64}


@dataclass(frozen=True)
class Beside:
    """The candidate's replay beside the champion: the same deals on the same days, none seen by either before.

    `rows`: deal_id, as_of, stage, region, segment, label, then the chances "model" and "champion". `refused` is the
    sentence of a champion that could not be loaded; its rows are empty then.
    """

    version: str
    rows: pl.DataFrame
    refused: str = ""


def as_rival(champion: Model) -> Rival:
    """The champion as it stands, asked in a replay at every cut."""

    def fit(window: Window, horizon_of: HorizonOf) -> Baseline:
        def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
            return champion.predict(matrix, horizon_days)["win_by_horizon"].to_numpy()

        return chance

    return fit


def parted(replay: Replay) -> tuple[Replay, pl.DataFrame]:
    """A replay without its column "champion", and all its rows with it."""
    rows = replay.rows
    plain = Replay(rows.drop(CHAMPION, strict=False), replay.question, replay.fits, replay.settings)
    return plain, rows


def beside(champion: Model, rows: pl.DataFrame, history: History) -> Beside:
    """The rows of a replay that the champion had not learned from, with the region and the segment of their deals."""
    if rows.is_empty():
        return Beside(champion.version, pl.DataFrame(schema=_SCHEMA))
    fair = rows.filter(pl.col("as_of") >= champion.trained_as_of).sort("as_of", "deal_id")
    spine = fair.select("deal_id", "as_of")
    found = build_matrix(history, spine, names=GROUPS)
    groups = {name: pl.Series(_texts(found[name]), dtype=pl.String) for name in GROUPS}
    return Beside(champion.version, fair.with_columns(**groups).select(list(_SCHEMA)).cast(pl.Schema(_SCHEMA)))


def refused(version: str, why: str) -> Beside:
    """A champion that could not be loaded."""
    return Beside(version, pl.DataFrame(schema=_SCHEMA), why)


def _texts(values: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in values]
