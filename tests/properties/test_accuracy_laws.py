"""The laws of forecast accuracy, over random deals and calls of three months, for every view of it."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from history.record import History
from indicators import accuracy, categories, close_dates
from indicators.by_period import period_rows
from indicators.dated import dated
from indicators.definitions import defined
from indicators.forecasters import said_by
from indicators.trend import slopes
from tests.lib.deal_log import TEAMS, Change, deal, told

START = dt.datetime(2026, 1, 1)
MONTHS = ("2026-01", "2026-02", "2026-03")
DAYS = (12,)
AS_OF = dt.datetime(2026, 4, 3)
SUMS = {"forecast_sum", "actual_sum", "forecast", "actual", "miss", "model", "naive", "called", "came"}
laws = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

day = st.integers(1, 95).map(lambda n: START + dt.timedelta(days=n, hours=n % 24))
late = st.sampled_from([dt.timedelta(0)] * 4 + [dt.timedelta(days=2), dt.timedelta(days=25)])
edits = st.one_of(
    st.tuples(st.just("stage"), st.sampled_from(["Offer", "Won", "Won", "Lost"])),
    st.tuples(st.just("amount"), st.integers(1, 40).map(lambda n: str(n * 25))),
    st.tuples(st.just("close_date"), day.map(lambda at: at.date().isoformat())),
    st.tuples(st.just("owner_id"), st.sampled_from(sorted(TEAMS))),
    st.tuples(st.just("forecast_category"), st.sampled_from(["Commit", "Best Case", "Pipeline"])),
)
lives = st.tuples(
    st.sampled_from(sorted(TEAMS)),
    st.integers(1, 40).map(lambda n: n * 25),
    day,
    st.lists(st.tuples(day, late, edits), min_size=1, max_size=5),
)
statements = st.tuples(
    st.sampled_from(["rep", "manager", "model"]),
    st.sampled_from(["ann", "cy"]),
    st.sampled_from(MONTHS),
    st.sampled_from(["commit", "most_likely", "best_case"]),
    st.sampled_from(["amount", "count"]),
    day,
    late,
    st.integers(0, 80).map(lambda n: n * 25.0),
)


def history_of(stories: list, said: list) -> History:
    """A quiet deal opens the history before the first period; then what was drawn."""
    opened = deal("d0", "2025-11-20", ("Lost", "2025-12-02"), owner_id="di", amount=1)
    return told(opened, *(_life(n, *story) for n, story in enumerate(stories, 1)), forecast_calls=_calls(said))


def _life(n: int, owner: str, amount: int, close: dt.datetime, changes: list) -> list[Change]:
    fields = {"owner_id": owner, "amount": amount, "close_date": close.date().isoformat()}
    rows = deal(f"d{n}", (START + dt.timedelta(days=n % 5)).isoformat(), **fields)
    moments = {(at, field): (f"d{n}", at, field, value, at + delay) for at, delay, (field, value) in changes}
    return rows + sorted(moments.values(), key=lambda row: row[1])


def _calls(said: list) -> pl.DataFrame:
    names = ["forecaster_kind", "forecaster_id", "period", "category", "measure", "called_at", "recorded_at", "value"]
    rows = [
        (kind, who, period, word, of, at, at + delay, value) for kind, who, period, word, of, at, delay, value in said
    ]
    types = dict.fromkeys(names[:5], pl.String) | dict.fromkeys(names[5:7], pl.Datetime("us")) | {"value": pl.Float64}
    frame = pl.DataFrame(rows, schema=types, orient="row")
    return frame.with_columns(scope_kind=pl.lit("rep"), scope_id=pl.col("forecaster_id"))


histories = st.builds(history_of, st.lists(lives, min_size=3, max_size=14), st.lists(statements, max_size=20))


def views(history: History, as_of: dt.datetime) -> dict[str, pl.DataFrame]:
    """Every view of the record, from one reading of the statements and one of the dated deals."""
    said = said_by(history, as_of, "rep", DAYS, "amount", "month")
    periods, standing = period_rows(said.cells), dated(history, as_of, DAYS, "month")
    return {
        "record": accuracy.summarise(said, accuracy.team_of_scopes(history, as_of)),
        "periods": periods,
        "trend": slopes(periods, 1),
        "definitions": defined(periods),
        "categories": categories.summarise(categories.deal_rows(standing, "rep", "amount")),
        "close dates": close_dates.summarise(
            standing.deals.with_columns(scope_kind=pl.lit("rep"), scope_id="rep"), as_of, "UTC"
        ),
    }


def assert_same(one: History, other: History, as_of: dt.datetime) -> None:
    found = views(one, as_of)
    for name, frame in views(other, as_of).items():
        assert_frame_equal(found[name], frame, check_exact=True)


@laws
@given(histories)
def test_money_of_another_size_leaves_fractions_alone(history: History) -> None:
    k = 4.0
    amounts = (pl.col("new_value").cast(pl.Float64, strict=False) * k).cast(pl.String)
    changes = history["deal_changes"].with_columns(
        new_value=pl.when(pl.col("field") == "amount").then(amounts).otherwise("new_value"),
        old_value=pl.lit(None, dtype=pl.String),
    )
    said = history["forecast_calls"].with_columns(
        value=pl.when(pl.col("measure") == "amount").then(pl.col("value") * k).otherwise("value")
    )
    bigger = history.with_tables(deal_changes=changes, forecast_calls=said)
    of_bigger = views(bigger, AS_OF)
    for name, plain in views(history, AS_OF).items():
        scaled = plain.with_columns(pl.col(column) * k for column in SUMS & set(plain.columns))
        assert_frame_equal(of_bigger[name], scaled, rel_tol=1e-9)


@laws
@given(histories, st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(history: History, seed: int) -> None:
    mixed = history.with_tables(
        **{name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in history.tables.items()}
    )
    assert_same(mixed, history, AS_OF)


@laws
@given(histories, histories)
def test_rows_recorded_at_or_after_the_as_of_day_change_nothing(history: History, other: History) -> None:
    instant = dt.datetime(2026, 3, 10)
    changed = {}
    for name in ("deal_changes", "forecast_calls"):
        later = pl.when(pl.col("recorded_at") < instant).then(pl.lit(instant)).otherwise("recorded_at")
        early = history[name].filter(pl.col("recorded_at") < instant)
        changed[name] = pl.concat([early, other[name].with_columns(recorded_at=later)])
    assert_same(history.with_tables(**changed), history, instant)


@laws
@given(histories)
def test_numbers_stay_in_their_ranges(history: History) -> None:
    found = views(history, AS_OF)
    record, parts, dates = found["record"], found["categories"], found["close dates"]
    told_ = record.drop_nulls("wape")
    assert (told_["wape"] - told_["bias"].abs() >= -1e-9).all()
    assert record["coverage"].is_between(0, 1).all()
    assert (record["n_called"] == record["n_periods"]).all()
    assert parts["share"].drop_nulls().is_between(0, 1 + 1e-9).all()
    assert (parts["came"] <= parts["called"] + 1e-9).all()
    assert (dates["n_won"] + dates["n_lost"] + dates["n_open"] == dates["n_deals"]).all()
