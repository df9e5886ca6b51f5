"""What would make a record look better cheaply, tried: either it gains nothing, or it shows."""

import polars as pl
import pytest

from history.record import History
from indicators.accuracy import assess
from indicators.categories import categories
from indicators.close_dates import close_dates
from tests.indicators.test_accuracy import ANN, AS_OF, calls, company, row
from tests.lib.deal_log import at, deal, told

FIRST = deal("early", "2024-05-01", ("Lost", "2024-06-01"), owner_id="di", amount=1)
NUMBERS = ("n_periods", "forecast_sum", "actual_sum", "bias", "wape", "accuracy", "ratio", "kind_of_bias")


def numbers(history: History, who: str = "ann", **asked: object) -> dict:
    return {name: value for name, value in row(history, who, **asked).items() if name in NUMBERS}  # type: ignore[arg-type]


def test_calling_late_gains_nothing():
    perfect = [("2025Q1", "2025-03-30", 100.0), ("2025Q2", "2025-06-30", 0.0), ("2025Q3", "2025-09-29", 200.0)]
    late = pl.DataFrame(perfect, schema=["period", "called_at", "value"], orient="row")
    late = late.with_columns(
        pl.col("called_at").str.to_datetime("%Y-%m-%d", time_unit="us"), forecaster_id=pl.lit("ann")
    )
    others = {
        name: pl.lit(ANN[name][0]) for name in ("forecaster_kind", "scope_kind", "scope_id", "category", "measure")
    }
    assert numbers(company(pl.concat([ANN, late.with_columns(**others).select(ANN.columns)]))) == numbers(company(ANN))


def test_a_late_call_entered_with_an_earlier_date_gains_nothing_either():
    said = calls("""
    | forecaster_id | period | called_at  | recorded_at | value |
    | ann           | 2025Q4 | 2025-10-10 | 2025-10-10  |   110 |
    | ann           | 2025Q4 | 2025-10-11 | 2025-12-31  |   100 |
    """)
    assert row(company(said))["forecast_sum"] == 110


def dated(*edits: tuple[str, str]) -> History:
    """Ann has called 110; one deal of 40 is dated in the quarter and won in it, whatever is edited meanwhile."""
    story = deal("x", "2025-10-01", ("Won", "2025-12-28"), owner_id="ann", amount=40, close_date="2025-12-28")
    story += [("x", at(day), "close_date", date, at(day)) for day, date in edits]
    return company(ANN, story)


def test_editing_close_dates_does_nothing_to_what_was_submitted():
    assert numbers(dated(("2025-12-16", "2026-02-01"))) == numbers(dated())


def test_editing_close_dates_just_before_the_horizon_moves_the_implied_call_and_shows():
    hidden = dated(("2025-12-16", "2026-02-01"), ("2025-12-19", "2025-12-28"))
    assert row(dated(), source="implied")["forecast_sum"] == row(hidden, source="implied")["forecast_sum"] + 40
    edited = close_dates(hidden, AS_OF, horizons=(15,)).filter(pl.col("scope_id") == "ann")
    assert (edited["n_moved_in"].item(), edited["n_moved_out"].item()) == (0, 1)
    surprises = categories(hidden, AS_OF, horizons=(15,)).filter(
        (pl.col("scope_id") == "ann") & (pl.col("source") == "implied") & (pl.col("category") == "not_called")
    )
    assert surprises["came"].item() >= 40
    added = dated(("2025-10-01T01:00", "2026-02-01"), ("2025-12-16", "2025-12-28"))
    assert close_dates(added, AS_OF, horizons=(15,)).filter(pl.col("scope_id") == "ann")["n_moved_in"].item() == 1


def test_editing_close_dates_after_the_horizon_changes_no_implied_call():
    assert numbers(dated(("2025-12-20", "2026-02-01")), source="implied") == numbers(dated(), source="implied")


def split(parts: int) -> History:
    """One deal of 40, or the same worth and dates as several."""
    fields = {"owner_id": "ann", "amount": 40 / parts, "close_date": "2025-12-28"}
    return company(ANN, *(deal(f"x{n}", "2025-10-01", ("Won", "2025-12-28"), **fields) for n in range(parts)))


@pytest.mark.parametrize("source", ["submitted", "implied"])
def test_splitting_or_merging_deals_changes_nothing_by_amount(source: str):
    assert numbers(split(4), source=source) == numbers(split(1), source=source)
    whole, parts = (close_dates(split(n), AS_OF, horizons=(15,)) for n in (1, 4))
    median = [frame.filter(pl.col("scope_id") == "ann")["slip_days"].item() for frame in (whole, parts)]
    assert median[0] == median[1]


