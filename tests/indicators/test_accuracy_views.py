"""Trend, periods, public definitions, categories and close dates of forecasts."""

import sys
from collections import defaultdict

import polars as pl
import pytest
from scipy.stats import t

from history.errors import RequestInvalid
from history.record import History
from indicators.by_period import by_period
from indicators.categories import categories
from indicators.close_dates import close_dates
from indicators.definitions import definitions
from indicators.trend import slopes, trend
from tests.indicators import plain_views
from tests.indicators.test_accuracy import ANN, AS_OF, calls, company
from tests.indicators.test_two_roads import AS_OF as LATER
from tests.indicators.test_two_roads import PERIODS, plain, with_calls
from tests.lib.deal_log import SETTINGS, TEAMS, at, deal, told
from tests.lib.deal_log import company as many_deals

FIRST = deal("early", "2024-05-01", ("Lost", "2024-06-01"), owner_id="di", amount=1)


@pytest.fixture(scope="module")
def history() -> History:
    return with_calls(many_deals(260, seed=4), seed=5)


def ann(frame: pl.DataFrame, **named: object) -> dict:
    wanted = {"scope_id": "ann"} | named
    return frame.row(
        by_predicate=pl.all_horizontal(pl.col(name) == value for name, value in wanted.items()), named=True
    )


def test_each_period_shows_what_was_called_and_what_came():
    rows = by_period(company(ANN), AS_OF, horizons=(15,)).filter(pl.col("scope_id") == "ann")
    assert rows.select("period", "forecast", "actual", "miss").rows() == [
        ("2025Q1", 120, 100, 20),
        ("2025Q2", 20, 0, 20),
        ("2025Q3", 150, 200, 50),
        ("2025Q4", 110, 100, 10),
    ]
    assert rows["bias"].to_list() == [0.2, None, -0.25, 0.1]


def test_the_public_definitions_are_those_worked_by_hand():
    # F/A of the three periods with a win: 1.2, 0.75, 1.1; 1 - |A-F|/A: 0.8, 0.75, 0.9.
    row = ann(definitions(company(ANN), AS_OF, horizons=(15,)))
    assert (row["n_periods"], row["n_winless"]) == (4, 1)
    assert row["mean_accuracy"] == pytest.approx((0.8 + 0.75 + 0.9) / 3)
    assert row["mean_ratio"] == pytest.approx((1.2 + 0.75 + 1.1) / 3)
    assert (row["within_85_115"], row["within_70_130"]) == (pytest.approx(1 / 3), 1.0)
    assert (row["ratio"], row["band"], row["accuracy"]) == (1.0, "85-115", 0.75)


def test_a_line_through_four_periods_is_the_one_drawn_by_hand():
    # Misses of 40, 30, 20 and 10 of 100 each: ten points less each time, and no doubt about it.
    rows = [("2025Q1", "2025-01-01", 40), ("2025Q2", "2025-04-01", 30), ("2025Q3", "2025-07-01", 20)]
    row = slopes(periods_of([*rows, ("2025Q4", "2025-10-01", 10)]), 3).row(0, named=True)
    assert row["wape_slope"] == pytest.approx(-0.1)
    assert row["wape_slope_p90"] == pytest.approx(-0.1)
    assert (row["n_periods"], row["first_period"], row["last_period"]) == (4, "2025Q1", "2025Q4")
    assert row["trend"] == "closer"
    three = slopes(periods_of(rows), 3).row(0, named=True)
    assert (three["wape_slope"], three["trend"]) == (None, "cannot tell")


def test_a_business_that_grows_with_misses_in_proportion_shows_no_trend():
    rows = [
        (f"{2023 + n // 4}Q{n % 4 + 1}", f"{2023 + n // 4}-{n % 4 * 3 + 1:02}-01", 2.0**n, 10 * 2.0**n)
        for n in range(8)
    ]
    row = slopes(periods_of(rows), 3).row(0, named=True)
    assert row["wape_slope"] == pytest.approx(0)


def periods_of(rows: list) -> pl.DataFrame:
    names = {"forecaster_kind": "rep", "forecaster_id": "a", "scope_kind": "rep", "scope_id": "a"}
    frame = pl.DataFrame(
        [(name, at(start), float(miss), float(came[0]) if came else 100.0) for name, start, miss, *came in rows],
        schema=["period", "start", "miss", "actual"],
        orient="row",
    )
    usual = names | {"horizon_days": 15, "source": "submitted", "measure": "amount"}
    return frame.with_columns(forecast=pl.col("actual") + pl.col("miss")).with_columns(
        pl.lit(value).alias(name) for name, value in usual.items()
    )


