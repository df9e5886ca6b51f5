"""The synthetic company plants how each forecaster leans; the indicator must find it, and say so when it cannot."""

import datetime as dt

import polars as pl
import pytest

from history.synthetic import Crm, generate
from indicators.accuracy import assess

EIGHT_PERIODS = dt.date(2025, 7, 1)
TWO_PERIODS = dt.date(2024, 1, 1)
KIND_CODES = {"sandbagger": "sandbagging", "optimist": "optimistic", "accurate": "accurate", "erratic": "erratic"}
FORESIGHT_ERROR = 0.05


@pytest.fixture(scope="module")
def crm() -> Crm:
    return generate(3000, seed=1)


def reps_at(crm: Crm, day: dt.date, days: int = 15) -> pl.DataFrame:
    """Reps' own calls beside the planted truth: `kind`, `planted` (the bias as a fraction), `spread` (of a quarter)."""
    found = assess(crm.history, crm.history.settings.start_of(day), horizons=(days,))
    truth = crm.truth["forecasters"].select(
        "forecaster_kind", "forecaster_id", "kind", "spread", planted=pl.col("bias") - 1
    )
    own = (pl.col("source") == "submitted") & (pl.col("forecaster_kind") == "rep")
    return found.filter(own).join(truth, on=["forecaster_kind", "forecaster_id"])


@pytest.fixture(scope="module")
def at_eight(crm: Crm) -> pl.DataFrame:
    return reps_at(crm, EIGHT_PERIODS).filter(pl.col("n_periods") == 8)


@pytest.mark.parametrize("kind", KIND_CODES)
def test_the_bias_of_the_rep_with_most_business_of_each_kind_is_recovered(at_eight: pl.DataFrame, kind: str):
    rep = at_eight.filter(pl.col("kind") == kind).sort("actual_sum", descending=True).row(0, named=True)
    assert rep["bias_p10"] <= rep["planted"] <= rep["bias_p90"]


def test_the_eighty_percent_interval_holds_the_planted_bias_of_most_reps(at_eight: pl.DataFrame):
    covered = at_eight["planted"].is_between(at_eight["bias_p10"], at_eight["bias_p90"])
    assert at_eight.height >= 20
    assert 0.7 <= covered.mean() <= 1


@pytest.mark.parametrize("kind", KIND_CODES)
def test_the_reps_of_a_kind_together_lean_as_planted(at_eight: pl.DataFrame, kind: str):
    reps = at_eight.filter(pl.col("kind") == kind)
    planted = (reps["planted"] * reps["actual_sum"]).sum() / reps["actual_sum"].sum()
    together = reps["forecast_sum"].sum() / reps["actual_sum"].sum() - 1
    chance = 2 * reps["spread"].mean() / reps["n_periods"].sum() ** 0.5
    assert together == pytest.approx(planted, abs=FORESIGHT_ERROR + chance)


@pytest.mark.parametrize("kind", ["sandbagger", "optimist", "accurate"])
def test_most_reps_are_called_by_the_right_word(at_eight: pl.DataFrame, kind: str):
    words = at_eight.filter(pl.col("kind") == kind)["kind_of_bias"]
    assert (words == KIND_CODES[kind]).mean() > 0.6


def test_nobody_is_called_the_opposite_of_what_was_planted(at_eight: pl.DataFrame):
    opposite = {"sandbagger": "optimistic", "optimist": "sandbagging"}
    wrong = at_eight.filter(pl.col("kind").replace_strict(opposite, default="none") == pl.col("kind_of_bias"))
    assert wrong.is_empty()


def test_an_erratic_rep_misses_more_than_an_accurate_one(at_eight: pl.DataFrame):
    misses = dict(at_eight.group_by("kind").agg(pl.col("wape").median()).iter_rows())
    assert misses["erratic"] > 2 * misses["accurate"]


def test_forty_five_days_before_the_end_most_biases_are_still_within_the_interval(crm: Crm):
    reps = reps_at(crm, EIGHT_PERIODS, days=45).filter(pl.col("n_periods") == 8)
    covered = reps["planted"].is_between(reps["bias_p10"], reps["bias_p90"])
    assert covered.mean() >= 0.65


def test_at_two_periods_it_cannot_tell_of_anybody(crm: Crm):
    reps = reps_at(crm, TWO_PERIODS)
    assert reps["n_periods"].max() == 2
    assert reps["kind_of_bias"].unique().to_list() == ["cannot tell"]
    assert reps["bias_p10"].count() == 0
    assert set(reps["shrunk_to"]) == {"team"}
