"""What moved a deal: parts that add up, whatever was said then, in both languages."""

import datetime as dt

import polars as pl
import pytest

from features.feature import GROUPS
from history.errors import DateInvalid, DealUnknown
from serving.deal_facts import own_history
from serving.moves import Said, what_moved
from serving.score_history import WEEK, last_move, moved_between, replayed
from serving.scoring import score


@pytest.fixture(scope="module")
def day(shop):
    return shop.standing


@pytest.fixture(scope="module")
def long_open(day):
    """Deals open for eight weeks at least, some of which changed their stage in that time."""
    return day.board.filter(pl.col("age_days") > 60)["deal_id"].to_list()[:25]


def moved(day, deal_id, weeks=8, said=(None, None)):
    days = (day.as_of - weeks * WEEK, day.as_of)
    return what_moved(day.prepared, own_history(day, deal_id), day.model, deal_id, days, said)


def total(move):
    return move.before + sum(part.points for part in move.parts)


def test_the_parts_add_up_to_the_difference_between_the_two_scores(day, long_open):
    now = dict(day.scored.frame.select("deal_id", "win_probability").iter_rows())
    earlier = day.as_of - 8 * WEEK
    then = score(day.history, day.model, earlier, day.as_of)
    before = dict(then.select("deal_id", "win_probability").iter_rows())
    assert len(long_open) == 25
    for deal_id in long_open:
        move = moved(day, deal_id)
        assert total(move) == pytest.approx(move.after, abs=1e-6)
        assert move.after == pytest.approx(100 * now[deal_id], abs=0.0501)
        assert move.before == pytest.approx(100 * before[deal_id], abs=0.0501)


def test_another_stage_shows_as_another_typical_deal(day, long_open):
    moves = [moved(day, deal_id) for deal_id in long_open]
    staged = [part for move in moves for part in move.parts if part.code == "typical"]
    assert staged
    assert all(part.words["then"] != part.words["now"] for part in staged)
    assert {part.code for move in moves for part in move.parts} <= {*GROUPS, "typical"}


def test_what_another_model_had_said_is_told_apart_and_still_adds_up(day, long_open):
    move = moved(day, long_open[0], said=(Said(0.123, "99"), None))
    assert move.before == 12.3
    assert total(move) == pytest.approx(move.after, abs=1e-6)
    part = next(part for part in move.parts if part.code == "model")
    assert "version 99" in part.full("en")
    assert "版本 99" in part.full("zh-CN")


def test_a_score_of_the_same_model_that_the_record_no_longer_gives_is_told_apart(day, long_open):
    plain = moved(day, long_open[0])
    move = moved(day, long_open[0], said=(None, Said(plain.after / 100 + 0.05, day.model.version)))
    assert next(part.points for part in move.parts if part.code == "record") == pytest.approx(5.0)
    assert total(move) == pytest.approx(move.after, abs=1e-6)


def test_every_part_is_a_sentence_in_both_languages(day, long_open):
    for deal_id in long_open:
        for part in moved(day, deal_id).parts:
            assert part.full("en").endswith(" points")
            assert part.full("zh-CN").endswith(" 个百分点")
            assert not part.full("zh-CN").isascii()


def test_a_deal_that_was_not_open_then_is_refused_by_name(day):
    young = day.board.sort("age_days")["deal_id"][0]
    with pytest.raises(DealUnknown, match=f"deal '{young}' was not open on 2024-"):
        moved(day, young, weeks=100)
    assert last_move(day.prepared, own_history(day, young), day.model, young, dt.datetime(2024, 1, 1)) is None


def test_days_in_the_wrong_order_are_refused(day, long_open):
    with pytest.raises(DateInvalid, match="2026-07-01 is not after 2026-07-01"):
        moved(day, long_open[0], weeks=0)


def test_the_replayed_weeks_end_at_the_score_shown(day, long_open):
    deal_id = long_open[0]
    weeks = replayed(day.prepared, own_history(day, deal_id), day.model, day.as_of)
    row = day.scored.frame.row(day.scored.places[deal_id], named=True)
    assert [week.as_of for week in weeks] == sorted(week.as_of for week in weeks)
    assert weeks[-1].win_probability == pytest.approx(row["win_probability"], abs=1e-12)
    assert weeks[-1].health == row["health"]
    assert weeks[0].as_of >= day.as_of - 12 * WEEK


def test_stored_scores_are_where_a_move_starts_and_ends(day, long_open):
    deal_id = long_open[0]
    stored = score(day.history, day.model, day.as_of - WEEK, day.as_of).with_columns(win_probability=pl.lit(0.5))
    own = own_history(day, deal_id).with_tables(scores=stored)
    move = moved_between(day.prepared, own, day.model, deal_id, (day.as_of - WEEK, day.as_of))
    assert move.before == 50.0
    assert total(move) == pytest.approx(move.after, abs=1e-6)


def test_the_api_gives_the_course_of_a_deal(api, day, long_open):
    answer = api.get(f"/v1/deals/{long_open[0]}/history").json()
    assert len(answer["replayed"]) >= 8
    move = answer["moved"]
    assert move["before"] + sum(part["points"] for part in move["parts"]) == pytest.approx(move["after"], abs=1e-6)
    assert all(part["en"] and part["zh"] for part in move["parts"])
    assert api.get("/v1/deals/nobody/history").status_code == 404
