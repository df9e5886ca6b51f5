"""How the feature matrix is read: the stage, age and as-of date of each row, and the horizon asked of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl

from features.matrix import Columns, Matrix
from history.errors import DateInvalid

NO_STAGE = "(none)"


def as_of_column(matrix: Matrix) -> np.ndarray:
    """The as-of instants of the rows, datetime64[us]."""
    if isinstance(matrix, Columns):
        return matrix.rows.us.view("datetime64[us]")
    return matrix.index.get_level_values("as_of").to_numpy().astype("datetime64[us]")


def stages_of(matrix: Matrix) -> np.ndarray:
    """The stage of each row as text; "(none)" where none is known."""
    if isinstance(matrix, Columns):
        return np.array([NO_STAGE if stage is None else stage for stage in matrix.texts("stage")], dtype=str)
    stage = np.asarray(matrix["stage"].array, dtype=object)
    return np.where(pd.isna(stage), NO_STAGE, stage).astype(str)


def number_column(matrix: Matrix, name: str) -> np.ndarray:
    """A numeric feature as float64, NaN where missing; all NaN where the matrix has no such column."""
    if isinstance(matrix, Columns):
        return matrix.numbers[name] if name in matrix.numbers else np.full(len(matrix), np.nan)
    if name not in matrix.columns:
        return np.full(len(matrix), np.nan)
    return matrix[name].to_numpy(dtype=np.float64)


def spine_of(matrix: pd.DataFrame) -> pl.DataFrame:
    """The matrix's rows as a polars spine: row (its place), deal_id, as_of, stage, age_days."""
    return pl.DataFrame(
        {
            "row": np.arange(len(matrix), dtype=np.int64),
            "deal_id": pl.Series(matrix.index.get_level_values("deal_id").tolist(), dtype=pl.String),
            "as_of": pl.Series(as_of_column(matrix)).cast(pl.Datetime("us")),
            "stage": pl.Series(stages_of(matrix).tolist(), dtype=pl.String),
            "age_days": number_column(matrix, "age_days"),
        }
    )


def checked_horizon(matrix: Matrix, horizon_days: np.ndarray | float) -> np.ndarray:
    """One horizon per row, in days; raises `DateInvalid` for one that does not lie after the as-of date."""
    asked = np.broadcast_to(np.asarray(horizon_days, dtype=float), (len(matrix),))
    if not (asked > 0).all():
        raise DateInvalid(
            f"a horizon of {float(np.min(asked)):g} days does not lie after the as-of date; "
            "expected a later instant. Ask for a later horizon."
        )
    return asked
