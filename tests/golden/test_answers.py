"""What is told of one small company on one day stays what it was, until somebody looks at the difference."""

from __future__ import annotations

import io

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.golden.answers import ANSWERS, FOLDER, written


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_the_one_on_record(name: str) -> None:
    """Renew with `python -m tests.golden.answers` where the change is meant."""
    now = pl.read_csv(io.StringIO(written(ANSWERS[name]())), infer_schema_length=None)
    then = pl.read_csv(FOLDER / f"{name}.csv", infer_schema_length=None)
    assert_frame_equal(now, then, rel_tol=2e-3)
