"""What a booster reads: facts that differ among deals, not what the calendar said when they were written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from training.encoding import day_share, learn_encoding


def a_matrix(**columns: object) -> pd.DataFrame:
    """Ten deals on each of 30 days."""
    index = pd.MultiIndex.from_product(
        [[f"D{deal}" for deal in range(10)], pd.date_range("2026-01-01", periods=30)], names=["deal_id", "as_of"]
    )
    return pd.DataFrame(columns, index)


def test_a_number_that_is_the_same_for_all_deals_of_a_day_is_a_clock_and_left_out() -> None:
    day = np.tile(np.arange(30.0), 10)
    own = np.random.default_rng(0).normal(size=300)
    found = learn_encoding(a_matrix(month=day, own=own, mostly_own=own * 5 + day / 10))
    assert found.names == ("own", "mostly_own")


def test_a_number_is_no_clock_for_being_seen_once_a_day() -> None:
    values = np.random.default_rng(1).normal(size=400)
    assert day_share(values, np.arange(400)) == 0
    assert day_share(values, np.arange(400) // 2) < 0.2


def test_the_commonest_values_get_codes_and_ties_are_broken_by_name() -> None:
    text = pd.Categorical(["b"] * 100 + ["a"] * 100 + ["c"] * 90 + ["d"] * 10)
    found = learn_encoding(a_matrix(kind=text), most_values=1)
    assert found.vocabularies == {"kind": ("a",)}


@pytest.mark.parametrize("rows", [0, 1])
def test_next_to_no_rows_are_no_ground_for_calling_a_number_a_clock(rows: int) -> None:
    assert day_share(np.ones(rows), np.zeros(rows, int)) == 0
