"""Pace against the same day of earlier periods, the gap, and the new pipeline it takes, worked out by hand."""

from __future__ import annotations

import polars as pl
import pytest

from history.errors import RequestInvalid
from history.record import History
from serving.forecasting import outlook, table
from serving.pace import SCHEMA, out_of_reach, pace
from serving.pace_words import working
from tests.lib.deal_log import at, company, deal, quotas, told
from tests.serving.test_forecasting import StageRates

DAY = "2026-02-15"


def story() -> History:
    """Two earlier quarters, each with wins before and after its middle; deals created late, some won in time."""
    deals = []
    for quarter, (start, middle, late, after) in {
        "Q3": ("2025-07-02", "2025-08-01", "2025-09-20", "2025-11-01"),
        "Q4": ("2025-10-02", "2025-11-01", "2025-12-20", "2026-01-20"),
    }.items():
        deals += [
            deal(f"{quarter}-early", start, ("Won", middle), owner_id="ann", amount=100),
            deal(f"{quarter}-late", start, ("Won", late), owner_id="ann", amount=300),
            *(deal(f"{quarter}-in{n}", late[:8] + "01", ("Won", late), owner_id="cy", amount=50) for n in range(3)),
            deal(f"{quarter}-slow", late[:8] + "01", ("Won", after), owner_id="cy", amount=50),
            deal(f"{quarter}-lost", late[:8] + "01", ("Lost", late), owner_id="cy", amount=200),
        ]
    now = deal("now", "2026-01-02", ("Won", "2026-02-01"), owner_id="ann", amount=160)
    targets = quotas(
        ("company", "company", "2026Q1", "amount", 5000.0, "2025-12-20"),
        ("team", "North", "2026Q1", "amount", 100.0, "2025-12-20"),
        ("team", "South", "2026Q1", "amount", 900.0, "2025-12-20"),
    )
    return told(deal("first", "2025-06-01", ("Lost", "2025-06-10")), now, *deals, quotas=targets)


def paced(history: History, by: str = "company", measure: str = "amount", day: str = DAY, period: str = "2026Q1"):
    return pace(outlook(history, StageRates(history, at(day)), period, at(day)), by, measure)


def test_the_pace_is_against_the_same_day_of_earlier_periods():
    row = paced(story()).row(0, named=True)
    assert (row["day"], row["days"], row["periods"]) == (45, 90, 2)
    assert row["booked"] == 210.0
    assert (row["same_day_low"], row["same_day_mean"], row["same_day_high"]) == (100.0, 125.0, 150.0)
    assert row["pace"] == pytest.approx(210 / 125)
    assert row["same_day_last_year"] is None
    assert row["usual_share_booked"] == pytest.approx(250 / (2 * 550 + 50))


def test_the_working_multiplies_up_to_the_gap():
    row = paced(story()).row(0, named=True)
    assert (row["conversion_deals"], row["closing_wins"], row["closing_within"]) == (10, 8, 6)
    assert row["conversion"] == pytest.approx(400 / 800)
    assert row["closing_share"] == pytest.approx(300 / 400)
    assert row["usual_new_pipeline"] == 400.0
    assert row["gap"] == pytest.approx(5000 - row["mean"])
    assert row["required_new_pipeline"] * row["conversion"] * row["closing_share"] == pytest.approx(row["gap"])


def test_more_than_ever_came_is_said_to_be_out_of_reach():
    row = paced(story()).row(0, named=True)
    assert row["most_new_pipeline"] == 400.0
    assert row["usual_new_pipeline"] + row["required_new_pipeline"] > 400.0
    assert "missing, not reachable with new pipeline in 2026Q1: it would take" in working(row, "CNY", "en")
    assert "2026Q1 内靠新增商机无法补足" in working(row, "CNY", "zh-CN")


def test_what_came_before_can_come_again():
    row = paced(story()).row(0, named=True) | {"most_new_pipeline": 1e6}
    assert "reachable" not in working(row, "CNY", "en")
    assert not out_of_reach(row | {"most_new_pipeline": None})
    assert not out_of_reach(row | {"required_new_pipeline": 0.0})


def test_a_scope_with_few_wins_of_its_own_borrows_the_companys_factors_and_says_so():
    rows = paced(story(), "team").rows_by_key("scope_id", named=True, unique=True)
    assert (rows["South"]["factors_of"], rows["South"]["closing_within"]) == ("own", 6)
    assert (rows["North"]["factors_of"], rows["North"]["closing_within"]) == ("company", 6)


