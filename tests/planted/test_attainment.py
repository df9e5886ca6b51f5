"""Ranges hold what comes where the chances of deals are the planted ones."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from history.fiscal import bounds, parse_period
from history.record import History
from history.synthetic import Crm, generate
from serving.forecasting import outlook, table
from training.attainment.position import position

QUARTERS = ("2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2")
WEEK = 5


class Planted:
    """The planted chance of each open deal to be won by the quarter's end."""

    def __init__(self, crm: Crm):
        told = crm.truth["chances"].select("deal_id", day=pl.col("as_of").dt.date(), chance="win_by_quarter_end")
        self.chances = told.unique(["deal_id", "day"], keep="last")

    def predict(self, matrix: pd.DataFrame, horizon_days: np.ndarray) -> pd.DataFrame:
        asked = pl.DataFrame(
            {"deal_id": list(matrix.index.get_level_values(0)), "as_of": list(matrix.index.get_level_values(1))}
        ).with_columns(day=pl.col("as_of").dt.date())
        found = asked.join(self.chances, on=["deal_id", "day"], how="left", maintain_order="left")["chance"]
        return pd.DataFrame({"win_by_horizon": found.fill_null(0.05).to_numpy()}, index=matrix.index)


@pytest.fixture(scope="module")
def cells() -> pl.DataFrame:
    """Teams and product lines in five quarters at week 5: the forecast's row with what came."""
    crm = generate(2_500, 21)
    model = Planted(crm)
    parts = []
    for name in QUARTERS:
        start, end = bounds(parse_period(name, crm.history.settings), crm.history.settings)
        seen = outlook(crm.history, model, name, start + dt.timedelta(days=7 * (WEEK - 1)))
        parts += [with_result(crm.history, table(seen, by), start, end) for by in ("team", "product_line")]
    return pl.concat(parts).filter(pl.col("scope_id") != "(none)")


def with_result(history: History, rows: pl.DataFrame, start: dt.datetime, end: dt.datetime) -> pl.DataFrame:
    by = rows["scope_kind"][0]
    won = position(history, start, end, end + dt.timedelta(days=200)).booked
    came = dict(won.group_by(by).agg(pl.col("amount").sum()).iter_rows())
    return rows.with_columns(came=pl.col("scope_id").replace_strict(came, default=0.0, return_dtype=pl.Float64))


def held(cells: pl.DataFrame, low: str, high: str) -> float:
    return float(cells.select(pl.col("came").is_between(low, high)).to_series().to_numpy().mean())


def test_about_four_results_in_five_lie_in_the_80_percent_range(cells: pl.DataFrame):
    assert cells.height >= 30
    assert 0.62 <= held(cells, "p10", "p90") <= 0.95


def test_about_half_of_the_results_lie_in_the_50_percent_range(cells: pl.DataFrame):
    assert 0.32 <= held(cells, "p25", "p75") <= 0.75


def test_the_mean_is_near_what_comes_and_nearer_with_the_correction(cells: pl.DataFrame):
    came = cells["came"].sum()
    assert cells["mean"].sum() == pytest.approx(came, rel=0.12)
    missed = {name: float((cells[name] - cells["came"]).abs().sum() / came) for name in ("mean", "before_correction")}
    assert missed["mean"] < missed["before_correction"] < 0.45
