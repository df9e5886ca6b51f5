"""Spines: which deals were open on a date, as known then."""

from __future__ import annotations

import datetime as dt

from features.spine import open_spine, weekly
from history.as_of import known
from history.deals import snapshot
from history.record import History
from tests.lib.builders import SETTINGS, history_of, instant, make_change, make_deal
from tests.lib.text_tables import read_story

STORY = """
deal | at         | stage   | amount | known
D1   | 2026-01-01 | Qualify |        |
D1   | 2026-01-10 | Propose |        |
D1   | 2026-01-20 | Won     |        | 2026-01-25
D2   | 2026-01-05 | Qualify |        |
D2   | 2026-01-12 | Lost    |        |
D2   | 2026-02-01 | Propose |        |
D3   | 2026-01-05 |         | 500    |
D4   | 2026-01-08 | Won     |        |
D5   | 2026-01-02 | Qualify |        | 2026-01-15
"""


def story() -> History:
    return read_story(STORY).history


def open_at(*days: str) -> list[tuple[str, str | None, float]]:
    """Deal, stage and age of each open deal on the days."""
    rows = open_spine(story(), [instant(day) for day in days])
    return [(deal, stage, age) for deal, _, stage, age in rows.iter_rows()]


def test_a_deal_is_open_from_the_instant_after_its_first_change() -> None:
    assert open_at("2026-01-01") == []
    assert open_at("2026-01-02") == [("D1", "Qualify", 1.0)]


def test_a_deal_without_a_stage_is_open_and_one_closed_at_first_sight_is_not() -> None:
    assert open_at("2026-01-09") == [("D1", "Qualify", 8.0), ("D2", "Qualify", 4.0), ("D3", None, 4.0)]


def test_a_closing_counts_once_it_is_recorded() -> None:
    assert ("D1", "Propose", 23.0) in open_at("2026-01-24")
    assert all(deal != "D1" for deal, _, _ in open_at("2026-01-26"))


def test_a_reopened_deal_is_open_again_and_as_old_as_it_is() -> None:
    assert all(deal != "D2" for deal, _, _ in open_at("2026-01-20"))
    assert ("D2", "Propose", 36.0) in open_at("2026-02-10")


def test_a_deal_recorded_late_joins_late_and_counts_from_its_beginning() -> None:
    assert all(deal != "D5" for deal, _, _ in open_at("2026-01-15"))
    assert ("D5", "Qualify", 14.0) in open_at("2026-01-16")


def test_rows_stand_by_date_and_deal_whatever_the_order_of_dates() -> None:
    there, back = (open_spine(story(), [instant(day) for day in days]) for days in (ORDER, ORDER[::-1]))
    assert there.equals(back)
    assert there.equals(there.sort("as_of", "deal_id"))


ORDER = ["2026-01-09", "2026-01-24"]


def test_many_dates_at_once_are_each_date_behind_the_door() -> None:
    days = [instant("2026-01-01") + dt.timedelta(days=n) for n in range(0, 60, 3)]
    together = open_spine(story(), days)
    for day in days:
        behind = open_spine(known(story(), day), [day])
        assert behind.equals(together.filter(together["as_of"] == day))


def test_the_open_deals_are_those_of_the_snapshot() -> None:
    for day in ("2026-01-09", "2026-01-16", "2026-01-24", "2026-01-26", "2026-02-10"):
        stands = snapshot(story(), instant(day)).filter(
            ~snapshot(story(), instant(day))["outcome"].is_in(["won", "lost"]).fill_null(False)
        )
        begun = {
            row["deal_id"] for row in story()["deal_changes"].iter_rows(named=True) if row["recorded_at"] < instant(day)
        }
        assert {deal for deal, _, _ in open_at(day)} == set(stands["deal_id"]) & begun


def test_a_deal_of_a_stage_that_no_setting_names_is_open() -> None:
    history = history_of(make_deal(), make_change("stage", "Limbo", "2026-01-01"), settings=SETTINGS)
    assert open_spine(history, [instant("2026-01-05")])["stage"].to_list() == ["Limbo"]


def test_no_dates_or_no_history_give_no_rows_of_the_same_columns() -> None:
    columns = ["deal_id", "as_of", "stage", "age_days"]
    for spine in (open_spine(story(), []), open_spine(history_of(), [instant("2026-01-05")])):
        assert spine.columns == columns
        assert spine.height == 0


def test_weeks_run_from_the_start_and_end_before_the_end() -> None:
    start = dt.datetime(2026, 1, 1)
    assert weekly(start, start) == []
    assert weekly(start, start - dt.timedelta(days=1)) == []
    assert weekly(start, start + dt.timedelta(days=14, seconds=1))[-1] == start + dt.timedelta(days=14)
