"""How the serving model has done since it was trained: what it said of open deals, and what has come by today."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from features.matrix import build_matrix
from features.spine import open_spine
from serving.standing import Standing
from training.calibration import reliability_by_range
from training.labels import OPEN, WON, outcomes_by

MOST_DAYS = 4
SHORTEST = dt.timedelta(days=14)
MOST_ROWS = 40_000


@dataclass(frozen=True)
class Track:
    """What was said and what came of it.

    `days` are the as-of days asked, from the training on; the question each time was "won before today". `rows` deals
    times days, `deals` distinct; `said` wins expected and `came` wins, summed over the rows. `bins`: as
    `training.calibration.reliability_by_range` gives them.
    """

    days: list[dt.datetime]
    rows: int
    deals: int
    said: float
    came: int
    bins: pl.DataFrame


def track(standing: Standing) -> Track | None:
    """None where the model is too new, or has seen what followed, to have a record yet."""
    trained, as_of = standing.model.trained_as_of, standing.as_of
    if as_of - trained < SHORTEST:
        return None
    step = (as_of - trained) / MOST_DAYS
    days = [trained + step * place for place in range(MOST_DAYS) if as_of - (trained + step * place) >= SHORTEST]
    spine = open_spine(standing.history, days).sort("as_of", "deal_id")
    if spine.is_empty():
        return None
    spine = spine.gather_every(-(-spine.height // MOST_ROWS))
    matrix = build_matrix(standing.prepared, spine, threads=1)
    ahead = ((pl.lit(as_of) - pl.col("as_of")).dt.total_microseconds() / 86_400_000_000).alias("days")
    said = standing.model.predict(matrix, spine.select(ahead).to_series().to_numpy())["win_by_horizon"].to_numpy()
    labels = outcomes_by(standing.history, spine.with_columns(horizon_end=pl.lit(as_of)), as_of)["label"]
    came = (labels.fill_null(OPEN) == WON).to_numpy().astype(float)
    deal = spine["deal_id"].to_numpy()
    bins = reliability_by_range(said, came, deal)
    return Track(days, spine.height, spine["deal_id"].n_unique(), float(said.sum()), int(came.sum()), bins)
