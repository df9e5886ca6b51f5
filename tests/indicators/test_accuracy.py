import datetime as dt

import polars as pl
import pytest

from history.errors import NoHistory, RequestInvalid
from history.record import History
from history.settings import Settings, Stage
from indicators.accuracy import COLUMNS, accuracy, assess
from tests.indicators.text import table
from tests.lib.deal_log import SETTINGS, at, deal, told

AS_OF = at("2026-01-10")
QUARTERS = ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]


def company(calls: pl.DataFrame, *more: list, settings: Settings = SETTINGS) -> History:
    """ann won 100, 0, 200 and 100 in the quarters of 2025, bo 400 in the first; history begins in 2024."""
    return told(
        deal("early", "2024-05-01", ("Lost", "2024-06-01"), owner_id="di", amount=1),
        deal("a1", "2025-01-10", ("Won", "2025-03-20"), owner_id="ann", amount=100),
        deal("a3", "2025-07-10", ("Won", "2025-09-20"), owner_id="ann", amount=200),
        deal("a4", "2025-10-10", ("Won", "2025-12-20"), owner_id="ann", amount=100),
        deal("b1", "2025-01-10", ("Won", "2025-02-20"), owner_id="bo", amount=400),
        *more,
        settings=settings,
        forecast_calls=calls,
    )


def calls(text: str) -> pl.DataFrame:
    rows = table(text)
    usual = {"forecaster_kind": "rep", "category": "most_likely", "measure": "amount", "scope_kind": "rep"}
    rows = rows.with_columns(pl.lit(value).alias(name) for name, value in usual.items() if name not in rows.columns)
    if "scope_id" not in rows.columns:
        rows = rows.with_columns(scope_id="forecaster_id")
    return rows


ANN = calls("""
| forecaster_id | period | called_at  | value |
|---------------|--------|------------|-------|
| ann           | 2025Q1 | 2025-01-10 |   120 |
| ann           | 2025Q2 | 2025-04-10 |    20 |
| ann           | 2025Q3 | 2025-07-10 |   150 |
| ann           | 2025Q4 | 2025-10-10 |   110 |
""")


def row(history: History, who: str = "ann", days: int = 15, source: str = "submitted", **asked: object) -> dict:
    found = assess(history, asked.pop("as_of", AS_OF), horizons=(days,), **asked)  # type: ignore[arg-type]
    return found.row(by_predicate=(pl.col("forecaster_id") == who) & (pl.col("source") == source), named=True)


def test_the_formulas_are_those_worked_by_hand():
    # F 120 20 150 110 = 400, A 100 0 200 100 = 400, misses 20 20 50 10 = 100
    ann = row(company(ANN))
    assert (ann["n_periods"], ann["forecast_sum"], ann["actual_sum"]) == (4, 400, 400)
    assert (ann["bias"], ann["wape"], ann["accuracy"], ann["ratio"]) == (0, 0.25, 0.75, 1)
    assert ann["kind_of_bias"] == "erratic"


def test_the_result_has_the_columns_of_the_verb_and_no_other():
    found = accuracy(company(ANN), AS_OF)
    assert found.columns == list(COLUMNS)
    assert set(found["horizon_days"]) == {75, 45, 15}


