"""The engine against a second road: each aggregate worked out anew, event by event, in plain Python."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.aggregate import AGGREGATES, Aggregate, Stream, count, distinct, first, last, total, value_ago
from features.sweep import make_log, sweep

START = dt.datetime(2026, 1, 1)
HOUR = dt.timedelta(hours=1)
tests = Stream("tests", "thing")
odd = pl.col("kind") == "odd"
DECLARED = [
    expression
    for where in (None, odd)
    for expression in (
        last(tests, "value", where),
        first(tests, "value", where),
        count(tests, where),
        count(tests, where, 1),
        count(tests, where, 2),
        total(tests, "value", where),
        total(tests, "value", where, 2),
        distinct(tests, "label", where),
        distinct(tests, "label", where, 1),
        value_ago(tests, "value", 1, where),
        value_ago(tests, "value", 2, where),
    )
]
WANTED = [AGGREGATES[expression.meta.output_name()] for expression in DECLARED]
hours = st.integers(0, 120)
events = st.tuples(
    st.sampled_from("AB"),
    hours,
    st.sampled_from([0, 0, 0, 5, 30, -10]),
    st.integers(1, 9),
    st.sampled_from(["p", "q", None]),
)


def frame_of(rows: list) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (e, START + h * HOUR, START + (h + late) * HOUR, v / 10, label, "odd" if v % 2 else "even", n)
            for n, (e, h, late, v, label) in enumerate(rows)
        ],
        schema={
            "entity": str,
            "happened_at": pl.Datetime("us"),
            "recorded_at": pl.Datetime("us"),
            "value": float,
            "label": str,
            "kind": str,
            "n": int,
        },
        orient="row",
    )


def by_hand(rows: pl.DataFrame, entity: str, as_of: dt.datetime, wanted: Aggregate) -> float | int | None:
    """The aggregate from its definition: what was recorded and happened before `as_of`, nothing else."""
    seen = [
        row
        for row in rows.iter_rows(named=True)
        if row["entity"] == entity and row["recorded_at"] < as_of and row["happened_at"] < as_of
    ]
    if "odd" in wanted.where:
        seen = [row for row in seen if row["kind"] == "odd"]
    seen.sort(key=lambda row: (row["happened_at"], max(row["recorded_at"], row["happened_at"]), row["n"]))
    edge = as_of - dt.timedelta(days=wanted.days) if wanted.days else dt.datetime.min
    inside = [row for row in seen if row["happened_at"] >= edge]
    if wanted.op == "count":
        return len(inside)
    if wanted.op == "sum":
        return sum(row["value"] for row in inside)
    if wanted.op == "distinct":
        return len({row["label"] for row in inside} - {None})
    if wanted.op == "ago":
        seen = [row for row in seen if row["happened_at"] < edge]
    if not seen:
        return None
    return seen[0 if wanted.op == "first" else -1]["value"]


@settings(max_examples=80, deadline=None)
@given(st.lists(events, max_size=25), st.lists(st.tuples(st.sampled_from("ABC"), hours), min_size=1, max_size=8))
def test_every_aggregate_equals_its_definition_worked_out_by_hand(rows: list, points: list) -> None:
    frame = frame_of(rows)
    at = pl.DataFrame(
        [(entity, START + hour * HOUR) for entity, hour in points],
        schema={"entity": pl.String, "as_of": pl.Datetime("us")},
        orient="row",
    )
    found = sweep(make_log(frame, ("n",)), at, WANTED)
    for position, (entity, as_of) in enumerate(at.iter_rows()):
        for wanted in WANTED:
            expected = by_hand(frame, entity, as_of, wanted)
            assert found[wanted.key][position] == (expected if expected is None else pytest.approx(expected)), (
                wanted.key
            )


def test_two_threads_find_what_one_finds() -> None:
    n = 5_000
    frame = pl.DataFrame(
        {
            "entity": [f"E{i % 2_500:04d}" for i in range(n)],
            "happened_at": [START + (i % 97) * HOUR for i in range(n)],
            "recorded_at": [START + (i % 101) * HOUR for i in range(n)],
            "value": [i % 7 / 10 for i in range(n)],
            "label": [str(i % 3) for i in range(n)],
            "kind": ["odd" if i % 2 else "even" for i in range(n)],
            "n": range(n),
        }
    )
    rows = pl.DataFrame({"entity": frame["entity"].unique().sort()}).with_columns(as_of=START + 60 * HOUR)
    log = make_log(frame, ("n",))
    assert sweep(log, rows, WANTED, threads=2).equals(sweep(log, rows, WANTED, threads=1))


def test_an_event_without_an_entity_belongs_to_nobody() -> None:
    frame = frame_of([("A", 1, 0, 3, "p")]).with_columns(entity=pl.lit(None, dtype=pl.String))
    rows = pl.DataFrame({"entity": ["A"], "as_of": [START + 5 * HOUR]})
    found = sweep(make_log(frame), rows, WANTED)
    assert found[WANTED[2].key].to_list() == [0]


def test_a_stream_with_more_than_64_conditions_is_refused_by_name() -> None:
    many = [AGGREGATES[count(tests, pl.col("value") > n).meta.output_name()] for n in range(65)]
    log = make_log(frame_of([("A", 1, 0, 3, "p")]))
    with pytest.raises(ValueError, match="holds 64"):
        sweep(log, pl.DataFrame({"entity": ["A"], "as_of": [START]}), many)


def test_a_log_read_in_several_chunks_is_the_log_of_one() -> None:
    rows = pl.DataFrame(
        {
            "entity": [f"D{number // 7:04d}" for number in range(2_000)],
            "happened_at": [dt.datetime(2026, 1, 1) + dt.timedelta(hours=number % 7) for number in range(2_000)],
        }
    ).with_columns(recorded_at="happened_at")
    whole = make_log(rows)
    parts = [rows[:3], rows[3:700], rows[700:700], rows[700:]]
    chunked = make_log(pl.concat(parts, rechunk=False))
    assert chunked.frame.n_chunks() > 1
    assert chunked.entities.equals(whole.entities)
    np.testing.assert_array_equal(chunked.offsets, whole.offsets)
    np.testing.assert_array_equal(chunked.happened_us, whole.happened_us)
