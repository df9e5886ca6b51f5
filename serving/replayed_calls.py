"""What the model would have said on past horizon days, as statements like any other, so that people can be compared.

A model's own statements of that time stand in `model_calls` and come first; this fills in where there are none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import polars as pl

from history.record import History
from history.tables import TABLES
from indicators.calls import last_calls
from indicators.cells import all_calls
from indicators.horizons import Horizon, horizons_of
from serving.choosing import ServedModel
from serving.forecasting import outlook, table

REPLAYED = "(replayed)"
INSTANT = dt.timedelta(microseconds=1)
SLOT = ["scope_kind", "scope_id", "period", "horizon_days"]


def replayed_calls(
    history: History,
    model_at: Callable[[dt.datetime], ServedModel],
    as_of: dt.datetime,
    kinds: Sequence[str],
    horizons: Sequence[int],
    measure: str,
    cadence: str,
    progress: Callable[[str], None] = lambda doing: None,
) -> pl.DataFrame:
    """Rows of `forecast_calls` by forecaster_kind "model": the expected result of each scope of `kinds`.

    On each horizon day of each period that has ended at `as_of` (naive UTC) `model_at` names the model that may speak
    of it, and what was known at that day's end is all that is read. `forecaster_id` is `REPLAYED` for all of them.
    Scopes of which a model's statement is on record by that day are left out. Raises what
    `serving.forecasting.outlook` raises.
    """
    found = horizons_of(history, as_of, horizons, cadence)
    stated = all_calls(history, as_of, None).filter(pl.col("forecaster_kind") == "model")
    spoken = last_calls(stated, found, measure).select(SLOT)
    parts = [pl.DataFrame(schema=TABLES["forecast_calls"].polars_schema)]
    for one in found:
        progress(f"{one.period}, {one.days} days before its end")
        parts.append(_said(history, model_at(one.cut), one, kinds, measure, spoken))
    return pl.concat(parts, how="diagonal").sort("called_at", "scope_kind", "scope_id")


def _said(
    history: History, model: ServedModel, one: Horizon, kinds: Sequence[str], measure: str, spoken: pl.DataFrame
) -> pl.DataFrame:
    """What `model` expects of the horizon's period at the end of the horizon day."""
    seen = outlook(history, model, one.period, one.cut)
    rows = pl.concat([table(seen, kind, measure).select("scope_kind", "scope_id", value="mean") for kind in kinds])
    slot = rows.with_columns(period=pl.lit(one.period), horizon_days=pl.lit(one.days, dtype=pl.Int64))
    fresh = slot.join(spoken, on=SLOT, how="anti").drop("horizon_days")
    said_at = pl.lit(one.cut - INSTANT, dtype=pl.Datetime("us"))
    return fresh.with_columns(
        called_at=said_at,
        recorded_at=said_at,
        forecaster_kind=pl.lit("model"),
        forecaster_id=pl.lit(REPLAYED),
        category=pl.lit("most_likely"),
        measure=pl.lit(measure),
    )
