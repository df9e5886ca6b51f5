"""Rivals of the deal model answer its question from what was known at its cut, and each is what its name says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest

from history.record import History
from history.settings import Settings
from tests.training.conftest import QUICK
from training.backtest import Replay, backtest, days_ahead, period_end, training_matrix
from training.fitting import Window, window_at
from training.metrics import auc, row_log_loss
from training.rivals.blend import blend, with_blends
from training.rivals.cox import cox
from training.rivals.direct import asked_rows, direct
from training.rivals.hazard import hazard, person_weeks, won_within
from training.rivals.plain import plain
from training.rivals.rival import Baseline, HorizonOf, Rival

RIVALS: dict[str, Rival] = {
    "direct": partial(direct, options=QUICK),
    "hazard": partial(hazard, options=QUICK),
    "plain": partial(plain, options=QUICK),
}


def cox_alone(window: Window, horizon_of: HorizonOf) -> Baseline:
    """Cox regression, with nothing to fall back on."""
    return cox(window, otherwise=lambda matrix, days: np.full(len(matrix), np.nan))


EVERY: dict[str, Rival] = {**RIVALS, "cox": cox_alone}


@pytest.fixture(scope="module")
def horizon_of(company: History) -> HorizonOf:
    return period_end(company.settings, "quarter")


@pytest.fixture(scope="module")
def fitted(window: Window, horizon_of: HorizonOf) -> dict[str, Baseline]:
    return {name: fit(window, horizon_of) for name, fit in EVERY.items()}


@pytest.fixture(scope="module")
def replay(company: History, cut: dt.datetime, horizon_of: HorizonOf) -> Replay:
    dates = [cut + dt.timedelta(days=7 * n) for n in range(10)]
    return backtest(company, dates, horizon_of, "quarter", options=QUICK, rivals=RIVALS)


@pytest.mark.parametrize("name", EVERY)
def test_a_rival_beats_a_coin_and_one_chance_for_all_out_of_time(replay: Replay, name: str) -> None:
    found, won = replay.rows[name].to_numpy(), replay.won
    assert ((found > 0) & (found < 1)).all()
    assert auc(found, won) > 0.6
    assert row_log_loss(found, won).mean() < row_log_loss(np.full(len(won), won.mean()), won).mean()


def test_a_replay_without_rivals_has_no_column_of_theirs(
    company: History, cut: dt.datetime, horizon_of: HorizonOf, replay: Replay
) -> None:
    plain = backtest(company, [cut], horizon_of, "quarter", options=QUICK)
    assert set(replay.forecasts) - set(plain.forecasts) == set(RIVALS)
    assert plain.rows.equals(replay.rows.filter(pl.col("as_of") == cut).select(plain.rows.columns))


@pytest.mark.parametrize("name", ["hazard", "cox"])
def test_the_chance_never_falls_with_the_horizon(
    fitted: dict[str, Baseline], open_deals: pd.DataFrame, name: str
) -> None:
    asked = (1.0, 6.5, 7.0, 7.5, 30.0, 31.0, 92.0, 300.0)
    found = np.stack([fitted[name](open_deals, np.full(len(open_deals), days)) for days in asked])
    assert (np.diff(found, axis=0) >= 0).all()
    assert (found[-1] > found[0]).all()


@pytest.mark.parametrize("name", EVERY)
def test_the_chance_of_a_deal_does_not_depend_on_the_others(
    fitted: dict[str, Baseline], open_deals: pd.DataFrame, name: str
) -> None:
    days = np.linspace(10.0, 90.0, len(open_deals))
    whole = fitted[name](open_deals, days)
    assert np.allclose(whole[3:5], fitted[name](open_deals.iloc[3:5], days[3:5]), rtol=0, atol=1e-12)
    assert len(fitted[name](open_deals.iloc[:0], days[:0])) == 0


@pytest.fixture(scope="module")
def otherwise(company: History, cut: dt.datetime) -> Window:
    """The window of a history in which every change of stage from the cut on says lost, with days after the cut."""
    changes = company["deal_changes"]
    turned = (pl.col("recorded_at") >= cut) & (pl.col("field") == "stage")
    assert changes.filter(turned & (pl.col("new_value") != "Lost")).height > 50
    lost = changes.with_columns(new_value=pl.when(turned).then(pl.lit("Lost")).otherwise("new_value"))
    other = company.with_tables(deal_changes=lost)
    return window_at(training_matrix(other, cut + dt.timedelta(days=40)), other, cut, QUICK)


@pytest.mark.parametrize("name", EVERY)
def test_what_is_recorded_after_the_cut_changes_nothing(
    window: Window, otherwise: Window, open_deals: pd.DataFrame, name: str
) -> None:
    """Asked of thirty days, so that many a horizon ends soon after the cut."""
    days = np.full(len(open_deals), 30.0)
    known, spoilt = (EVERY[name](one, days_ahead(30))(open_deals, days) for one in (window, otherwise))
    assert np.array_equal(known, spoilt)


@pytest.mark.parametrize("asked", [period_end(Settings(), "quarter"), days_ahead(30)])
def test_direct_learns_only_from_days_whose_horizon_had_ended(window: Window, asked: HorizonOf) -> None:
    rows = asked_rows(window, asked)
    assert 0 < rows.height < window.spine.height
    assert (rows["horizon_end"] <= window.cut).all()
    assert rows["label"].null_count() == 0
    assert all(asked(day) == end for day, end in rows.select("as_of", "horizon_end").unique().iter_rows())


def test_a_deal_is_followed_by_the_week_until_it_closes_or_the_cut(window: Window) -> None:
    weeks = person_weeks(window, 8, 10**9)
    assert (weeks["horizon_end"] <= window.cut).all()
    assert weeks["week"].max() == 7
    each = weeks.group_by("row").agg(
        weeks=pl.col("week").sort(), closings=(pl.col("ended") != "open").sum(), last=pl.col("ended").last()
    )
    assert all(found.to_list() == list(range(len(found))) for found in each["weeks"])
    assert each["closings"].max() == 1
    assert (each.filter(pl.col("closings") == 1)["last"] != "open").all()
    assert person_weeks(window, 8, 2_000).height < 3_000 < weeks.height


def test_cumulative_incidence_is_the_one_computed_by_hand() -> None:
    """Two weeks of (won, lost) (0.10, 0.20) and (0.50, 0.25), then half of a third of (0.40, 0.00)."""
    weeks = [np.array([[0.10], [0.20]]), np.array([[0.50], [0.25]]), np.array([[0.40], [0.00]])]
    assert won_within(weeks, np.array([1.0]))[0] == pytest.approx(0.10)
    assert won_within(weeks, np.array([2.0]))[0] == pytest.approx(0.10 + 0.70 * 0.50)
    assert won_within(weeks, np.array([2.5]))[0] == pytest.approx(0.10 + 0.70 * 0.50 + 0.70 * 0.25 * 0.40 / 2)


def test_weekly_chances_of_more_than_one_leave_no_deal_open_less_than_none() -> None:
    weeks = [np.array([[0.9], [0.9]])] * 3
    found = [won_within(weeks, np.array([ahead]))[0] for ahead in (1.0, 2.0, 3.0)]
    assert 0 < found[0] <= found[1] <= found[2] < 1


@pytest.mark.parametrize("fit", [direct, hazard])
def test_a_window_without_a_win_gives_one_small_chance(window: Window, horizon_of: HorizonOf, fit: Callable) -> None:
    nothing = replace(window, spine=window.spine.head(0))
    found = fit(nothing, horizon_of)(window.matrix.iloc[:3], np.full(3, 30.0))
    assert found.tolist() == [0.25] * 3


def test_a_blend_is_the_mean_of_log_odds(replay: Replay) -> None:
    assert blend(np.array([0.5, 0.9]), np.array([0.5, 0.1])) == pytest.approx([0.5, 0.5])
    odds = 4 / 1 * 9 / 1
    assert blend(np.array([0.8]), np.array([0.9]))[0] == pytest.approx(odds**0.5 / (1 + odds**0.5))
    found = with_blends(replay, {"both": ("model", "direct"), "absent": ("model", "nobody")})
    assert set(found.forecasts) - set(replay.forecasts) == {"both"}
    parts = found.rows.select("model", "direct").to_numpy()
    assert (found.rows["both"].to_numpy() >= parts.min(axis=1) - 1e-12).all()
    assert (found.rows["both"].to_numpy() <= parts.max(axis=1) + 1e-12).all()
