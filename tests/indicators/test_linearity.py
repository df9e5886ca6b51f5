"""How a period's wins were spread, worked out by hand and against the totals of each period."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from history.as_of import known
from history.errors import DateInvalid, NoHistory, RequestInvalid
from history.record import History
from history.settings import Settings
from indicators.actuals import one_period, wins
from indicators.linearity import EVERY, SCHEMA, linearity
from tests.lib.deal_log import SETTINGS, at, company, deal, told

AS_OF = at("2026-04-10")


def story(settings: Settings = SETTINGS) -> History:
    return told(
        deal("before", "2025-09-01", owner_id="ann"),
        deal("d1", "2026-01-01", ("Won", "2026-01-10"), owner_id="ann", amount=100),
        deal("d2", "2026-01-01", ("Won", "2026-03-31"), owner_id="ann", amount=300),
        deal("d3", "2026-01-01", ("Won", "2026-03-05"), owner_id="cy", amount=50),
        deal("d4", "2026-01-01", ("Won", "2026-02-05"), owner_id="cy"),
        deal("old", "2025-10-01", ("Won", "2025-10-05"), owner_id="ann", amount=200),
        settings=settings,
    )


def shares(frame: pl.DataFrame, scope_id: str = "company", period: str = "2026Q1") -> list[float | None]:
    return frame.filter((pl.col("scope_id") == scope_id) & (pl.col("period") == period))["share"].to_list()


def test_the_months_of_a_period_share_its_wins():
    found = linearity(story(), AS_OF)
    assert dict(found.schema) == SCHEMA
    assert shares(found) == pytest.approx([100 / 450, 0.0, 350 / 450])
    assert shares(found, period="2025Q4") == [1.0, 0.0, 0.0]
    assert shares(found, period=EVERY) == pytest.approx([300 / 650, 0.0, 350 / 650])


def test_a_win_without_an_amount_is_counted_and_adds_nothing():
    row = linearity(story(), AS_OF).filter((pl.col("period") == "2026Q1") & (pl.col("number") == 2)).row(0, named=True)
    assert (row["won"], row["wins"], row["blank_wins"]) == (0.0, 1, 1)
    counted = linearity(story(), AS_OF, measure="count")
    assert shares(counted) == pytest.approx([0.25, 0.25, 0.5])


def test_weeks_are_sevens_from_the_first_day_and_the_last_takes_the_odd_days():
    found = linearity(story(), AS_OF, part="week", period="2026Q1")
    assert found["number"].to_list() == list(range(1, 14))
    assert found["end_day"].to_list()[-1] == dt.date(2026, 4, 1)
    assert [number for number, won in found.select("number", "won").iter_rows() if won] == [2, 10, 13]
    month = linearity(story(), AS_OF, part="week", period="2026-01")
    assert month["number"].to_list() == [1, 2, 3, 4]
    assert month.select(pl.col("end_day") - pl.col("first_day")).to_series().to_list()[-1] == dt.timedelta(days=10)


def test_a_day_is_the_workspaces_own():
    far = replace(SETTINGS, timezone="Asia/Shanghai")
    late = told(
        deal("b", "2025-09-01"), deal("d", "2026-01-05", ("Won", "2026-01-31T17:00:00"), amount=5), settings=far
    )
    assert shares(linearity(late, AS_OF, period="2026Q1")) == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("by", ["company", "team", "rep", "product_line"])
@pytest.mark.parametrize("measure", ["amount", "count"])
@pytest.mark.parametrize("part", ["month", "week"])
def test_the_parts_of_a_period_are_all_that_was_won_in_it(by: str, measure: str, part: str):
    history = company(150, 2)
    found = linearity(history, AS_OF, by, part, measure)
    whole = wins(known(history, AS_OF), one_period("2025Q3", at("2025-07-01"), at("2025-10-01")), AS_OF)
    won = dict(whole.group_by(by).agg(pl.col(measure).sum()).iter_rows())
    own = found.filter((pl.col("period") == "2025Q3") & (pl.col("total") > 0))
    assert dict(own.group_by("scope_id").agg(pl.col("won").sum()).iter_rows()) == pytest.approx(
        {scope: value for scope, value in won.items() if value}
    )
    together = own.group_by("scope_id").agg(pl.col("share").sum())
    assert together["share"].to_list() == pytest.approx([1.0] * together.height)


def test_a_half_year_has_six_months_and_a_fiscal_year_starts_in_its_own():
    history = company(100, 5)
    assert linearity(history, AS_OF, period="2025H2")["number"].to_list() == [1, 2, 3, 4, 5, 6]
    april = replace(history, settings=replace(SETTINGS, fiscal_year_starts=4))
    assert linearity(april, AS_OF, period="2026")["first_day"][0] == dt.date(2025, 4, 1)


def test_a_period_in_which_history_begins_is_left_out():
    found = linearity(company(100, 5, start="2024-02-15"), AS_OF)
    assert found["period"].unique().sort().to_list()[:2] == [EVERY, "2024Q2"]


def test_what_is_recorded_later_changes_nothing():
    history = company(100, 5)
    assert linearity(history, AS_OF, "team").equals(linearity(known(history, AS_OF), AS_OF, "team"))


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"by": "galaxy"}, RequestInvalid, "level 'galaxy' is not known; expected one of rep, team, region"),
        ({"part": "day"}, RequestInvalid, "part 'day' is not known; expected one of month, week. Correct it."),
        ({"measure": "profit"}, RequestInvalid, "measure 'profit' is not known; expected one of amount, count"),
        ({"period": "2026Q2"}, RequestInvalid, "period 2026Q2 has not ended on 2026-04-10; expected one that has"),
        ({"period": "2026Q9"}, DateInvalid, "period '2026Q9' is not known"),
        ({"period": "2026-01"}, RequestInvalid, "a month cannot be parted into months; expected part week for it"),
        ({"cadence": "year"}, RequestInvalid, "no year that history covers whole has ended on 2026-04-10"),
        ({"cadence": "decade"}, RequestInvalid, "cadence 'decade' is not known"),
        ({"as_of": at("2020-01-01")}, NoHistory, "2020-01-01 lies before any data"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_sentence(asked, error, says):
    with pytest.raises(error, match=says):
        linearity(**({"history": story(), "as_of": AS_OF} | asked))
