"""build_matrix: one row per deal and date, one column per feature, the same code for training and for one API call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
import polars as pl

from features.aggregate import AGGREGATES, Aggregate, Stream
from features.catalogue import FEATURES, aggregates_of
from features.context import ENTITIES, context_logs
from features.feature import Feature
from features.streams import BASE_LOGS
from features.sweep import Log, sweep
from history import fiscal
from history.record import History
from history.settings import Settings


@dataclass(frozen=True)
class Prepared:
    """A history laid out for the engine: every stream sorted once, to be swept as often as wanted."""

    settings: Settings
    logs: Mapping[Stream, Log]


def prepare(history: History) -> Prepared:
    """Lay out all streams of a history."""
    logs = {stream: build(history) for stream, build in BASE_LOGS.items()}
    return Prepared(history.settings, {**logs, **context_logs(logs)})


def prepare_deals(history: History, surroundings: Prepared) -> Prepared:
    """Lay out the deals of `history` alone, among the reps, accounts and other deals of `surroundings`."""
    own = {stream: build(history) for stream, build in BASE_LOGS.items() if stream.entity == "deal"}
    return Prepared(surroundings.settings, {**surroundings.logs, **own})


def build_matrix(history: History | Prepared, spine: pl.DataFrame, threads: int = 2) -> pd.DataFrame:
    """The features of each (deal_id, as_of) of `spine`, in its order.

    The frame's index is (deal_id, as_of); numbers are float64 with NaN where there is no value, categories are
    pandas categories of text. Whatever `history` holds that was recorded or happened at or after a row's as_of
    leaves that row as it is, so the whole history may be handed in.
    """
    prepared = history if isinstance(history, Prepared) else prepare(history)
    values = feature_values(prepared, spine, threads)
    columns = {name: _pandas_column(values[name], FEATURES[name]) for name in FEATURES}
    index = pd.MultiIndex.from_arrays(
        [spine["deal_id"].to_numpy(), spine["as_of"].to_numpy()], names=["deal_id", "as_of"]
    )
    return pd.DataFrame(columns).set_axis(index, axis=0)


def feature_values(prepared: Prepared, spine: pl.DataFrame, threads: int = 2) -> pl.DataFrame:
    """The features as a polars frame, row for row with `spine`: Float64 and String columns, null for no value."""
    rows = spine.select("deal_id", pl.col("as_of").cast(pl.Datetime("us"))).with_columns(entity="deal_id")
    rows = pl.concat([rows, _quarter_columns(rows["as_of"], prepared.settings)], how="horizontal")
    wanted = _wanted(FEATURES.values())
    rows = _with_aggregates(prepared, rows, "deal", wanted, threads)
    for entity, key in ENTITIES.items():
        rows = _with_aggregates(prepared, rows.with_columns(entity=key), entity, wanted, threads)
    return rows.select(_typed(feature) for feature in FEATURES.values())


def _typed(feature: Feature) -> pl.Expr:
    if feature.categorical:
        return feature.expr.cast(pl.String).alias(feature.name)
    number = feature.expr.cast(pl.Float64)
    return pl.when(number.is_finite()).then(number).alias(feature.name)


def _wanted(features: Iterable[Feature]) -> dict[Stream, list[Aggregate]]:
    wanted: dict[Stream, dict[str, Aggregate]] = {}
    keys = [name for expr in ENTITIES.values() for name in expr.meta.root_names()]
    every = [AGGREGATES[key] for key in keys] + [a for f in features for a in aggregates_of(f)]
    for aggregate in every:
        wanted.setdefault(aggregate.stream, {})[aggregate.key] = aggregate
    return {stream: list(found.values()) for stream, found in wanted.items()}


def _with_aggregates(
    prepared: Prepared, rows: pl.DataFrame, entity: str, wanted: Mapping[Stream, list[Aggregate]], threads: int
) -> pl.DataFrame:
    """`rows` with the aggregates of all streams that tell of `entity`; each (entity, as_of) is swept once."""
    streams = [stream for stream in wanted if stream.entity == entity]
    if not streams:
        return rows
    if entity == "deal":
        points = rows.select("entity", "as_of")
    else:
        points = rows.select("entity", "as_of").unique(maintain_order=True).filter(pl.col("entity").is_not_null())
    swept = [sweep(prepared.logs[stream], points, wanted[stream], threads) for stream in streams]
    if entity == "deal":
        return pl.concat([rows, *swept], how="horizontal")
    found = pl.concat([points, *swept], how="horizontal")
    rows = rows.join(found, on=["entity", "as_of"], how="left", maintain_order="left")
    # A row whose entity is not known has had no event of it: counts and sums are 0 there, as in the engine.
    tallies = [a.key for stream in streams for a in wanted[stream] if a.op in ("count", "sum", "distinct")]
    return rows.with_columns(pl.col(tallies).fill_null(0))


def _quarter_columns(as_of: pl.Series, settings: Settings) -> pl.DataFrame:
    """quarter_day, quarter_days_left, quarter_end (an instant) and month of each instant, in the workspace's time."""
    instants = as_of.unique().sort().to_list()
    days = [settings.day_of(instant) for instant in instants]
    quarters = [fiscal.quarter_of(day, settings) for day in days]
    table = pl.DataFrame(
        {
            "as_of": pl.Series(instants, dtype=pl.Datetime("us")),
            "quarter_day": [
                float((day - quarter.first_day).days + 1) for day, quarter in zip(days, quarters, strict=True)
            ],
            "quarter_days_left": [
                float((quarter.end_day - day).days) for day, quarter in zip(days, quarters, strict=True)
            ],
            "quarter_end": pl.Series([settings.start_of(q.end_day) for q in quarters], dtype=pl.Datetime("us")),
            "month": [float(day.month) for day in days],
        }
    )
    return as_of.to_frame("as_of").join(table, on="as_of", how="left", maintain_order="left").drop("as_of")


def _pandas_column(values: pl.Series, feature: Feature) -> pd.Series:
    if not feature.categorical:
        return pd.Series(values.to_numpy(), dtype="float64")
    names = values.unique().drop_nulls().sort().to_list()
    codes = values.replace_strict(dict(zip(names, range(len(names)), strict=True)), default=-1, return_dtype=pl.Int32)
    return pd.Series(pd.Categorical.from_codes(codes.to_numpy(), categories=pd.Index(names, dtype="object")))
