"""The comparison of what two versions said, worked out by hand and by a second road; who may speak and who may not."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from history.record import History
from serving.shadow import compare_shadow
from tests.lib.deal_log import at, deal, told

DAYS = ("2026-01-05", "2026-01-12", "2026-01-19")
HORIZON = at("2026-02-01")
END = at("2026-03-01")


def statement(deal_id: str, day: str, version: str, chance: float, **more: object) -> dict[str, object]:
    """One stored score."""
    return {
        "deal_id": deal_id,
        "as_of": at(day),
        "win_probability": chance,
        "horizon": HORIZON,
        "win_by_horizon": chance,
        "lose_by_horizon": (1 - chance) / 2,
        "open_at_horizon": (1 - chance) / 2,
        "health": 50.0,
        "band": "healthy",
        "in_sample": False,
        "model_version": version,
        **more,
    }


def company(deals: int = 60, **more: object) -> History:
    """Deals of which the even ones are won by the horizon; version 2 knows it better than version 1."""
    stories = [deal(f"d{n:03}", "2026-01-01", ("Won" if n % 2 == 0 else "Lost", "2026-01-25")) for n in range(deals)]
    rng = np.random.default_rng(0)
    rows = []
    for n in range(deals):
        for day in DAYS:
            lean = 1.0 if n % 2 == 0 else -1.0
            for version, strength in (("1", 0.5), ("2", 1.5)):
                chance = float(1 / (1 + np.exp(-(strength * lean + rng.normal(0, 1)))))
                rows.append(statement(f"d{n:03}", day, version, chance, **more))
    scores = pl.DataFrame(rows)
    return told(*stories, scores=scores)


@pytest.fixture(scope="module")
def both() -> History:
    return company()


def test_the_better_challenger_is_found_better_and_the_figures_are_those_worked_out_by_hand(both):
    found = compare_shadow(both, "1", "2", END)
    assert (found.days, found.waiting, found.champion.metrics.n, found.champion.metrics.deals) == (3, 0, 180, 60)
    assert found.gain.low > 0
    scores = both["scores"].sort("as_of", "deal_id")
    won = np.array([int(name[1:]) % 2 == 0 for name in scores["deal_id"]])
    chance = scores["win_by_horizon"].to_numpy()
    loss = pl.DataFrame({"version": scores["model_version"], "loss": -np.log(np.where(won, chance, 1 - chance))})
    by_hand = dict(loss.group_by("version").agg(pl.col("loss").mean()).iter_rows())
    assert found.champion.metrics.log_loss.value == pytest.approx(by_hand["1"])
    assert found.challenger.metrics.log_loss.value == pytest.approx(by_hand["2"])
    assert found.gain.value == pytest.approx(by_hand["1"] - by_hand["2"])


def test_calibration_is_that_of_a_logistic_regression_by_another_road(both):
    from training.calibration import slope_and_intercept

    found = compare_shadow(both, "1", "2", END).challenger
    rows = both["scores"].filter(pl.col("model_version") == "2")
    won = np.array([int(name[1:]) % 2 == 0 for name in rows["deal_id"]]).astype(float)
    slope, intercept = slope_and_intercept(rows["win_by_horizon"].to_numpy(), won)
    assert (found.slope.value, found.intercept.value) == pytest.approx((slope, intercept), abs=1e-3)
    assert found.slope.low < slope < found.slope.high


def test_the_interval_of_calibration_counts_deals_and_not_statements(both):
    once = both.with_tables(scores=both["scores"].filter(pl.col("as_of") == at(DAYS[0])))
    three, one = (compare_shadow(history, "1", "2", END).challenger.slope for history in (both, once))
    assert three.high - three.low > (one.high - one.low) / np.sqrt(3) * 0.9


def test_before_the_horizon_has_ended_everything_waits(both):
    found = compare_shadow(both, "1", "2", at("2026-01-31"))
    assert (found.gain, found.champion, found.waiting, found.next_end) == (None, None, 180, HORIZON)
    assert found.frame().is_empty()


def test_only_what_both_said_of_the_same_deal_on_the_same_day_counts(both):
    scores = both["scores"]
    silent = scores.filter((pl.col("model_version") == "1") | (pl.col("as_of") != at(DAYS[0])))
    found = compare_shadow(both.with_tables(scores=silent), "1", "2", END)
    assert (found.days, found.champion.metrics.n) == (2, 120)


def test_what_a_version_said_of_days_it_had_learned_from_does_not_count(both):
    later = both["scores"].with_columns(in_sample=pl.col("model_version") == "2")
    found = compare_shadow(both.with_tables(scores=later), "1", "2", END)
    assert (found.days, found.gain) == (0, None)


def test_weeks_keep_what_was_said_since(both):
    found = compare_shadow(both, "1", "2", at("2026-02-09"), weeks=3)
    assert found.days == 1
    assert found.champion.metrics.n == 60


def test_an_outcome_recorded_later_is_not_known_yet(both):
    late = both["deal_changes"].with_columns(
        recorded_at=pl.when(pl.col("new_value") == "Won").then(pl.lit(END)).otherwise("recorded_at")
    )
    history = both.with_tables(deal_changes=late)
    assert compare_shadow(history, "1", "2", END).champion.metrics.share_won == 0
    assert compare_shadow(history, "1", "2", END + dt.timedelta(days=1)).champion.metrics.share_won == 0.5


def test_a_version_against_itself_differs_by_nothing(both):
    found = compare_shadow(both, "2", "2", END)
    assert (found.gain.value, found.gain.low, found.gain.high) == (0, 0, 0)
