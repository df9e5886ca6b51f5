"""Scoring a day: the columns, the laws, the append-only record."""

import datetime as dt

import polars as pl
import pytest

from features.flags import FLAGS
from features.spine import open_spine
from history.errors import DateInvalid, NoHistory
from history.tables import TABLES
from serving.board import BANDS
from serving.data_problems import PROBLEMS
from serving.scoring import record_scores, score, score_fully
from tests.lib.builders import history_of
from tests.serving.conftest import NASTY_DEAL


@pytest.fixture(scope="module")
def day(shop):
    return shop.standing


def scores_of(day, **changes):
    asked = {"history": day.history, "model": day.model, "as_of": day.as_of, "horizon": day.horizon, **changes}
    return score(**asked)


def test_there_is_one_row_per_deal_open_as_known_sorted_in_the_columns_of_scores(day):
    frame = scores_of(day)
    assert frame.columns == TABLES["scores"].names
    assert dict(frame.schema) == TABLES["scores"].polars_schema
    assert frame["deal_id"].to_list() == sorted(open_spine(day.history, [day.as_of])["deal_id"])
    assert frame.height > 20


def test_chances_add_up_and_stay_within_bounds(day):
    frame = scores_of(day)
    total = frame["win_by_horizon"] + frame["lose_by_horizon"] + frame["open_at_horizon"]
    assert (total - 1).abs().max() < 1e-9
    for column in ("win_probability", "win_by_horizon", "lose_by_horizon", "open_at_horizon"):
        assert frame[column].is_between(0, 1, closed="none").all(), column
    assert frame["health"].is_between(0, 100).all()


def test_no_number_is_missing_and_every_code_is_known(day):
    frame = scores_of(day)
    numbers = frame.select(pl.col(pl.Float64).exclude("amount"))
    assert numbers.null_count().row(0) == (0,) * len(numbers.columns)
    assert not any(numbers[name].is_nan().any() for name in numbers.columns)
    assert set(frame["band"]) <= set(BANDS)
    assert set(" ".join(frame["flags"]).split()) <= set(FLAGS)
    assert set(" ".join(frame["problems"]).split()) <= set(PROBLEMS)


def test_reasons_are_written_as_code_and_points_largest_first(day):
    frame = scores_of(day).drop_nulls("reason_5")
    assert frame.height > 0
    for row in frame.select(f"reason_{place}" for place in range(1, 6)).iter_rows():
        sizes = [abs(float(text.split(":")[1])) for text in row]
        assert sizes == sorted(sizes, reverse=True)
        assert all(text.split(":")[0] in day.scored.matrix.columns for text in row)


def test_reasons_add_up_from_the_typical_deal_to_the_number_shown(day):
    for row in day.scored.frame.iter_rows(named=True):
        baseline, reasons = day.scored.reasons_of(row["deal_id"])
        total = 100 * baseline + sum(reason.points for reason in reasons)
        assert total == pytest.approx(100 * row["win_probability"], abs=0.051)


def test_the_nasty_deal_s_data_problems_are_named(day):
    row = scores_of(day).filter(pl.col("deal_id") == NASTY_DEAL).row(0, named=True)
    assert row["problems"] == "no_amount no_close_date unknown_owner"
    assert row["amount"] is None


def test_what_is_recorded_later_changes_nothing(day):
    later = (
        day.history["deal_changes"]
        .head(50)
        .with_columns(
            changed_at=pl.lit(day.as_of - dt.timedelta(days=1)),
            recorded_at=pl.lit(day.as_of),
            field=pl.lit("stage"),
            new_value=pl.lit(day.history.settings.won_stages[0]),
        )
    )
    more = day.history.with_tables(deal_changes=pl.concat([day.history["deal_changes"], later]))
    assert scores_of(day, history=more).equals(scores_of(day))