def test_by_count_splitting_moves_the_result_and_the_deals_show_as_many():
    counted = ANN.with_columns(measure=pl.lit("count"))
    histories = [split(n).with_tables(forecast_calls=counted) for n in (1, 4)]
    came = [row(history, measure="count")["actual_sum"] for history in histories]
    assert came[1] == came[0] + 3


def handed_over(last_owner: str) -> History:
    """Ann called 100 for the quarter; she has one deal of 100 committed, which closes under the last owner."""
    said = calls("""
    | forecaster_kind | forecaster_id | scope_kind | scope_id | period | called_at  | value |
    | rep             | ann           | rep        | ann      | 2025Q4 | 2025-11-01 |   100 |
    | rep             | bo            | rep        | bo       | 2025Q4 | 2025-11-01 |    50 |
    | manager         | mo            | team       | North    | 2025Q4 | 2025-11-01 |   150 |
    """)
    stories = [
        deal(name, "2025-10-01", ("Won", "2025-12-28"), owner_id=owner, amount=amount, close_date="2025-12-28")
        for name, owner, amount in (("x", "ann", 100), ("y", "bo", 50))
    ]
    stories[0].append(("x", at("2025-12-27"), "owner_id", last_owner, at("2025-12-27")))
    return told(FIRST, *stories, forecast_calls=said)


def test_moving_a_deal_to_another_owner_before_the_end_makes_two_records_worse_and_the_teams_no_better():
    kept, moved = handed_over("ann"), handed_over("bo")
    assert (row(kept)["wape"], row(kept, "bo")["wape"]) == (0, 0)
    assert (row(moved)["actual_sum"], row(moved)["accuracy"]) == (0, None)
    assert row(moved, "bo")["wape"] == pytest.approx(100 / 150)
    assert numbers(kept, "mo", by="team") == numbers(moved, "mo", by="team")
    together = [row(history, "(all)", by="team") for history in (kept, moved)]
    assert together[0]["actual_sum"] == together[1]["actual_sum"] == 150


def test_a_deal_that_was_called_by_one_and_won_by_another_shows():
    found = categories(handed_over("bo"), AS_OF, horizons=(15,)).filter(pl.col("source") == "implied")
    rows = {(one["scope_id"], one["category"]): one for one in found.iter_rows(named=True)}
    assert (rows["ann", "dated"]["share"], rows["ann", "dated"]["n_handed_over"]) == (1, 1)
    assert (rows["bo", "not_called"]["came"], rows["bo", "not_called"]["n_deals_won"]) == (100, 1)


def test_calling_zero_misses_by_all_that_was_won():
    nothing = ANN.with_columns(value=pl.lit(0.0))
    ann = row(company(nothing))
    assert (ann["bias"], ann["wape"], ann["accuracy"], ann["kind_of_bias"]) == (-1, 1, 0, "sandbagging")


def test_calling_only_in_good_periods_shows_as_calls_that_were_not_made():
    good = ANN.filter(pl.col("period").is_in(["2025Q1", "2025Q4"]))
    lost = deal("q2", "2025-04-10", ("Lost", "2025-06-28"), owner_id="ann", amount=70)
    ann = row(company(good, lost))
    assert (ann["n_called"], ann["n_possible"], ann["coverage"]) == (2, 4, 0.5)
    assert (ann["kind_of_bias"], ann["shrunk_to"]) == ("cannot tell", "nobody")
    assert row(company(ANN, lost))["coverage"] == 1


def test_who_came_later_or_left_is_not_asked_for_the_periods_before_and_after():
    late = ANN.filter(pl.col("period") == "2025Q4")
    assert row(company(late))["coverage"] == 1
    first = company(ANN.filter(pl.col("period") == "2025Q1"))
    left = first["reps"].with_columns(left_at=pl.lit(at("2025-04-01")))
    assert row(first)["coverage"] == pytest.approx(1 / 3)
    assert row(first.with_tables(reps=left))["coverage"] == 1


def test_reps_who_made_no_call_show_in_what_their_team_adds_up():
    said = calls("""
    | forecaster_id | period | called_at  | value |
    | ann           | 2025Q1 | 2025-02-01 |   120 |
    """)
    found = assess(company(said), AS_OF, "team", (15,)).filter(pl.col("forecaster_id") == "(all)")
    assert found.select("n_called", "n_possible", "actual_sum").row(0) == (1, 4, 100)
