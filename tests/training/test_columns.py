"""Features column by column: models and flags say of them what they say of the frame that is made of them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from features.flags import raise_flags
from features.matrix import Columns, build_columns
from features.spine import open_spine
from history.errors import ModelUnavailable
from history.record import History
from training.deal_model import DealModel
from training.frames import as_of_column, number_column, stages_of
from training.small_data import TableModel


@pytest.fixture(scope="module", params=[1, 5, None], ids=["one deal", "a few", "all"])
def columns(request: pytest.FixtureRequest, company: History, cut: dt.datetime) -> Columns:
    spine = open_spine(company, [cut])
    return build_columns(company, spine if request.param is None else spine.head(request.param))


@pytest.mark.parametrize("either", ["model", "tables"])
def test_a_model_says_the_same_of_columns_and_of_their_frame(
    columns: Columns, either: str, request: pytest.FixtureRequest
) -> None:
    model: DealModel | TableModel = request.getfixturevalue(either)
    days = np.linspace(5, 300, len(columns))
    chances, why = model.answer(columns, days)
    expected, told = model.answer(columns.frame, days)
    pd.testing.assert_frame_equal(chances, expected, check_exact=True)
    assert why.codes == told.codes
    assert np.array_equal(why.points, told.points)
    assert np.array_equal(why.baseline, told.baseline)
    chance = chances["win_probability"].to_numpy()
    pd.testing.assert_frame_equal(model.health(columns, chance), model.health(columns.frame, chance), check_exact=True)


def test_columns_are_read_as_their_frame_is(columns: Columns) -> None:
    frame = columns.frame
    assert stages_of(columns).tolist() == stages_of(frame).tolist()
    assert as_of_column(columns).tolist() == as_of_column(frame).tolist()
    assert np.array_equal(number_column(columns, "age_days"), number_column(frame, "age_days"), equal_nan=True)
    assert np.isnan(number_column(columns, "no such feature")).all()
    row = {name: value if isinstance(value, str) or value is None else float(value)
           for name, value in zip(frame.columns, frame.iloc[0].to_numpy(dtype=object), strict=True)}  # fmt: skip
    told = columns.row(0)
    assert set(told) == set(row)
    assert all(told[name] == row[name] or (pd.isna(told[name]) and pd.isna(row[name])) for name in row)


def test_flags_are_raised_alike(columns: Columns) -> None:
    assert raise_flags(columns.numbers, 5) == raise_flags(columns.frame, 5)


def test_a_feature_that_columns_lack_is_named(company: History, cut: dt.datetime, model: DealModel) -> None:
    lacking = build_columns(company, open_spine(company, [cut]).head(2), names=["stage", "age_days"])
    with pytest.raises(ModelUnavailable, match="the matrix lacks feature"):
        model.answer(lacking, np.array([30.0, 30.0]))