@pytest.mark.parametrize("days", [75, 15])
def test_trend_and_definitions_by_a_second_road(history: History, days: int):
    rows = by_period(history, LATER, horizons=(days,))
    pairs: dict[tuple, list] = defaultdict(list)
    for row in rows.iter_rows(named=True):
        pairs[row["scope_id"], row["source"]].append((PERIODS.index(row["period"]), row["forecast"], row["actual"]))
    drawn, defined = trend(history, LATER, horizons=(days,)), definitions(history, LATER, horizons=(days,))
    assert len(pairs) == drawn.height == defined.height == 2 * len(TEAMS)
    assert sum(len(told_) > 3 for told_ in pairs.values()) >= len(TEAMS)
    for (rep, source), told_ in pairs.items():
        line, other = (ann(frame, scope_id=rep, source=source) for frame in (drawn, defined))
        at_, forecast, actual = ([one[n] for one in told_] for n in range(3))
        for name, misses in (
            ("bias", [f - a for f, a in zip(forecast, actual, strict=True)]),
            ("wape", [abs(f - a) for f, a in zip(forecast, actual, strict=True)]),
        ):
            if len(told_) < 4:
                assert line[f"{name}_slope"] is None
                continue
            slope, error = plain_views.slope(at_, misses, actual)
            reach = error * t.ppf(0.9, len(told_) - 2)
            found = [line[f"{name}_slope{end}"] for end in ("_p10", "", "_p90")]
            assert found == pytest.approx([slope - reach, slope, slope + reach])
        expected = plain_views.definitions(list(zip(forecast, actual, strict=True)))
        assert {name: other[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("days", [45, 15])
def test_dated_deals_by_a_second_road(history: History, days: int):
    expected = plain_views.dated_shares(plain(history), PERIODS, days, LATER)
    found = categories(history, LATER, horizons=(days,)).filter(pl.col("source") == "implied")
    assert set(found["category"]) == {"dated", "not_called"}
    for rep in TEAMS:
        dated, rest = (ann(found, scope_id=rep, category=word) for word in ("dated", "not_called"))
        told_ = [dated["called"], dated["came"], rest["called"], rest["came"]]
        assert told_ == pytest.approx(expected[rep])
        assert dated["share"] == pytest.approx(expected[rep][1] / expected[rep][0])
        assert 0 <= dated["share_p10"] <= dated["share_p90"] <= 1


@pytest.mark.parametrize("days", [45, 15])
def test_slips_by_a_second_road(history: History, days: int):
    expected = plain_views.slips(plain(history), PERIODS, days, LATER)
    found = close_dates(history, LATER, horizons=(days,))
    for rep in TEAMS:
        row, slips = ann(found, scope_id=rep), expected[rep]
        assert row["n_deals"] == len(slips) > 5
        assert row["n_open"] == sum(not closed for _, closed in slips)
        assert row["slip_days"] == plain_views.half_closed_within(slips)
        assert row["on_time"] == pytest.approx(sum(closed and day <= 0 for day, closed in slips) / len(slips))
        assert row["slip_days_p10"] <= row["slip_days"] <= row["slip_days_p90"]


def one(name: str, category: str, *fate: tuple[str, str], date: str = "2025-12-20", amount: float = 40) -> list:
    fields = {"owner_id": "ann", "amount": amount, "close_date": date, "forecast_category": category}
    return deal(name, "2025-10-01", *fate, **fields)


def test_of_what_was_called_commit_so_much_was_won_and_so_much_nobody_had_called():
    history = told(
        FIRST,
        one("a", "Commit", ("Won", "2025-12-30")),
        one("b", "Commit", amount=10),
        one("c", "Best Case", ("Won", "2025-12-30"), amount=5),
        one("d", "Pipeline", ("Won", "2025-12-30"), amount=7),
        one("e", "Commit", ("Won", "2025-12-30"), date="2026-02-01", amount=3),
        one("early", "Commit", ("Won", "2025-11-01"), amount=1000),
        deal("new", "2025-12-25", ("Won", "2025-12-30"), owner_id="ann", amount=2),
    )
    found = categories(history, AS_OF, horizons=(15,))
    rows = {row["category"]: row for row in found.iter_rows(named=True)}
    assert (rows["commit"]["called"], rows["commit"]["came"], rows["commit"]["share"]) == (50, 40, 0.8)
    assert (rows["commit"]["n_deals"], rows["commit"]["n_deals_won"]) == (2, 1)
    assert rows["best_case"]["share"] == 1
    # From the horizon day on 57 were won: 40 + 5 called, 7 + 3 + 2 not.
    assert (rows["not_called"]["called"], rows["not_called"]["came"]) == (57, 12)
    assert rows["not_called"]["n_deals_won"] == 3


def test_statements_are_held_to_their_own_category():
    said = calls("""
    | forecaster_id | period | called_at  | category    | value |
    | ann           | 2025Q1 | 2025-02-01 | commit      |    80 |
    | ann           | 2025Q1 | 2025-02-01 | best_case   |    90 |
    | ann           | 2025Q3 | 2025-08-01 | commit      |   250 |
    | ann           | 2025Q3 | 2025-08-01 | best_case   |   300 |
    """)
    found = categories(company(said), AS_OF, horizons=(15,)).filter(pl.col("source") == "submitted")
    rows = {row["category"]: row for row in found.iter_rows(named=True)}
    # Won 100 and 200: of the commits of 80 and 250, 80 and 200 came; 10 above the best case of the first.
    assert (rows["commit"]["called"], rows["commit"]["came"]) == (330, 280)
    assert rows["best_case"]["share"] == pytest.approx(290 / 390)
    assert (rows["not_called"]["called"], rows["not_called"]["came"]) == (300, 10)


def test_a_slip_runs_from_the_day_stated_on_the_horizon_day_and_open_deals_last_on():
    history = told(
        FIRST,
        deal("a", "2025-10-01", ("Won", "2025-12-25"), owner_id="ann", close_date="2025-12-20"),
        deal("b", "2025-10-01", ("Lost", "2025-12-18"), owner_id="ann", close_date="2025-12-20"),
        deal("c", "2025-10-01", ("Won", "2025-12-20T18:00"), owner_id="ann", close_date="2025-12-20"),
        deal("d", "2025-10-01", owner_id="ann", close_date="2025-12-20"),
    )
    row = ann(close_dates(history, AS_OF, horizons=(15,)))
    assert (row["n_deals"], row["n_won"], row["n_lost"], row["n_open"]) == (4, 2, 1, 1)
    assert (row["slip_days"], row["won_slip_days"], row["on_time"]) == (0, 2.5, 0.5)
    assert (row["slip_days_p10"], row["slip_days_p90"]) == (-2, None)


def test_a_team_adds_up_what_its_people_called_for_themselves():
    both = calls("""
    | forecaster_kind | forecaster_id | scope_kind | scope_id | period | called_at  | value |
    | rep             | ann           | rep        | ann      | 2025Q1 | 2025-02-01 |   120 |
    | rep             | bo            | rep        | bo       | 2025Q1 | 2025-02-01 |   300 |
    | rep             | ann           | rep        | ann      | 2025Q3 | 2025-08-01 |   150 |
    | manager         | mo            | team       | North    | 2025Q1 | 2025-02-01 |   450 |
    """)
    rows = by_period(company(both), AS_OF, "team", (15,)).filter(pl.col("source") == "submitted")
    assert rows.select("forecaster_id", "period", "forecast", "actual", "miss").rows() == [
        ("mo", "2025Q1", 450, 500, 50),
        ("(all)", "2025Q1", 420, 500, 80),
        ("(all)", "2025Q3", 150, 200, 50),
    ]


def test_where_nothing_was_said_every_view_is_empty_with_its_columns():
    early, nothing = at("2024-05-15"), company(ANN.clear())
    for view in (trend, by_period, definitions, categories, close_dates):
        found = view(nothing, early)
        assert found.is_empty()
        assert found.columns == list(sys.modules[view.__module__].COLUMNS)


def test_what_is_asked_wrongly_is_said_in_one_line():
    with pytest.raises(RequestInvalid, match="categories by 'planet' are not known; expected one of: rep, team"):
        categories(company(ANN), AS_OF, by="planet")
    with pytest.raises(RequestInvalid, match="close dates by 'planet' are not known; expected one of: rep, team"):
        close_dates(company(ANN), AS_OF, by="planet")
    with pytest.raises(RequestInvalid, match="measure 'weight' is not known; expected amount or count"):
        categories(company(ANN), AS_OF, measure="weight")


def test_days_are_those_of_the_workspace():
    shanghai = SETTINGS.__class__("CNY", "Asia/Shanghai", 1, SETTINGS.stages)
    late = deal("a", "2025-10-01", ("Won", "2025-12-20T17:00"), owner_id="ann", close_date="2025-12-20")
    assert ann(close_dates(told(FIRST, late, settings=shanghai), AS_OF, horizons=(15,)))["slip_days"] == 1
    assert ann(close_dates(told(FIRST, late), AS_OF, horizons=(15,)))["slip_days"] == 0
