import datetime as dt

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from history.record import History
from indicators.accuracy import accuracy
from tests.indicators import plain_accuracy
from tests.lib.deal_log import TEAMS, at, company

AS_OF = at("2026-03-05")
PERIODS = [f"{year}Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)]
NUMBERS = ("n_periods", "forecast_sum", "actual_sum", "bias", "wape", "accuracy", "ratio")


@pytest.fixture(scope="module")
def history() -> History:
    return with_calls(company(260, seed=4), seed=5)


def with_calls(history: History, seed: int) -> History:
    rng = np.random.default_rng(seed)
    rows = [_call(rng, rep, period) for rep in TEAMS for period in PERIODS for _ in range(6)]
    names = ["forecaster_id", "period", "measure", "category", "called_at", "recorded_at", "value"]
    calls = pl.DataFrame(rows, schema=names, orient="row")
    usual = {"forecaster_kind": pl.lit("rep"), "scope_kind": pl.lit("rep"), "scope_id": pl.col("forecaster_id")}
    return history.with_tables(forecast_calls=calls.with_columns(**usual))


def _call(rng: np.random.Generator, rep: str, period: str) -> tuple:
    start, end = plain_accuracy.quarter_bounds(period)
    called = start + (end - start) * float(rng.uniform(-0.2, 1.1))
    recorded = called + dt.timedelta(days=float(rng.exponential(20)) if rng.random() < 0.3 else 0)
    measure, category = str(rng.choice(["amount", "count"])), str(rng.choice(["commit", "most_likely", "best_case"]))
    value = float(rng.integers(0, 8)) if measure == "count" else round(float(rng.uniform(0, 90_000)), 2)
    return rep, period, measure, category, called, recorded, value


def plain(history: History) -> plain_accuracy.Company:
    return plain_accuracy.Company(history["deal_changes"].to_dicts(), history["forecast_calls"].to_dicts())


@pytest.mark.parametrize("source", ["submitted", "implied"])
@pytest.mark.parametrize("measure", ["amount", "count"])
@pytest.mark.parametrize("days", [75, 45, 15])
def test_two_roads_lead_to_the_same_numbers(history: History, source: str, measure: str, days: int):
    began = history["deal_changes"]["recorded_at"].min()
    first_cut = plain_accuracy.quarter_bounds("2024Q1")[1] - dt.timedelta(days=days)
    assert isinstance(began, dt.datetime)
    assert began < first_cut
    expected = plain_accuracy.record(plain(history), PERIODS, days, measure, source, AS_OF)
    found = accuracy(history, AS_OF, horizons=(days,), measure=measure).filter(pl.col("source") == source)
    rows = {row["forecaster_id"]: row for row in found.iter_rows(named=True)}
    assert set(rows) == set(expected) == set(TEAMS)
    for rep, numbers in expected.items():
        told = {name: rows[rep][name] for name in NUMBERS if rows[rep][name] is not None}
        assert told == pytest.approx(numbers), rep


def test_nothing_recorded_at_or_after_the_as_of_date_is_used(history: History):
    early = at("2025-11-05")
    whole = accuracy(history, early)
    kept = {
        name: frame.filter(pl.col("recorded_at") < early) for name, frame in history.tables.items() if name != "reps"
    }
    assert accuracy(history.with_tables(**kept), early).equals(whole)
    assert not accuracy(history, AS_OF).equals(whole)


def test_the_order_of_rows_changes_nothing(history: History):
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in history.tables.items()}
    assert accuracy(history.with_tables(**shuffled), AS_OF).equals(accuracy(history, AS_OF))


def test_money_of_another_size_leaves_fractions_alone(history: History):
    k = 8.0
    money = pl.col("field") == "amount"
    scaled = (pl.col("new_value").cast(pl.Float64, strict=False) * k).cast(pl.String)
    bigger = history.with_tables(
        deal_changes=history["deal_changes"].with_columns(
            new_value=pl.when(money).then(scaled).otherwise("new_value"), old_value=pl.lit(None, dtype=pl.String)
        ),
        forecast_calls=history["forecast_calls"].with_columns(pl.col("value") * k),
    )
    plain_money, big_money = accuracy(history, AS_OF), accuracy(bigger, AS_OF)
    sums = [pl.col(name) * k for name in ("forecast_sum", "actual_sum")]
    assert_frame_equal(big_money, plain_money.with_columns(sums), rel_tol=1e-9)


def test_no_number_is_ever_infinite_or_not_a_number(history: History):
    found = accuracy(history, AS_OF)
    numbers = found.select(pl.col(pl.Float64))
    assert numbers.select(pl.all().drop_nulls().is_finite().all()).row(0) == (True,) * numbers.width
