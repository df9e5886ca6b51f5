"""What the serving model would have said of each open deal a week before, from what was known then."""

from __future__ import annotations

import numpy as np
import polars as pl

from features.matrix import build_matrix
from features.spine import open_spine
from serving.score_history import WEEK
from serving.standing import Standing


def with_week_ago(standing: Standing) -> pl.DataFrame:
    """The board with win_week_ago (0 to 1, null where the deal was not open then) and win_change (its difference to
    win_probability). Both days by one model, so that the change is the deal's; computed once a standing."""
    told = standing.remembered(("week ago",), lambda: _told(standing))
    return standing.remembered(("week ago on the board",), lambda: _joined(standing, told))


def _told(standing: Standing) -> pl.DataFrame:
    """deal_id and win_week_ago of every deal that was open then."""
    then = standing.as_of - WEEK
    spine = open_spine(standing.history, [then]).sort("deal_id")
    chance = pl.Series("win_week_ago", [], dtype=pl.Float64)
    if spine.height:
        matrix = build_matrix(standing.prepared, spine, threads=1)
        said = standing.model.predict(matrix, np.ones(spine.height))["win_probability"]
        chance = pl.Series("win_week_ago", said.to_numpy(), dtype=pl.Float64)
    return spine.select("deal_id").with_columns(chance)


def _joined(standing: Standing, told: pl.DataFrame) -> pl.DataFrame:
    change = pl.col("win_probability") - pl.col("win_week_ago")
    return standing.board.join(told, on="deal_id", how="left", maintain_order="left").with_columns(win_change=change)