def test_by_count_a_call_is_held_against_deals_won():
    counted = ANN.with_columns(measure=pl.lit("count"), value=pl.Series([2.0, 0.0, 1.0, 1.0]))
    ann = row(company(counted), measure="count")
    assert (ann["actual_sum"], ann["bias"], ann["wape"]) == (3, pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_a_call_of_the_horizon_day_counts_and_one_of_the_next_day_does_not():
    # 15 days before 2026-01-01 is 2025-12-17.
    said = calls("""
    | forecaster_id | period | called_at           | value |
    | ann           | 2025Q4 | 2025-12-17T23:59:00 |    70 |
    | ann           | 2025Q4 | 2025-12-18T00:00:00 |   100 |
    """)
    assert row(company(said))["forecast_sum"] == 70


def test_the_day_ends_by_the_clock_of_the_workspace():
    shanghai = Settings("CNY", "Asia/Shanghai", 1, SETTINGS.stages)
    said = calls("""
    | forecaster_id | period | called_at           | value |
    | ann           | 2025Q4 | 2025-12-17T15:59:00 |    70 |
    | ann           | 2025Q4 | 2025-12-17T16:00:00 |   100 |
    """)
    assert row(company(said, settings=shanghai))["forecast_sum"] == 70


def test_a_call_entered_later_with_an_earlier_date_does_not_count():
    said = calls("""
    | forecaster_id | period | called_at  | recorded_at | value |
    | ann           | 2025Q4 | 2025-11-01 | 2025-11-01  |    70 |
    | ann           | 2025Q4 | 2025-12-01 | 2025-12-31  |   100 |
    """)
    assert row(company(said))["forecast_sum"] == 70


def test_the_most_likely_value_counts_before_the_commit_and_a_best_case_alone_is_no_forecast():
    said = calls("""
    | forecaster_id | period | called_at  | category    | value |
    | ann           | 2025Q4 | 2025-11-01 | most_likely |    70 |
    | ann           | 2025Q4 | 2025-11-02 | commit      |    50 |
    | ann           | 2025Q4 | 2025-11-02 | best_case   |   300 |
    | bo            | 2025Q1 | 2025-02-02 | commit      |    40 |
    | cy            | 2025Q1 | 2025-02-02 | best_case   |    40 |
    """)
    found = accuracy(company(said), AS_OF, horizons=(15,)).filter(pl.col("source") == "submitted")
    assert dict(found.select("forecaster_id", "forecast_sum").iter_rows()) == {"ann": 70, "bo": 40}


def test_of_two_calls_at_one_instant_the_one_recorded_last_counts():
    said = calls("""
    | forecaster_id | period | called_at  | recorded_at         | value |
    | ann           | 2025Q4 | 2025-11-01 | 2025-11-01T00:00:02 |    60 |
    | ann           | 2025Q4 | 2025-11-01 | 2025-11-01T00:00:01 |    70 |
    """)
    assert row(company(said))["forecast_sum"] == 60


def test_a_period_that_has_not_ended_is_not_measured():
    assert row(company(ANN), as_of=at("2025-12-31"))["n_periods"] == 3
    assert row(company(ANN), as_of=at("2026-01-01"))["n_periods"] == 4


def test_periods_without_a_win_do_not_break_the_sums_but_nothing_won_at_all_leaves_them_empty():
    said = calls("""
    | forecaster_id | period | called_at  | value |
    | cy            | 2025Q1 | 2025-02-01 |    50 |
    | cy            | 2025Q2 | 2025-05-01 |     0 |
    """)
    cy = row(company(said), "cy")
    assert [cy[name] for name in ("bias", "wape", "accuracy", "ratio", "wape_p10", "bias_shrunk")] == [None] * 6
    assert (cy["kind_of_bias"], cy["reason"]) == ("cannot tell", "nothing was won in these periods")


def test_a_deal_reopened_within_the_period_is_not_won_and_one_reopened_later_is():
    within = deal("r1", "2025-10-10", ("Won", "2025-11-01"), ("Offer", "2025-12-01"), owner_id="ann", amount=1000)
    later = deal("r2", "2025-10-10", ("Won", "2025-11-01"), ("Offer", "2026-01-05"), owner_id="ann", amount=7)
    assert row(company(ANN, within))["actual_sum"] == 400
    assert row(company(ANN, later))["actual_sum"] == 407


def test_a_win_recorded_late_counts_in_its_period_once_it_is_known():
    late = deal("l1", "2025-10-10", ("Won", "2025-12-20"), recorded="2026-01-20", owner_id="ann", amount=9)
    assert row(company(ANN, late))["actual_sum"] == 400
    assert row(company(ANN, late), as_of=at("2026-02-01"))["actual_sum"] == 409


def test_the_amount_is_that_of_the_periods_end_and_the_credit_goes_to_the_owner_at_the_closing():
    moved = deal("m1", "2025-10-10", ("Won", "2025-11-20"), owner_id="ann", amount=10)
    moved += [
        ("m1", at("2025-12-05"), "amount", "12", at("2025-12-05")),
        ("m1", at("2026-01-05"), "amount", "99", at("2026-01-05")),
        ("m1", at("2025-12-06"), "owner_id", "bo", at("2025-12-06")),
    ]
    assert row(company(ANN, moved))["actual_sum"] == 412


def test_calls_about_a_team_are_held_against_the_team_its_people_were_in_when_they_won():
    said = calls("""
    | forecaster_kind | forecaster_id | scope_kind | scope_id | period | called_at  | value |
    | manager         | mo            | team       | North    | 2025Q1 | 2025-02-01 |   600 |
    """)
    history = company(said)
    moves = history["reps"].with_columns(valid_from=pl.lit(None, dtype=pl.Datetime("us")))
    later = moves.filter(pl.col("rep_id") == "bo").with_columns(
        team=pl.lit("South"), valid_from=pl.lit(at("2025-03-01"))
    )
    found = accuracy(history.with_tables(reps=pl.concat([moves, later])), AS_OF, by="team", horizons=(15,))
    mo = found.row(by_predicate=pl.col("forecaster_kind") == "manager", named=True)
    assert (mo["forecaster_id"], mo["scope_id"], mo["actual_sum"], mo["bias"]) == ("mo", "North", 500, 0.2)


def test_forecasters_of_a_kind_are_summed_over_their_periods():
    bo = calls("""
    | forecaster_id | period | called_at  | value |
    | bo            | 2025Q1 | 2025-02-01 |   300 |
    """)
    found = accuracy(company(pl.concat([ANN, bo])), AS_OF, by="forecaster_kind", horizons=(15,))
    reps = found.row(by_predicate=pl.col("source") == "submitted", named=True)
    assert (reps["forecaster_kind"], reps["forecaster_id"], reps["scope_id"]) == ("rep", "(all)", "rep")
    assert (reps["n_periods"], reps["forecast_sum"], reps["actual_sum"]) == (4, 700, 800)
    assert reps["wape"] == 200 / 800


def test_what_is_asked_wrongly_is_said_in_one_line():
    history = company(ANN)
    with pytest.raises(RequestInvalid, match="accuracy by 'planet' is not known; expected one of: rep, team"):
        accuracy(history, AS_OF, by="planet")
    with pytest.raises(RequestInvalid, match="horizon 0 is not a number of days"):
        accuracy(history, AS_OF, horizons=(0,))
    with pytest.raises(RequestInvalid, match="measure 'weight' is not known; expected amount or count"):
        accuracy(history, AS_OF, measure="weight")
    with pytest.raises(RequestInvalid, match="cadence 'week' is not known; expected one of: quarter, month"):
        accuracy(history, AS_OF, cadence="week")
    with pytest.raises(NoHistory, match="as-of 2020-01-01 lies before any data; history begins on 2024-05-01"):
        accuracy(history, dt.datetime(2020, 1, 1))
    with pytest.raises(NoHistory, match="holds no change of any deal"):
        accuracy(History(Settings(stages=(Stage("Open"),))), AS_OF)


def test_a_day_that_is_named_is_the_day_that_was_asked_in_the_zone_of_the_workspace():
    history = company(ANN, settings=Settings("CNY", "Asia/Shanghai", 1, SETTINGS.stages))
    asked = history.settings.start_of(dt.date(2020, 1, 1))
    with pytest.raises(NoHistory, match="as-of 2020-01-01 lies before any data"):
        accuracy(history, asked)


def test_without_calls_and_close_dates_stages_imply_what_people_would_have_called():
    # Of a3 and s1, at Qualify on 2025-09-17, one was won by the end of that quarter. In Q1 400 were booked already.
    stays = deal("s1", "2025-07-10", owner_id="bo", amount=60)
    found = assess(company(ANN.clear(), stays, stays_till("2025-12-30")), AS_OF, horizons=(15,))
    assert set(found["basis"]) == {"stages"}
    bo = found.row(by_predicate=pl.col("forecaster_id") == "bo", named=True)
    assert (bo["source"], bo["n_periods"], bo["forecast_sum"]) == ("implied", 2, 400 + 0.5 * (60 + 8))


def stays_till(day: str) -> list:
    return deal("s2", "2025-10-10", ("Won", day), owner_id="bo", amount=8)


def test_where_people_submit_calls_stages_imply_nothing():
    assert set(assess(company(ANN), AS_OF)["basis"]) == {"calls"}


def test_where_no_period_has_ended_the_result_is_empty_with_its_columns():
    found = accuracy(company(ANN.clear()), at("2024-05-15"))
    assert found.is_empty()
    assert found.columns == list(COLUMNS)


def test_months_are_periods_too():
    said = calls("""
    | forecaster_id | period  | called_at  | value |
    | ann           | 2025-03 | 2025-03-10 |    80 |
    | ann           | 2025Q1  | 2025-03-10 |     1 |
    """)
    ann = row(company(said), cadence="month")
    assert (ann["n_periods"], ann["forecast_sum"], ann["actual_sum"]) == (1, 80, 100)


def test_calls_that_were_not_made_show_as_coverage():
    two = ANN.filter(pl.col("period").is_in(["2025Q1", "2025Q4"]))
    others = ANN.with_columns(forecaster_kind=pl.lit("manager"), forecaster_id=pl.lit("mo"), scope_id=pl.lit("ann"))
    ann = row(company(pl.concat([two, others.select(two.columns)])))
    assert (ann["n_periods"], ann["n_possible"]) == (2, 4)


def test_a_period_most_of_whose_wins_carry_no_amount_is_not_held_against_anybody():
    blank = [deal(name, "2025-10-10", ("Won", "2025-12-21"), owner_id="ann") for name in ("n1", "n2")]
    assert row(company(ANN, *blank))["n_periods"] == 3
    counted = ANN.with_columns(measure=pl.lit("count"))
    assert row(company(counted, *blank), measure="count")["n_periods"] == 4


def test_a_blank_amount_adds_nothing_and_is_counted_beside():
    ann = row(company(ANN, deal("n1", "2025-10-10", ("Won", "2025-12-21"), owner_id="ann")))
    assert (ann["n_periods"], ann["actual_sum"], ann["blank_wins"]) == (4, 400, 1)