def test_people_words_and_next_steps_recorded_only_later_do_not_let_flags_speak_today(day):
    steps = pl.col("field") == "next_step"
    none = day.history.with_tables(
        contacts=day.history["contacts"].clear(),
        activities=day.history["activities"].filter(pl.col("direction").ne_missing("in")),
        deal_changes=day.history["deal_changes"].filter(~steps),
    )
    later = {"recorded_at": pl.lit(day.as_of + dt.timedelta(days=1))}
    since = day.history.with_tables(
        contacts=day.history["contacts"].with_columns(**later),
        activities=pl.concat(
            [none["activities"], day.history["activities"].filter(direction="in").with_columns(**later)]
        ),
        deal_changes=pl.concat([none["deal_changes"], day.history["deal_changes"].filter(steps).with_columns(**later)]),
    )
    before = scores_of(day, history=none)
    assert scores_of(day, history=since).equals(before)
    quiet = {"single_threaded", "decision_maker_missing", "no_reply", "no_next_step"}
    assert not quiet & set(" ".join(before["flags"]).split())
    assert quiet & set(" ".join(scores_of(day)["flags"]).split())


def test_the_same_scoring_gives_the_same_frame(day):
    assert scores_of(day).equals(scores_of(day))


def test_a_longer_horizon_never_lowers_a_chance_and_leaves_the_win_probability(day):
    near = scores_of(day, horizon=day.as_of + dt.timedelta(days=30))
    far = scores_of(day, horizon=day.as_of + dt.timedelta(days=180))
    assert (far["win_by_horizon"] - near["win_by_horizon"]).min() >= -1e-12
    assert (far["lose_by_horizon"] - near["lose_by_horizon"]).min() >= -1e-12
    assert far["win_probability"].equals(near["win_probability"])


def test_a_day_before_the_model_s_training_is_marked_in_sample(day):
    earlier = day.as_of - dt.timedelta(days=60)
    assert scores_of(day, as_of=earlier, horizon=day.as_of)["in_sample"].all()
    assert not scores_of(day)["in_sample"].any()


def test_a_flag_that_is_switched_off_is_never_raised(day):
    off = dict.fromkeys(FLAGS)
    assert set(scores_of(day, thresholds=off)["flags"]) == {""}
    assert set(scores_of(day)["flags"]) != {""}


def test_a_day_before_any_data_says_where_data_begins(day):
    with pytest.raises(NoHistory, match="the history begins on 2023-"):
        scores_of(day, as_of=dt.datetime(2020, 1, 1), horizon=dt.datetime(2020, 6, 1))


def test_an_empty_history_says_so(day):
    with pytest.raises(NoHistory, match="the history is empty"):
        scores_of(day, history=history_of())


def test_a_horizon_that_is_not_after_the_day_is_refused(day):
    with pytest.raises(DateInvalid, match="horizon 2026-07-01 is not after the as-of date 2026-07-01"):
        scores_of(day, horizon=day.as_of)


def test_a_day_on_which_no_deal_is_open_gives_an_empty_table(day):
    closed = day.history["deal_changes"].filter(pl.col("field") == "stage").unique("deal_id")
    lost = closed.with_columns(
        changed_at=pl.lit(day.as_of - dt.timedelta(hours=1)),
        recorded_at=pl.lit(day.as_of - dt.timedelta(hours=1)),
        old_value=pl.lit(None, dtype=pl.String),
        new_value=pl.lit(day.history.settings.lost_stages[0]),
    )
    over = day.history.with_tables(deal_changes=pl.concat([day.history["deal_changes"], lost]))
    found = score_fully(over, day.model, day.as_of, day.horizon).frame
    assert found.height == 0
    assert found.columns == TABLES["scores"].names


def test_scores_are_appended_once_and_never_overwritten(shop, day):
    store = shop.workspace.store()
    frame = scores_of(day)
    first = record_scores(store, frame)
    again = record_scores(store, frame)
    assert (first.inserted, first.unchanged) == (frame.height, 0)
    assert (again.inserted, again.unchanged) == (0, frame.height)
    kept = store.read("scores").filter(pl.col("as_of") == day.as_of)
    assert kept.height == frame.height
    assert kept.sort("deal_id")["win_probability"].equals(frame["win_probability"])
    store.close()
