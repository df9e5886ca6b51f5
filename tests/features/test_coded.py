"""The engine reads a frozen history as codes, and finds in it what it finds in text."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import polars as pl

from features.matrix import build_matrix
from features.spine import open_spine, weekly
from history.freeze import freeze, read_frozen
from history.synthetic import generate


def test_a_history_read_as_codes_gives_the_matrix_of_its_text(tmp_path: Path) -> None:
    history = generate(300, 5).history
    frozen = freeze(history, tmp_path / "frozen").path
    spine = open_spine(history, weekly(dt.datetime(2024, 1, 1), dt.datetime(2026, 6, 1)))
    text = build_matrix(history, spine)
    pd.testing.assert_frame_equal(build_matrix(read_frozen(frozen, coded=True), spine), text, check_exact=True)
    # Rows in no order at all are found by the same names and dates, by one thread or two.
    mixed = spine.sample(fraction=1, shuffle=True, seed=1)
    again = build_matrix(history, mixed, threads=1).loc[text.index]
    categories = list(text.select_dtypes("category"))
    pd.testing.assert_frame_equal(
        again.astype(dict.fromkeys(categories, object)),
        text.astype(dict.fromkeys(categories, object)),
        check_exact=True,
    )


def test_a_spine_of_no_rows_gives_a_frame_of_no_rows() -> None:
    history = generate(60, 5).history
    spine = pl.DataFrame(schema={"deal_id": pl.String, "as_of": pl.Datetime("us")})
    assert build_matrix(history, spine).shape[0] == 0
