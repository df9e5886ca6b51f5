"""What the last freeze led to expect, and what is not so now, is said by table, column and value."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from history.as_of import known
from history.expectations import Expectations, Surprise, learn_expectations, read_expectations, surprises
from history.record import History
from history.settings import Stage
from history.synthetic import generate

LAST, NOW = dt.datetime(2025, 12, 31, 16), dt.datetime(2026, 3, 31, 16)
LATE = pl.col("recorded_at") >= LAST


@pytest.fixture(scope="module")
def history() -> History:
    return known(generate(400, seed=5).history, NOW)


@pytest.fixture(scope="module")
def expected(history: History) -> Expectations:
    return learn_expectations(known(history, LAST), LAST)


def found(expected: Expectations, history: History) -> dict[str, Surprise]:
    """The surprises of a history by kind; of each kind the first."""
    told = surprises(expected, history, NOW)
    return {one.kind: one for one in reversed(told)}


def late(history: History, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> History:
    """The history with `change` made to what was recorded in a table since the last freeze."""
    frame = history[table]
    return history.with_tables(**{table: pl.concat([frame.filter(~LATE), change(frame.filter(LATE))])})


def test_a_quarter_like_those_before_surprises_nobody(expected: Expectations, history: History) -> None:
    assert surprises(expected, history, NOW) == []


def test_expectations_are_kept_as_plain_data(expected: Expectations) -> None:
    assert read_expectations(json.loads(json.dumps(expected.as_dict()))) == expected


def test_a_stage_that_was_renamed_is_told_with_both_lists(expected: Expectations, history: History) -> None:
    stages = tuple(replace(one, name="Offer") if one.name == "Propose" else one for one in history.settings.stages)
    assert stages != history.settings.stages
    other = History(replace(history.settings, stages=stages), history.tables)
    assert "; now " in found(expected, other)["stages"].en
    assert "Offer" in found(expected, other)["stages"].en
    more = History(replace(history.settings, stages=(*history.settings.stages, Stage("Gone", "lost"))), history.tables)
    assert "Gone (lost)" in found(expected, more)["stages"].zh


def test_a_feed_that_dried_up_is_told_with_its_usual_volume(expected: Expectations, history: History) -> None:
    told = found(expected, late(history, "activities", lambda rows: rows.head(20)))
    assert told["volume"].where == "activities"
    assert "activities: 2" in told["volume"].en
    assert told["gap"].where == "activities"
    assert "nothing recorded for" in told["gap"].en


def test_a_feed_that_was_doubled_is_told(expected: Expectations, history: History) -> None:
    told = found(expected, late(history, "activities", lambda rows: pl.concat([rows] * 5)))
    assert told["volume"].where == "activities"


def test_new_values_are_told_with_their_counts(expected: Expectations, history: History) -> None:
    moved = pl.when(pl.col("field") == "segment").then(pl.lit("Mars")).otherwise(pl.col("new_value"))
    told = found(expected, late(history, "deal_changes", lambda rows: rows.with_columns(new_value=moved)))
    assert told["values"].where == "field segment"
    assert "new values 'Mars' (" in told["values"].en
    assert "新取值" in told["values"].zh


def test_a_column_that_is_no_longer_filled_is_told(expected: Expectations, history: History) -> None:
    told = found(expected, late(history, "activities", lambda rows: rows.with_columns(direction=pl.lit(None))))
    assert told["missing"].where == "activities.direction"
    assert "100% missing, " in told["missing"].en


def test_a_field_of_deals_that_is_no_longer_filled_is_told(history: History) -> None:
    before = learn_expectations(known(history, LAST), LAST)
    told = surprises(before, late(history, "deal_changes", lambda rows: rows.filter(pl.col("field") != "amount")), NOW)
    fresh = history["deals"].filter(LATE).height
    assert (fresh < 50) or any(one.where == "field amount" for one in told)


def test_a_past_that_was_rewritten_is_told_with_both_counts(expected: Expectations, history: History) -> None:
    gone = history.with_tables(deal_changes=history["deal_changes"].sort("recorded_at").tail(-5))
    told = found(expected, gone)
    assert told["past"].where == "deal_changes"
    assert "at the last freeze" in told["past"].en


def test_rows_of_a_table_of_versions_that_vanished_are_told(expected: Expectations, history: History) -> None:
    gone = history.with_tables(activities=history["activities"].filter(LATE))
    assert found(expected, gone)["past"].where == "activities"
