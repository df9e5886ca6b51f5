from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from history.as_of import known
from history.fiscal import parse_period
from history.record import History
from tests.lib.deal_log import SETTINGS, at, company, deal, told
from training.attainment.conversion import NOW, conversion, conversions
from training.attainment.course import Course, course, fields_at
from training.attainment.handover import handovers
from training.attainment.position import position
from training.attainment.sheet import arrived, snapshots

Q1 = parse_period("2026Q1", SETTINGS)


def of(history: History, as_of: str = "2026-01-01") -> Course:
    return course(known(history, at(as_of)), Q1, at(as_of))


@pytest.fixture(scope="module")
def crm() -> History:
    return company(400, 3)


def test_what_is_open_booked_and_won_at_a_point_is_what_a_position_says(crm: History):
    told_course = of(crm)
    for row in told_course.points.filter(pl.col("point").is_in([0, 5, 12]) & (pl.col("age") < 3)).iter_rows(named=True):
        then = position(crm, row["start"], row["end"], row["at"])
        here = told_course.open.filter((pl.col("age") == row["age"]) & (pl.col("point") == row["point"]))
        assert sorted(here["deal_id"]) == sorted(then.open["deal_id"]), row
        wins = told_course.wins.filter(pl.col("age") == row["age"])
        assert sorted(wins.filter(pl.col("known_at") < row["at"])["deal_id"]) == sorted(then.booked["deal_id"])


def test_what_a_period_came_to_is_what_a_position_after_its_end_says(crm: History):
    told_course = of(crm)
    for row in told_course.points.filter(pl.col("point") == 0).iter_rows(named=True):
        came = position(crm, row["start"], row["end"], at("2026-01-01")).booked
        wins = told_course.wins.filter(pl.col("age") == row["age"])
        assert sorted(wins["deal_id"]) == sorted(came["deal_id"])
        assert sorted(zip(wins["deal_id"], wins["rep"], strict=True)) == sorted(
            zip(came["deal_id"], came["rep"], strict=True)
        )


def test_every_win_of_a_point_was_booked_open_or_arrived(crm: History):
    told_course = of(crm)
    new = arrived(told_course).group_by("age", "point").len("new")
    won = told_course.open.filter("won").group_by("age", "point").len("open")
    points = told_course.points.join(new, on=["age", "point"], how="left").join(won, on=["age", "point"], how="left")
    for row in points.with_columns(pl.col("new", "open").fill_null(0)).iter_rows(named=True):
        wins = told_course.wins.filter(pl.col("age") == row["age"])
        assert row["new"] + row["open"] + wins.filter(pl.col("known_at") < row["at"]).height == wins.height


def test_what_is_recorded_after_the_cut_changes_nothing(crm: History):
    one, other = of(crm), course(crm.with_tables(**known(crm, at("2026-01-01")).tables), Q1, at("2026-01-01"))
    assert one.open.equals(other.open)
    assert one.wins.equals(other.wins)


def test_a_field_is_told_as_it_was_known_just_before():
    history = told(
        [
            *deal("d1", "2025-01-01", owner_id="ann"),
            ("d1", at("2025-02-01"), "owner_id", "bo", at("2025-02-01")),
            ("d1", at("2025-03-01"), "owner_id", "cy", at("2025-05-01")),
        ]
    )
    days = ["2025-01-01", "2025-01-02", "2025-02-01", "2025-02-02", "2025-04-01", "2025-06-01"]
    rows = pl.DataFrame({"deal_id": ["d1"] * 6, "at": [at(day) for day in days]})
    rows = rows.with_columns(pl.col("at").cast(pl.Datetime("us")))
    assert fields_at(history, rows, ["owner_id"])["owner_id"].to_list() == [None, "ann", "ann", "bo", "bo", "cy"]


def test_the_conversion_of_a_period_knows_the_periods_before_it_only(crm: History):
    told_course = of(crm)
    before = conversions(told_course, conversion(told_course))
    newest = told_course.open["age"] == 0
    turned = told_course.open.with_columns(won=pl.when(newest).then(~pl.col("won")).otherwise(pl.col("won")))
    changed = Course(told_course.points, turned, told_course.wins)
    after = conversions(changed, conversion(changed))
    assert np.array_equal(before, after, equal_nan=True)
    assert np.isnan(before[(told_course.open["age"] == told_course.points["age"].max()).to_numpy()]).all()


def test_a_stage_never_seen_converts_like_the_average(crm: History):
    found = conversion(of(crm))
    rows = pl.DataFrame({"stage": ["Qualify", "Brand new"], "age_days": [10.0, 10.0], "amount": [1.0, 1.0]})
    known_stage, unknown = found.chances(rows, NOW, np.array([3, 3]))
    assert 0 < known_stage < 1
    assert 0 < unknown < 1


def test_snapshots_of_all_levels_come_to_the_same(crm: History):
    told_course = of(crm)
    chances = conversions(told_course, conversion(told_course))
    levels = handovers(told_course, 0.3)
    columns = ["booked", "open_expected", "new_expected", "came"]
    for measure in ("amount", "count"):
        whole = snapshots(told_course, chances, "company", measure, levels["company"]).drop_nulls("new_expected")
        for kind in ("rep", "team", "region", "product_line"):
            rows = snapshots(told_course, chances, kind, measure, levels[kind])
            rows = rows.drop_nulls("new_expected")
            added = rows.group_by("age", "point").agg(pl.col(columns).sum()).sort("age", "point")
            assert np.allclose(added[columns].to_numpy(), whole[columns].to_numpy()), (kind, measure)


def handed_over(share: float) -> History:
    """Deals created evenly by Ann; of those won a share is closed by Bo, as is everything lost."""
    rows = []
    for number in range(300):
        created = at("2024-01-01") + dt.timedelta(days=2.3 * number)
        moved = created + dt.timedelta(days=20)
        closed = created + dt.timedelta(days=40)
        story = deal(f"d{number:03}", created.isoformat(), ("Won", closed.isoformat()), owner_id="ann")
        if number % 10 < 10 * share:
            story.append((f"d{number:03}", moved, "owner_id", "bo", moved))
        rows.append(story)
    return told(*rows)


def test_who_closes_what_others_opened_is_learnt():
    level = handovers(of(handed_over(0.4)), 0.3)["rep"]
    assert level.usually == pytest.approx(0.8, abs=0.15)
    assert level.gets == {"bo": 1.0}
    assert level.stays["ann"] < level.stays["bo"]


def test_where_nothing_changes_hands_everything_stays():
    level = handovers(of(handed_over(0.0)), 0.3)["rep"]
    assert (level.usually, dict(level.gets), level.share_kept(pl.Series(["ann", "new"])).tolist()) == (1.0, {}, [1, 1])


def test_periods_that_were_not_over_by_an_instant_teach_nothing(crm: History):
    whole = of(crm)
    by = whole.points.filter(pl.col("age") == 1)["end"][0]
    told_course = whole.over_by(by)
    assert sorted(told_course.points["age"].unique()) == [
        age for age in sorted(whole.points["age"].unique()) if age > 0
    ]
    assert told_course.open.equals(whole.open.filter(pl.col("age") > 0))
    assert told_course.wins.equals(whole.wins.filter(pl.col("age") > 0))
    assert whole.over_by(at("2026-01-01")).points.equals(whole.points)
