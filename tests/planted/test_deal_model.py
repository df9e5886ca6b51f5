"""The deal model is asked for the chances that were planted."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from features.matrix import build_matrix
from features.spine import open_spine
from history.synthetic import generate
from training.backtest import training_matrix
from training.calibration import slope_and_intercept
from training.choice import fit_model
from training.fitting import FitOptions
from training.frames import spine_of
from training.rates import cells_of, fit_rates


@pytest.fixture(scope="module")
def said() -> pl.DataFrame:
    """Deals open on the weeks of one quarter: what the model said, what the table said, and the planted chance."""
    crm = generate(2_500, seed=11)
    start_of = crm.history.settings.start_of
    cut, end = start_of(dt.date(2026, 1, 1)), start_of(dt.date(2026, 4, 1))
    learned = training_matrix(crm.history, cut)
    model, window = fit_model(learned, crm.history, cut, FitOptions())
    planted = crm.truth["chances"].select("deal_id", "as_of", planted="win_by_quarter_end")
    days = [cut + dt.timedelta(days=7 * week) for week in range(12)]
    matrix = build_matrix(crm.history, open_spine(crm.history, days), threads=1)
    spine = spine_of(matrix)
    left = ((end - pl.col("as_of")).dt.total_seconds() / 86_400).alias("days")
    ahead = spine.select(left)["days"].to_numpy()
    table = fit_rates(crm.history, window.spine, cut).chance(cells_of(spine), ahead)[0]
    rows = spine.with_columns(
        model=pl.Series(model.predict(matrix, ahead)["win_by_horizon"].to_numpy()),
        table=pl.Series(np.clip(table, 0.001, 0.999)),
    )
    return rows.join(planted.with_columns(pl.col("as_of").cast(pl.Datetime("us"))), on=["deal_id", "as_of"])


def expected_log_loss(chance: pl.Series, planted: pl.Series) -> float:
    """The mean log loss that a chance would have if fate were drawn again and again from the planted chance."""
    shown, true = chance.to_numpy(), planted.to_numpy()
    return float(-(true * np.log(shown) + (1 - true) * np.log(1 - shown)).mean())


def test_the_model_closes_a_good_part_of_the_gap_between_the_table_and_the_truth(said: pl.DataFrame) -> None:
    true = said["planted"].clip(1e-6, 1 - 1e-6)
    best = expected_log_loss(true, said["planted"])
    table, model = (expected_log_loss(said[name], said["planted"]) for name in ("table", "model"))
    assert said.height > 1_000
    assert best < model < table
    assert (table - model) / (table - best) > 0.35


def test_the_model_ranks_deals_as_the_planted_chances_do(said: pl.DataFrame) -> None:
    ranks = {name: said.select(pl.corr(name, "planted", method="spearman")).item() for name in ("model", "table")}
    assert ranks["model"] > max(0.7, ranks["table"])


def test_the_model_is_roughly_calibrated_to_the_planted_chances(said: pl.DataFrame) -> None:
    drawn = np.random.default_rng(0).random((20, said.height)) < said["planted"].to_numpy()
    found = [slope_and_intercept(said["model"].to_numpy(), fate.astype(float))[0] for fate in drawn]
    assert 0.75 < float(np.mean(found)) < 1.35
