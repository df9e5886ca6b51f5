"""Few closed deals are never a refusal: tables serve from none at all, a model from 40 won and 40 lost."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from features.matrix import build_matrix
from features.spine import open_spine
from history.record import History
from tests.lib.builders import SETTINGS, history_of, make_change, make_deal
from tests.training.conftest import QUICK
from training.backtest import training_matrix
from training.choice import fit_model, kind_of
from training.deal_model import DealModel
from training.labels import outcomes_by
from training.rates import GRID_DAYS, PRIOR_WON, fit_rates
from training.small_data import TableModel, too_few

BEGIN = dt.date(2025, 1, 6)
CUT = SETTINGS.start_of(dt.date(2026, 1, 1))


def a_history(closed: int) -> History:
    """`closed` deals that live from 20 to 60 days, every other one lost, and ten that stay open."""
    rows = []
    for n in range(closed + 10):
        name, begin = f"D{n:03d}", BEGIN + dt.timedelta(days=(n * 7) % 280)
        rows += [make_deal(name, str(begin)), make_change("stage", "Qualify", str(begin), deal_id=name)]
        if n < closed:
            end = begin + dt.timedelta(days=20 + n % 40)
            rows.append(make_change("stage", "Lost" if n % 2 else "Won", str(end), old="Qualify", deal_id=name))
    return history_of(*rows)


def at_the_cut(history: History) -> pd.DataFrame:
    return build_matrix(history, open_spine(history, [CUT]), threads=1)


@pytest.mark.parametrize(("closed", "kind"), [(0, "tables"), (5, "tables"), (40, "tables"), (400, "deal_model")])
def test_every_number_of_closed_deals_is_served(closed: int, kind: str) -> None:
    history = a_history(closed)
    model, _ = fit_model(training_matrix(history, CUT), history, CUT, QUICK)
    deals = at_the_cut(history)
    found = model.predict(deals, 45.0)
    assert kind_of(model) == kind
    assert ((found > 0) & (found < 1)).all().all()
    assert np.allclose(found.iloc[:, :3].sum(axis=1), 1)
    why = model.explain(deals)
    assert np.allclose(why.baseline + why.points.sum(axis=1), why.shown)
    assert model.health(deals, found["win_probability"].to_numpy())["health"].between(0, 100).all()


def test_before_any_deal_exists_the_prior_speaks() -> None:
    history = a_history(0)
    early = SETTINGS.start_of(dt.date(2024, 1, 1))
    model, _ = fit_model(training_matrix(history, early), history, early, QUICK)
    found = model.predict(at_the_cut(history), 365.0)
    assert found["win_by_horizon"].between(0.2 * PRIOR_WON, 1.1 * PRIOR_WON).all()


def test_the_version_names_the_day_and_says_tables() -> None:
    model, _ = fit_model(training_matrix(a_history(5), CUT), a_history(5), CUT, QUICK)
    assert model.version == "tables-2026-01-01"


def test_the_model_takes_over_at_forty_won_and_forty_lost() -> None:
    assert too_few(a_history(79), CUT)
    assert not too_few(a_history(80), CUT)


def test_the_interval_is_wider_where_fewer_deals_were_seen(tables: TableModel, open_deals: pd.DataFrame) -> None:
    found = tables.evidence(open_deals)
    width = (found["high"] - found["low"]).to_numpy()
    chance = tables.predict(open_deals, 30.0)["win_probability"].to_numpy()
    assert ((found["low"] <= chance) & (chance <= found["high"])).all()
    spread = width / np.sqrt(chance * (1 - chance))
    assert np.corrcoef(spread, 1 / np.sqrt(found["n_deals"] + 2))[0, 1] > 0.9


def test_shares_come_near_what_was_counted(tables: TableModel, learned: pd.DataFrame, company: History) -> None:
    """A second road: count, over rows seen for 90 days, how many were won by then."""
    cut = tables.trained_as_of
    spine = open_spine(company, sorted(set(learned.index.get_level_values("as_of").to_pydatetime())))
    seen = spine.with_columns(horizon_end=pl.col("as_of") + dt.timedelta(days=90))
    labels = outcomes_by(company, seen, cut).filter(pl.col("label").is_not_null())
    counted = labels.group_by("stage").agg(won=(pl.col("label") == "won").mean(), n=pl.len())
    place = GRID_DAYS.index(90)
    for stage, won, n in counted.iter_rows():
        assert tables.rates.shares[stage][0, place] == pytest.approx(won, abs=60 / (n + 60))


def test_rates_of_a_stage_alone_know_no_age(company: History, learned: pd.DataFrame, cut: dt.datetime) -> None:
    spine = open_spine(company, sorted(set(learned.index.get_level_values("as_of").to_pydatetime())))
    assert not any("\t" in key for key in fit_rates(company, spine, cut, by_age=False).shares)


def test_a_model_is_not_kept_from_serving_by_a_kind_that_was_never_seen(model: DealModel) -> None:
    history = a_history(3)
    found = model.predict(at_the_cut(history), 30.0)
    assert not found.isna().any().any()
