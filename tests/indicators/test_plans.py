"""Plans: a goal is written once, followed to the end of its period, and nothing written is replaced."""

from __future__ import annotations

import polars as pl
import pytest

from history.errors import DateInvalid, DealUnknown, NotAllowed, RequestInvalid
from history.record import History
from indicators.plans import FOLLOWED, Plan, followed, plan_row
from tests.indicators.small_company import small_company
from tests.lib.deal_log import at

WRITTEN = at("2026-01-20")


@pytest.fixture(scope="module")
def history() -> History:
    history = small_company()
    led = pl.when(pl.col("rep_id") != "di").then(pl.lit("di"))
    return history.with_tables(reps=history["reps"].with_columns(manager_id=led))


def with_plans(history: History, *plans: tuple[Plan, str]) -> History:
    rows = [plan_row(history, plan, at(day)) for plan, day in plans]
    return history.with_tables(coaching_plans=pl.concat(rows))


def test_a_goal_is_followed_beside_what_was_before_and_what_came(history: History):
    plans = with_plans(history, (Plan("ann", "win_rate", 0.6, "2026Q1", "di", "review losses"), "2026-01-20"))
    row = followed(plans, at("2026-04-10")).row(0, named=True)
    # Ann won her one deal of 2025Q4, and two of three in 2026Q1.
    assert (row["before"], row["value"], row["n"], row["state"]) == (1.0, pytest.approx(2 / 3), 3, "reached")
    assert (row["written_by"], row["note"], row["holds"]) == ("di", "review losses", True)


def test_a_goal_runs_until_its_period_is_over(history: History):
    plans = with_plans(history, (Plan("ann", "won_amount", 450.0, "2026Q1", "ann"), "2026-01-20"))
    assert followed(plans, at("2026-01-20")).is_empty()
    running = followed(plans, at("2026-02-15")).row(0, named=True)
    assert (running["value"], running["state"]) == (100, "running")
    assert followed(plans, at("2026-04-01"))["state"].to_list() == ["not reached"]


def test_less_is_reached_where_less_is_better_and_no_value_is_not_told(history: History):
    plans = with_plans(
        history,
        (Plan("ann", "sales_cycle", 45.0, "2026Q1", "di"), "2026-01-20"),
        (Plan("bo", "sales_cycle", 45.0, "2026Q1", "di"), "2026-01-21"),
    )
    assert followed(plans, at("2026-04-10"))["state"].to_list() == ["not told", "reached"]


def test_the_goal_written_last_holds_and_the_first_one_stays(history: History):
    first, second = (Plan("ann", "visits", goal, "2026Q1", "di") for goal in (5.0, 3.0))
    found = followed(with_plans(history, (first, "2026-01-20"), (second, "2026-02-01")), at("2026-04-10"))
    assert found.select("goal", "holds", "state").rows() == [(3.0, True, "reached"), (5.0, False, "not reached")]


def test_without_plans_the_list_is_empty_with_its_columns(history: History):
    assert followed(history, at("2026-04-10")).columns == list(FOLLOWED)


@pytest.mark.parametrize(
    ("plan", "error", "told"),
    [
        (Plan("ann", "magic", 1.0, "2026Q1", "di"), RequestInvalid, "the indicator 'magic' is not known"),
        (Plan("ann", "visits", float("nan"), "2026Q1", "di"), RequestInvalid, "the goal nan is no number"),
        (Plan("eve", "visits", 1.0, "2026Q1", "di"), DealUnknown, "rep 'eve' is not known"),
        (Plan("ann", "visits", 1.0, "2026Q1", "bo"), NotAllowed, "bo does not lead ann"),
        (Plan("ann", "visits", 1.0, "2025Q4", "di"), DateInvalid, "period 2025Q4 ended before 2026-01-01"),
        (Plan("ann", "csat", 4.0, "2026-02", "di"), DateInvalid, "csat is not told for a month"),
        (Plan("ann", "visits", 1.0, "soon", "di"), DateInvalid, "period 'SOON' is not known"),
        (
            Plan("ann", "visits", 1.0, "2026Q1", "di", "x" * 2001),
            RequestInvalid,
            "the note of 2001 characters cannot be kept",
        ),
    ],
)
def test_what_cannot_be_a_plan_is_said_in_one_line(history: History, plan: Plan, error: type[Exception], told: str):
    with pytest.raises(error, match=told) as found:
        plan_row(history, plan, WRITTEN)
    assert "\n" not in str(found.value)