def test_nothing_is_required_where_the_target_is_expected():
    row = paced(story(), "team").filter(pl.col("scope_id") == "North").row(0, named=True)
    assert row["gap"] < 0
    assert row["required_new_pipeline"] == 0.0
    assert working(row, "CNY", "en") == "North: expected to reach its target."


def test_without_a_target_there_is_no_gap():
    row = paced(story(), "rep").filter(pl.col("scope_id") == "ann").row(0, named=True)
    assert (row["quota"], row["gap"], row["required_new_pipeline"]) == (None, None, None)
    assert working(row, "CNY", "zh-CN") == "ann：未设定目标。"


def test_without_an_earlier_period_pace_and_factors_are_unknown():
    alone = told(
        deal("d", "2026-01-02", ("Won", "2026-02-01"), amount=10),
        quotas=quotas(("company", "company", "2026Q1", "amount", 50.0, "2026-01-02")),
    )
    row = paced(alone).row(0, named=True)
    unknown = ("same_day_mean", "pace", "usual_share_booked", "conversion", "closing_share", "required_new_pipeline")
    assert [row[name] for name in unknown] == [None] * 6
    assert row["periods"] == 0
    assert "is not known" in working(row, "CNY", "en")


def test_once_the_period_is_over_no_pipeline_can_help():
    row = paced(story(), day="2026-04-10").row(0, named=True)
    assert (row["day"], row["days"], row["required_new_pipeline"]) == (90, 90, None)
    assert row["gap"] == pytest.approx(5000 - row["booked"])
    assert working(row, "CNY", "en").endswith("missing; the period is over.")


def test_an_earlier_win_taken_back_later_counts_on_the_day_on_which_it_stood():
    back = deal("back", "2025-10-02", ("Won", "2025-10-10"), ("Offer", "2025-12-01"), owner_id="ann", amount=1000)
    plain, with_it = (paced(history).row(0, named=True) for history in (story(), _with(story(), back)))
    assert with_it["same_day_high"] == plain["same_day_high"] + 1000
    assert with_it["usual_share_booked"] > plain["usual_share_booked"]


def test_the_working_is_told_in_both_languages():
    row = paced(story(), "company").row(0, named=True)
    english, chinese = (working(row, "CNY", language) for language in ("en", "zh-CN"))
    assert "(50% of new pipeline won, 10 deals, × 75% of that within the period, 6 of 8 wins)" in english
    assert "转化 50%，10 单 × 其中本期内成交 75%，8 单赢单中的 6 单" in chinese
    south = paced(story(), "team").filter(pl.col("scope_id") == "South").row(0, named=True)
    assert "of the whole company" not in working(south, "CNY", "en")


@pytest.mark.parametrize("measure", ["amount", "count"])
def test_levels_add_up_and_the_expected_total_is_the_forecasts(measure: str):
    history = company(200, 9)
    seen = outlook(history, StageRates(history, at(DAY)), "2026Q1", at(DAY))
    whole = pace(seen, "company", measure)
    for by in ("team", "rep", "product_line"):
        found = pace(seen, by, measure)
        assert dict(found.schema) == SCHEMA
        assert found["mean"].to_list() == pytest.approx(table(seen, by, measure)["mean"].to_list())
        assert found["same_day_mean"].sum() == pytest.approx(whole["same_day_mean"][0])
        assert found["usual_new_pipeline"].sum() == pytest.approx(whole["usual_new_pipeline"][0])


def test_a_year_is_paced_against_earlier_years():
    row = paced(company(300, 3), period="2026").row(0, named=True)
    assert (row["days"], row["periods"]) == (365, 2)
    assert row["same_day_last_year"] is not None


def test_an_unknown_level_is_refused():
    with pytest.raises(RequestInvalid, match="level 'galaxy' is not known"):
        paced(story(), "galaxy")


def test_the_api_gives_pace_and_working(api):
    answer = api.get("/v1/pace", params={"period": "2026Q3", "by": "team"}).json()
    assert len(answer["pace"]) > 1
    assert all(row["working_en"].startswith(row["scope_id"]) for row in answer["pace"])
    assert api.get("/v1/pace").status_code == 200


@pytest.mark.parametrize(
    ("given", "says"), [({"period": "2026Q9"}, "2026Q9"), ({"by": "galaxy"}, "level 'galaxy' is not known")]
)
def test_the_api_refuses_what_is_not_known(api, given, says):
    answer = api.get("/v1/pace", params=given)
    assert (answer.status_code, says in answer.json()["detail"]) == (422, True)


def _with(history: History, *stories) -> History:
    more = told(*stories)
    tables = {name: pl.concat([history[name], more[name]]) for name in ("deals", "deal_changes")}
    return history.with_tables(**tables)
