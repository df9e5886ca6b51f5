"""Who wins, what the model says and how right it is: a planted change is told, an unchanged company is not."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from history.errors import NoHistory
from tests.lib.deal_log import deal, told
from tests.training.watching.worlds import AS_OF, CHANGE, Oracle, steady, weeks
from training.watching.calibration import calibration_courses, fitted, matured, regression
from training.watching.deals import open_deals
from training.watching.estimated_loss import AS_THEY_ARE, correction, expected_loss
from training.watching.thresholds import readings
from training.watching.watch import APART, watch
from training.watching.wins import values_then, win_courses, wins_known

TRAINED = AS_OF - dt.timedelta(days=182)


@pytest.fixture(scope="module")
def company():
    return steady(2)


@pytest.fixture(scope="module")
def quiet(company):
    return watch(company, Oracle(TRAINED), AS_OF)


def test_an_unchanged_company_is_quiet(quiet):
    assert quiet.crossed == []
    assert {one.kind for one in quiet.readings} == {"feature", "score", "wins", "calibration", "loss", "feed", "stage"}


def test_another_unchanged_company_is_quiet():
    assert watch(steady(3), Oracle(TRAINED), AS_OF).crossed == []


def test_every_figure_says_its_noise_its_threshold_what_it_rests_on_and_itself_in_both_languages(quiet):
    for one in quiet.readings:
        assert 0 < one.noise <= one.threshold * 1.0001
        assert one.en
        assert one.zh
    assert quiet.frame().height == len(quiet.readings)


def test_a_region_that_comes_to_win_is_told_in_words():
    def region(created: dt.datetime, rng: np.random.Generator) -> str:
        shares = [0.1, 0.45, 0.45] if created < CHANGE - dt.timedelta(days=60) else [0.8, 0.1, 0.1]
        return str(rng.choice(["East", "South", "West"], p=shares))

    told = readings(win_courses(steady(4, region), weeks(117)), APART["wins"])
    assert [one.what for one in told if one.crossed] == ["region"]
    words = next(one for one in told if one.what == "region")
    assert words.en.startswith("region: East: ")
    assert words.en.endswith("of wins")
    before, now = (int(part.strip(" %ofwins")) for part in words.en.removeprefix("region: East:").split("→"))
    assert before < 20 < 50 < now


def test_a_win_counts_with_the_region_known_with_it(company):
    wins = wins_known(company)
    later = (
        company["deal_changes"]
        .filter(pl.col("field") == "region")
        .with_columns(changed_at=pl.lit(AS_OF), recorded_at=pl.lit(AS_OF), new_value=pl.lit("Elsewhere"))
    )
    changed = company.with_tables(deal_changes=pl.concat([company["deal_changes"], later]))
    assert (values_then(changed, wins, "region") == values_then(company, wins, "region")).all()


def test_nothing_recorded_at_the_date_or_later_changes_a_figure(company, quiet):
    later = company["deal_changes"].with_columns(
        changed_at=pl.lit(AS_OF), recorded_at=pl.lit(AS_OF), new_value=pl.lit("Won"), field=pl.lit("stage")
    )
    changed = company.with_tables(deal_changes=pl.concat([company["deal_changes"], later.unique("deal_id")]))
    assert watch(changed, Oracle(TRAINED), AS_OF).readings == quiet.readings


def calibrated(company, tilt):
    deals = open_deals(company, Oracle(TRAINED, tilt), weeks(82))
    rows = matured(company, deals, TRAINED, AS_OF)
    return readings(calibration_courses(rows, deals.weeks)[0], APART["calibration"]), rows


def test_a_model_that_is_right_is_not_told_and_one_that_says_too_much_is(company):
    right, _ = calibrated(company, 0.0)
    wrong, _ = calibrated(company, 1.5)
    assert [one.crossed for one in right] == [False]
    assert [one.crossed for one in wrong] == [True]
    assert "intercept -" in wrong[0].en


def test_only_rows_after_the_training_whose_horizon_has_ended_are_matured(company):
    deals = open_deals(company, Oracle(TRAINED), weeks(82))
    rows = matured(company, deals, TRAINED, AS_OF)
    days = np.array(weeks(82))[rows["week"].unique().to_numpy()]
    assert min(days) >= TRAINED
    assert max(days) <= AS_OF - dt.timedelta(days=28)


def test_slope_and_intercept_are_those_of_another_road(company):
    from training.calibration import slope_and_intercept

    _, rows = calibrated(company, 0.7)
    found = fitted(rows)
    other = slope_and_intercept(rows["chance"].to_numpy(), rows["won"].to_numpy())
    assert (found.slope, found.intercept) == pytest.approx(other, abs=1e-3)
    assert found.slope_low < found.slope < found.slope_high


def test_the_intervals_hold_the_truth_as_often_as_they_say():
    rng, held = np.random.default_rng(5), 0
    for _ in range(300):
        shown = rng.normal(-1, 1, 400)
        won = (rng.random(400) < 1 / (1 + np.exp(-(0.8 * shown + 0.3)))).astype(float)
        theta, covariance = regression(shown, won)
        held += abs(theta[0] - 0.8) < 1.645 * np.sqrt(covariance[0, 0])
    assert 0.85 < held / 300 < 0.95


def test_the_estimated_loss_of_right_chances_is_what_comes():
    rng = np.random.default_rng(6)
    chance = rng.beta(1, 4, 40_000)
    won = rng.random(40_000) < chance
    came = -np.log(np.where(won, chance, 1 - chance)).mean()
    assert AS_THEY_ARE.loss(chance)[0] == pytest.approx(came, rel=0.02)


def test_matured_outcomes_lead_the_estimated_loss_of_wrong_chances_to_what_comes():
    rng = np.random.default_rng(7)
    true = rng.beta(1, 3, 20_000)
    said = 1 / (1 + np.exp(-(np.log(true / (1 - true)) + 1.2)))
    won = (rng.random(20_000) < true).astype(float)
    found = correction(pl.DataFrame({"chance": said[:4_000], "won": won[:4_000]}))
    came = -np.log(np.where(won[4_000:] == 1, said[4_000:], 1 - said[4_000:])).mean()
    assert found.loss(said[4_000:])[0] == pytest.approx(came, rel=0.03)
    assert AS_THEY_ARE.loss(said[4_000:])[0] < 0.95 * came


def test_the_expected_loss_is_least_where_the_chance_is_right():
    at = np.linspace(0.05, 0.95, 19)
    assert at[np.argmin(expected_loss(at, np.full(19, 0.3)))] == pytest.approx(0.3)


def test_a_change_in_what_the_model_sees_shows_in_its_scores_and_expected_loss(company):
    class Shifted(Oracle):
        """Says other things of deals from a day on, as a model does whose inputs have changed."""

        def predict(self, matrix, horizon_days):
            told = super().predict(matrix, horizon_days)
            late = matrix.index.get_level_values("as_of").to_numpy() >= np.datetime64(AS_OF - dt.timedelta(days=27))
            return told.assign(win_by_horizon=np.where(late, 0.5, told["win_by_horizon"]))

    crossed = {one.kind for one in watch(company, Shifted(AS_OF), AS_OF).crossed}
    assert crossed == {"score", "loss"}


def test_a_field_whose_values_change_is_told_as_a_feature(company):
    late = (pl.col("field") == "amount") & (pl.col("recorded_at") >= AS_OF - dt.timedelta(days=75))
    raised = (pl.col("new_value").cast(pl.Float64, strict=False) * 20).round(2).cast(pl.String)
    changes = company["deal_changes"].with_columns(new_value=pl.when(late).then(raised).otherwise("new_value"))
    crossed = [one.what for one in watch(company.with_tables(deal_changes=changes), Oracle(TRAINED), AS_OF).crossed]
    assert "amount" in crossed
    assert "amount_against_company" in crossed


def test_before_anything_was_known_it_says_so(company):
    with pytest.raises(NoHistory, match="nothing was known on 2020-01-01"):
        watch(company, Oracle(TRAINED), dt.datetime(2020, 1, 1))


def test_a_field_gone_constant_is_told(company):
    late = (pl.col("field") == "amount") & (pl.col("recorded_at") >= AS_OF - dt.timedelta(days=75))
    changes = company["deal_changes"].with_columns(new_value=pl.when(late).then(pl.lit("1")).otherwise("new_value"))
    crossed = [one.what for one in watch(company.with_tables(deal_changes=changes), Oracle(TRAINED), AS_OF).crossed]
    assert "amount" in crossed


def test_of_a_handful_of_deals_nothing_is_said_and_nothing_breaks():
    few = told(
        deal("a", "2025-12-01", ("Won", "2026-01-10"), amount=5), deal("b", "2026-01-01"), deal("c", "2026-02-27")
    )
    found = watch(few, Oracle(TRAINED), AS_OF)
    assert found.crossed == []
    assert found.fit is None
    assert watch(few, Oracle(TRAINED), dt.datetime(2025, 12, 2)).readings == []


def test_where_every_deal_was_lost_calibration_is_left_out(company):
    lost = company["deal_changes"].with_columns(pl.col("new_value").replace("Won", "Lost"))
    found = watch(company.with_tables(deal_changes=lost), Oracle(TRAINED), AS_OF)
    assert found.fit is None
    assert {"wins", "calibration"}.isdisjoint({one.kind for one in found.readings})
