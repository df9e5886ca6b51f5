import datetime as dt

import polars as pl
import pytest

from history.as_of import known
from history.deals import snapshot
from history.record import History, make_history
from history.scopes import deal_scopes, standing_reps
from history.settings import Settings, Stage


def day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.fixture
def history() -> History:
    reps = pl.DataFrame(
        [
            ("ann", "North", "East", None, None),
            ("ann", "South", "East", day("2026-02-01"), day("2026-01-15")),
            ("bo", "South", "West", None, None),
            ("cy", "Solo", "", None, None),
        ],
        schema=["rep_id", "team", "region", "valid_from", "recorded_at"],
        orient="row",
        infer_schema_length=None,
    )
    deals = pl.DataFrame({"deal_id": ["d1", "d2", "d3", "d4"], "created_at": [day("2026-01-01")] * 4})
    changes = pl.DataFrame(
        [
            ("d1", "owner_id", "ann"),
            ("d2", "owner_id", "bo"),
            ("d2", "region", "Coast"),
            ("d3", "owner_id", "stranger"),
            ("d3", "product_line", "Chips"),
            ("d4", "stage", "Open"),
        ],
        schema=["deal_id", "field", "new_value"],
        orient="row",
    ).with_columns(changed_at=day("2026-01-01"), old_value=pl.lit(None, dtype=pl.String))
    settings = Settings(stages=(Stage("Open"),))
    return make_history(settings, deals=deals, deal_changes=changes, reps=reps)


def scopes_at(history: History, instant: dt.datetime) -> pl.DataFrame:
    return deal_scopes(known(history, instant), snapshot(history, instant), instant)


def test_a_deal_counts_for_the_team_its_owner_is_in_on_that_day(history: History) -> None:
    assert scopes_at(history, day("2026-01-10"))["team"].to_list() == ["North", "South", "(none)", "(none)"]
    assert scopes_at(history, day("2026-01-20"))["team"][0] == "North"  # the move is known but not yet in force
    assert scopes_at(history, day("2026-02-02"))["team"][0] == "South"


def test_a_move_that_begins_at_the_instant_itself_does_not_count_yet(history: History) -> None:
    assert scopes_at(history, day("2026-02-01"))["team"][0] == "North"


def test_the_deals_own_region_goes_before_its_owners(history: History) -> None:
    assert scopes_at(history, day("2026-01-10"))["region"].to_list() == ["East", "Coast", "(none)", "(none)"]


def test_what_is_not_known_is_said_so_and_no_deal_is_lost(history: History) -> None:
    rows = scopes_at(history, day("2026-01-10"))
    assert rows["rep"].to_list() == ["ann", "bo", "stranger", "(none)"]
    assert rows["product_line"].to_list() == ["(none)", "(none)", "Chips", "(none)"]
    assert rows["company"].unique().to_list() == ["company"]


def test_row_order_of_reps_changes_nothing(history: History) -> None:
    turned = history.with_tables(reps=history["reps"].reverse())
    instant = day("2026-03-01")
    assert scopes_at(turned, instant).equals(scopes_at(history, instant))


def test_one_row_per_rep_stands(history: History) -> None:
    assert standing_reps(history)["rep_id"].to_list() == ["ann", "bo", "cy"]
    assert standing_reps(history)["team"][0] == "South"


def test_a_company_without_reps_still_has_scopes(history: History) -> None:
    bare = history.with_tables(reps=history["reps"].clear())
    rows = scopes_at(bare, day("2026-01-10"))
    assert rows["team"].to_list() == ["(none)"] * 4
