"""What a horizon adds to the features never falls as the horizon grows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.settings import Settings
from training.horizon import BUSY_DAYS, horizon_columns


def columns(as_of: str, days: list[float], close: float = 10.0, settings: Settings | None = None) -> np.ndarray:
    starts = np.full(len(days), np.datetime64(as_of, "us"))
    return horizon_columns(starts, np.array(days), np.full(len(days), close), settings or Settings())


@settings(deadline=None)
@given(
    day=st.integers(0, 2_000),
    horizons=st.lists(st.floats(0.1, 900), min_size=2, max_size=8).map(sorted),
    month=st.integers(1, 12),
    zone=st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"]),
)
def test_every_column_rises_with_the_horizon(day: int, horizons: list[float], month: int, zone: str) -> None:
    start = str(np.datetime64("2020-01-01") + day)
    found = columns(start, horizons, settings=Settings(fiscal_year_starts=month, timezone=zone))
    assert (np.diff(found, axis=0) >= -1e-9).all()


def test_quarter_ends_and_busy_days_are_counted_from_the_as_of_date() -> None:
    found = columns("2026-03-25", [3, 7, 20, 100])
    assert found[:, 1].tolist() == [0, 1, 1, 2]
    assert found[:, 2].tolist() == [3, 7, 7, 7 + BUSY_DAYS]


def test_the_fiscal_year_of_the_workspace_counts() -> None:
    assert columns("2026-01-25", [7], settings=Settings(fiscal_year_starts=2))[0, 1] == 1
    assert columns("2026-01-25", [7])[0, 1] == 0


def test_the_close_date_is_passed_by_what_the_horizon_reaches_beyond_it() -> None:
    assert columns("2026-01-25", [7, 15])[:, 3].tolist() == [-3, 5]


def test_no_close_date_says_nothing() -> None:
    assert np.isnan(columns("2026-01-25", [7], close=float("nan"))[0, 3])


def test_no_rows_give_no_rows() -> None:
    assert horizon_columns(np.array([], "datetime64[us]"), np.empty(0), np.empty(0), Settings()).shape == (0, 4)


@pytest.mark.parametrize("as_of", ["2026-03-31", "2026-04-01"])
def test_a_quarter_end_is_crossed_once(as_of: str) -> None:
    assert columns(as_of, [1, 92])[:, 1].tolist() == ([1, 2] if as_of == "2026-03-31" else [0, 1])
