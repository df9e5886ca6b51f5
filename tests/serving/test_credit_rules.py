"""Whose win it is: a record goes by the team of the day of the closing, a forecast by the team of today."""

import polars as pl

from history.record import History
from indicators.by_period import by_period
from serving.forecasting import forecast
from tests.lib.deal_log import at, deal, told

AS_OF = at("2026-01-10")


def company(*moves: tuple[str, str]) -> History:
    """Bo wins 400 on 2025-11-20, ann 100 on 2025-12-20; both begin in North, bo may move to South."""
    history = told(
        deal("early", "2024-05-01", ("Lost", "2024-06-01"), owner_id="di", amount=1),
        deal("a", "2025-10-10", ("Won", "2025-12-20"), owner_id="ann", amount=100, close_date="2025-12-20"),
        deal("b", "2025-10-10", ("Won", "2025-11-20"), owner_id="bo", amount=400, close_date="2025-11-20"),
    )
    people = history["reps"].with_columns(valid_from=pl.lit(None, dtype=pl.Datetime("us")))
    later = [
        people.filter(pl.col("rep_id") == rep).with_columns(team=pl.lit("South"), valid_from=pl.lit(at(day)))
        for rep, day in moves
    ]
    return history.with_tables(reps=pl.concat([people, *later]))


def recorded(history: History) -> dict[str, float]:
    rows = by_period(history, AS_OF, "team", (15,)).filter(pl.col("period") == "2025Q4")
    return dict(rows.filter(pl.col("actual") > 0).select("scope_id", "actual").iter_rows())


def forecasted(history: History) -> dict[str, float]:
    rows = forecast(history, None, "2025Q4", AS_OF, "team").filter(pl.col("booked") > 0)
    return dict(rows.select("scope_id", "booked").iter_rows())


def test_where_nobody_changes_team_the_two_are_equal():
    assert recorded(company()) == forecasted(company()) == {"North": 500}


def test_after_a_move_the_record_keeps_the_day_and_the_forecast_adds_up_by_the_present_teams():
    history = company(("bo", "2025-12-01"))
    assert recorded(history) == {"North": 500}
    assert forecasted(history) == {"North": 100, "South": 400}


def test_a_move_before_the_win_counts_alike_in_both():
    history = company(("bo", "2025-11-01"))
    assert forecasted(history) == {"North": 100, "South": 400}
    assert recorded(history) == forecasted(history)
