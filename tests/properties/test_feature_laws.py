"""The six laws of features, each for all features at once, configured fields among them, over random histories."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalogue import FEATURES, feature_of
from features.matrix import build_matrix, prepare, prepare_deals
from history.as_of import known
from history.record import History
from tests.properties.histories import DEALS, START, histories, spine

laws = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
days = st.integers(1, 90)
MONEY = [name for name, feature in FEATURES.items() if feature.unit == "deal currency"]
TIME_COLUMNS = ("recorded_at", "changed_at", "happened_at", "added_at")


def assert_same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(plain(left), plain(right), check_exact=True)


def plain(matrix: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, so that only values are compared."""
    return matrix.astype({name: object for name in matrix.columns if feature_of(name).categorical})


def with_rows(history: History, name: str, frame: pl.DataFrame) -> History:
    return History(history.settings, {**history.tables, name: frame})


@laws
@given(histories, histories, days)
def test_rows_recorded_at_or_after_the_as_of_date_change_nothing(past: History, other: History, day: int) -> None:
    instant = START + dt.timedelta(hours=12 * day)
    changed = past
    for name in ("deal_changes", "activities", "contacts"):
        late = other[name].with_columns(
            pl.when(pl.col("recorded_at") < instant).then(pl.lit(instant)).otherwise("recorded_at").alias("recorded_at")
        )
        early = past[name].filter(pl.col("recorded_at") < instant)
        changed = with_rows(changed, name, pl.concat([early, late]))
    assert_same(build_matrix(past, spine(day)), build_matrix(changed, spine(day)))


@laws
@given(histories)
def test_configured_fields_leave_the_catalogue_s_columns_as_they_are(history: History) -> None:
    plainer = History(replace(history.settings, feature_fields=()), history.tables)
    whole, catalogue = build_matrix(history, spine(20, 60)), build_matrix(plainer, spine(20, 60))
    assert list(whole.columns) == [*FEATURES, "field_market", "field_用途"]
    pd.testing.assert_frame_equal(whole[list(FEATURES)], catalogue, check_exact=True)


@laws
@given(histories, st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing(history: History, seed: int) -> None:
    shuffled = history
    for name, frame in history.tables.items():
        shuffled = with_rows(shuffled, name, frame.sample(fraction=1, shuffle=True, seed=seed))
    assert_same(build_matrix(history, spine(20, 60)), build_matrix(shuffled, spine(20, 60)))


@laws
@given(histories, st.sampled_from([2, 10, 64]))
def test_money_times_k_scales_money_features_and_leaves_rates_alone(history: History, k: int) -> None:
    is_money = pl.col("field") == "amount"

    def scaled(column: str) -> pl.Expr:
        value = (pl.col(column).cast(pl.Float64, strict=False) * k).cast(pl.String)
        return pl.when(is_money).then(value).otherwise(column).alias(column)

    richer = with_rows(
        history, "deal_changes", history["deal_changes"].with_columns(scaled("old_value"), scaled("new_value"))
    )
    before, after = build_matrix(history, spine(30, 80)), build_matrix(richer, spine(30, 80))
    for name, feature in FEATURES.items():
        if feature.categorical:
            continue
        factor = k if name in MONEY else 1
        np.testing.assert_allclose(after[name], before[name] * factor, rtol=1e-5, atol=1e-9, err_msg=name)


@laws
@given(histories, st.sampled_from(DEALS))
def test_the_matrix_of_one_deal_equals_its_row_in_the_matrix_of_all(history: History, deal: str) -> None:
    all_rows = build_matrix(history, spine(15, 45, 75))
    one = build_matrix(history, spine(15, 45, 75, deals=(deal,)))
    assert_same(one, all_rows.loc[[deal]])


@laws
@given(histories, st.sampled_from(DEALS), days)
def test_serving_builds_the_row_that_training_built(history: History, deal: str, day: int) -> None:
    row = spine(day, deals=(deal,))
    alone = History(
        history.settings,
        {
            name: frame.filter(pl.col("deal_id") == deal)
            for name, frame in history.tables.items()
            if name in ("deals", "deal_changes", "activities", "contacts")
        },
    )
    served = build_matrix(prepare_deals(alone, prepare(history)), row)
    assert_same(served, build_matrix(history, row))


@laws
@given(histories, st.lists(days, min_size=1, max_size=4, unique=True))
def test_one_pass_over_many_dates_equals_each_date_behind_the_door(history: History, dates: list[int]) -> None:
    together = build_matrix(history, spine(*dates))
    for day in dates:
        behind = build_matrix(known(history, START + dt.timedelta(hours=12 * day)), spine(day))
        at = together.xs(START + dt.timedelta(hours=12 * day), level="as_of", drop_level=False)
        assert_same(behind, at)
