"""Which statement of a forecaster counts at a horizon: the last one at or before that day."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from history.record import History
from history.tables import TABLES
from indicators.horizons import Horizon

CATEGORY_ORDER = ("most_likely", "commit")
"""A forecaster who gives a most likely value is held to it, else to the commit. A best case alone is no forecast."""

MODEL = "model"
"""The kind of forecaster that a model is; it is identified by its version."""

WHO = ("forecaster_kind", "forecaster_id", "scope_kind", "scope_id", "measure")


def all_statements(history: History) -> pl.DataFrame:
    """What people, rules and models said of periods, with the columns of `forecast_calls`.

    What the model said is written down in a table of its own, `model_calls`, as it is said; each row is its most likely
    value, called when it was said. What was said from older knowledge than had been spoken from before (a past day
    asked for again) is left out. Statements of models that came with `forecast_calls` stand beside it.
    """
    spoken_from = pl.col("as_of").cum_max().over(
        "scope_kind", "scope_id", "period", "measure", order_by=["recorded_at", "as_of"]
    )  # fmt: skip
    said = history["model_calls"].filter(pl.col("as_of") >= spoken_from).select(
        "scope_kind", "scope_id", "period", "measure", "value", "recorded_at",
        called_at="said_at", forecaster_id="model_version",
        forecaster_kind=pl.lit(MODEL), category=pl.lit(CATEGORY_ORDER[0]), note=pl.lit(None, dtype=pl.String),
    )  # fmt: skip
    names = TABLES["forecast_calls"].names
    calls = history["forecast_calls"]
    return pl.concat([calls, said.select(names)], how="diagonal") if said.height else calls


def horizon_frame(horizons: Sequence[Horizon]) -> pl.DataFrame:
    """period, horizon_days, start, end and cut of each horizon."""
    rows = [(one.period, one.days, one.start, one.end, one.cut) for one in horizons]
    instant = pl.Datetime("us")
    schema: dict[str, pl.DataType] = {
        "period": pl.String(),
        "horizon_days": pl.Int64(),
        "start": instant,
        "end": instant,
        "cut": instant,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def last_calls(
    calls: pl.DataFrame, horizons: Sequence[Horizon], measure: str, categories: Sequence[str] = CATEGORY_ORDER
) -> pl.DataFrame:
    """The statement that counts, per forecaster, scope, period and horizon.

    `calls` has the columns of `forecast_calls`; of the `categories` the first that was stated at all is held to. A
    statement counts when it was made and recorded before the horizon day was over and is 0 or more; of two made at
    one instant the one recorded last, then the higher. Columns: the forecaster and scope, period, horizon_days,
    forecast, category, called_at.
    """
    usable = calls.filter(
        (pl.col("measure") == measure)
        & pl.col("category").is_in(list(categories))
        & (pl.col("value") >= 0)
        & pl.col("value").is_finite()
    )
    said = usable.join(horizon_frame(horizons), on="period").filter(
        (pl.col("called_at") < pl.col("cut")) & (pl.col("recorded_at") < pl.col("cut"))
    )
    rank = pl.col("category").replace_strict({name: -at for at, name in enumerate(categories)}, return_dtype=pl.Int8)
    keys = [*WHO, "period", "horizon_days"]
    return (
        said.with_columns(rank=rank)
        .sort(*keys, "rank", "called_at", "recorded_at", "value")
        .group_by(keys, maintain_order=True)
        .agg(pl.col("value").last().alias("forecast"), pl.col("category").last(), pl.col("called_at").last())
    )
