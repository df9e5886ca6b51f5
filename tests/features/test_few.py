"""Expressions over a few rows: what plain Python makes of them is what polars makes of them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import changed, filling, log, matrix, rows, spine, sweep
from features.aggregate import AGGREGATES, CONDITIONS
from features.context import ENTITIES
from features.few import steps_of
from features.matrix import build_matrix, prepare
from features.wanted import wanted
from history import as_of, money
from history.record import History
from tests.properties import histories as random

START = dt.datetime(2026, 1, 1)
EPOCH = dt.datetime(1970, 1, 1)
US = dt.timedelta(microseconds=1)
INSTANTS = ("as_of", "quarter_end", "happened_at", "date", "old_date", "created_at", "hired_at")
NUMBERS = ("number", "old_number", "place", "old_place", "minutes", "slip_days", "employees", "annual_revenue")
TRUTHS = ("won", "was_commit", "opened", "replied", "effective")
values = {
    pl.Datetime("us"): st.integers(-400, 400).map(lambda hours: START + dt.timedelta(hours=7 * hours)),
    pl.Float64: st.floats(-50, 50) | st.sampled_from([0.0, 1.0, 14.0]),
    pl.Int64: st.integers(0, 40),
    pl.Boolean: st.booleans(),
    pl.String: st.sampled_from(["", " ", "x", "stage", "amount", "close_date", "email", "review", "in", "out", "A1"]),
}


def kind_of(root: str) -> type[pl.DataType] | pl.DataType:
    """What a column that expressions read holds: one of the calendar, of a stream, or an aggregate of one."""
    aggregate = AGGREGATES.get(root)
    if aggregate is not None and aggregate.op in ("count", "distinct"):
        return pl.Int64
    if aggregate is not None and aggregate.op == "sum":
        return pl.Float64
    column = root if aggregate is None else str(aggregate.column)
    if column in INSTANTS:
        return pl.Datetime("us")
    if column in NUMBERS or column.startswith(("quarter_", "log_", "cycle_")) or column in ("month", "step"):
        return pl.Float64
    return pl.Boolean if column in TRUTHS else pl.String


def plain(value: object) -> object:
    """A value as `Steps` reads and gives it."""
    return (value - EPOCH) // US if isinstance(value, dt.datetime) else value


EXPRESSIONS = {
    "every feature that is worked out": list(wanted(None, ("market",)).worked_out),
    "every condition": [CONDITIONS[where] for where in sorted({a.where for a in AGGREGATES.values()})],
    "every key": list(ENTITIES.values()),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_plain_python_says_what_polars_says_of(name: str, data: st.DataObject) -> None:
    # Of a single row polars takes every column for a constant, and divides by it as it multiplies.
    steps = steps_of(EXPRESSIONS[name])
    assert steps is not None
    kinds = {root: kind_of(root) for root in steps.roots}
    row = st.tuples(*(st.none() | values[kind] for kind in kinds.values()))
    told = data.draw(st.lists(row, min_size=2, max_size=4))
    frame = pl.DataFrame(told, schema=kinds, orient="row")
    columns = {root: [plain(value) for value in frame[root]] for root in kinds}
    found = steps.over(columns, frame.height)
    for expression, column in zip(EXPRESSIONS[name], found, strict=True):
        expected = frame.with_columns(_=expression)["_"].to_list()
        assert list(map(repr, column)) == list(map(repr, expected)), str(expression)


@pytest.mark.parametrize(
    "expression",
    [pl.max_horizontal("a", "b"), pl.min_horizontal("a", "b"), pl.col("a") > pl.col("b"), pl.col("a") <= pl.col("b"),
     pl.col("a") >= pl.col("b"), pl.col("a") < pl.col("b"), pl.col("a") == pl.col("b"), pl.col("a") != pl.col("b"),
     pl.col("a").eq_missing(pl.col("b")), pl.col("a").ne_missing(pl.col("b")), pl.col("a") / pl.col("b"),
     pl.col("a").exp(), pl.col("a").is_null(), pl.col("a").abs(), pl.coalesce("a", "b")],
    ids=str,
)  # fmt: skip
def test_what_is_no_number_none_and_infinite_are_told_apart_as_polars_does(expression: pl.Expr) -> None:
    odd = [None, math.nan, math.inf, -math.inf, 0.0, -0.0, 1.5, 800.0]
    frame = pl.DataFrame([(a, b) for a in odd for b in odd], schema={"a": pl.Float64, "b": pl.Float64}, orient="row")
    steps = steps_of([expression])
    assert steps is not None
    (found,) = steps.over({name: frame[name].to_list() for name in steps.roots}, frame.height)
    expected = frame.select(_=expression)["_"].to_list()
    # Of nothing above and nothing below zero either may be called the greater.
    assert [repr(x if x is None else x + 0) for x in found] == [repr(x if x is None else x + 0) for x in expected]


def test_white_space_is_stripped_as_polars_strips_it() -> None:
    text = [chr(number) + "a" + chr(number) for number in range(0x3001) if not 0xD800 <= number < 0xE000]
    steps = steps_of([pl.col("a").str.strip_chars()])
    assert steps is not None
    assert steps.over({"a": text}, len(text)) == [pl.Series("a", text).str.strip_chars().to_list()]


@pytest.mark.parametrize("expression", [pl.col("a").sum(), pl.col("a").str.strip_chars("x"), pl.col("a").shift(1)])
def test_what_is_not_known_here_is_left_to_polars(expression: pl.Expr) -> None:
    assert steps_of([expression]) is None


@contextmanager
def nothing_counts_as_few() -> Iterator[None]:
    """Everything is laid out and worked out as of millions of rows."""
    with ExitStack() as stack:
        for module in (changed, filling, log, matrix, rows, spine, sweep, as_of, money):
            for name in ("FEW", "FEW_EVENTS"):
                if hasattr(module, name):
                    stack.enter_context(patch.object(module, name, -1))
        yield


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(random.histories, st.integers(1, 90))
def test_a_few_deals_have_the_features_that_they_have_among_millions(history: History, day: int) -> None:
    asked = random.spine(day)
    few = build_matrix(prepare(history), asked)
    with nothing_counts_as_few():
        many = build_matrix(prepare(history), asked)
    for name in few.columns:
        one, other = (np.asarray(matrix[name].astype(object)) for matrix in (few, many))
        assert all(a == b or (pd.isna(a) and pd.isna(b)) for a, b in zip(one, other, strict=True)), name


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(random.histories, st.integers(1, 90))
def test_a_few_deals_are_open_where_they_are_open_among_millions(history: History, day: int) -> None:
    instant = START + dt.timedelta(hours=12 * day)
    few = spine.open_spine(as_of.known(history, instant), [instant])
    with nothing_counts_as_few():
        assert few.equals(spine.open_spine(as_of.known(history, instant), [instant]))
