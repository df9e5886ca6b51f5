"""Every table that the service tells, to be taken away as CSV, Parquet or JSON: what the caller sees and no more."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Literal

import polars as pl
import polars.selectors as cs
import sqlalchemy as sa

from history.errors import NotAllowed
from history.store import Store
from history.tables import TABLES
from serving.accuracy_told import remarks_seen, view_rows
from serving.csv_text import csv_text
from serving.pages.narrowing import seen_history
from serving.people import audit
from serving.sight import Sight
from serving.standing import Standing
from serving.told import (
    by_seen_forecasters,
    call_rows,
    correction_rows,
    cue_rows,
    forecast_rows,
    funnel_rows,
    linearity_rows,
    pace_rows,
    plan_rows,
    scorecard_rows,
    seen_bridge,
)

Form = Literal["csv", "parquet", "json"]
MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet", "json": "application/json"}
TAGS = ("kind", "promoted_by", "promoted_reason", "gate", "feature_version", "content_hash")
OF_DEALS = ("deals", "deal_changes", "activities", "contacts", "scores")


@dataclass(frozen=True)
class Asked:
    """What a table is asked with; each table takes what it knows and leaves the rest."""

    period: str | None = None
    by: str | None = None
    measure: str = "amount"
    cadence: str = "quarter"
    role: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    part: str = "month"
    horizon: int | None = None


@dataclass(frozen=True)
class Source:
    """What tables are told from: the standing, who asks, the instant (naive UTC), and serving's own tables."""

    standing: Standing
    sight: Sight
    now: dt.datetime
    engine: sa.Engine
    store: Store


Tell = Callable[[Source, Asked], pl.DataFrame]


def _view(view: str) -> Tell:
    """A view of forecasters' records, as its own route tells it."""

    def tell(source: Source, asked: Asked) -> pl.DataFrame:
        by = asked.by or "rep"
        return view_rows(source.standing, source.sight, view, by, asked.horizon, asked.measure, asked.cadence)

    return tell


def _remarks(source: Source, asked: Asked) -> pl.DataFrame:
    found = [asdict(one) for one in remarks_seen(source.standing, source.sight, asked.cadence)]
    return pl.DataFrame(found, schema={"code": pl.String(), "n": pl.Int64(), "en": pl.String(), "zh": pl.String()})


def _changes(part: Literal["lines", "parts"]) -> Tell:
    """What changed in a forecast, line by line, or deal by deal."""

    def tell(source: Source, asked: Asked) -> pl.DataFrame:
        told = seen_bridge(
            source.standing,
            source.sight,
            asked.period,
            asked.first,
            asked.last,
            asked.by or "company",
            asked.measure,
        )
        frame: pl.DataFrame = getattr(told.bridge, part)
        return frame

    return tell


def _kept_with(name: str, schema: Mapping[str, pl.DataType]) -> Tell:
    """What was kept with each version under a name, the newest version first, in the columns of `schema`."""

    def tell(source: Source, asked: Asked) -> pl.DataFrame:
        standing = source.standing
        versions = standing.remembered(("versions",), standing.registry.versions)
        rows = [
            {"version": one.version, **{column: entry.get(column) for column in schema}}
            for one in versions
            for entry in standing.remembered(("told version", one.version), partial(standing.registry.told, one)).get(
                name, []
            )
        ]
        return pl.DataFrame(rows, schema={"version": pl.String(), **schema})

    return tell


CHECK_COLUMNS = dict.fromkeys(
    ("code", "title", "title_zh", "outcome", "sentence", "sentence_zh"), pl.String()
)  # fmt: skip
BIN_COLUMNS: dict[str, pl.DataType] = {
    **dict.fromkeys(("n", "deals"), pl.Int64()),
    **dict.fromkeys(("shown", "came", "low", "high"), pl.Float64()),
}


def _models(source: Source, asked: Asked) -> pl.DataFrame:
    registry = source.standing.registry
    rows: list[dict[str, object]] = []
    for one in source.standing.remembered(("versions",), registry.versions):
        facts = {name: getattr(one, name) for name in ("version", "trained_as_of", "promoted", "champion")}
        rows.append({**facts, **{name: one.tags.get(name) for name in TAGS}, **one.metrics})
    return pl.DataFrame(rows, schema_overrides={"version": pl.String()}, infer_schema_length=None)


def _promotions(source: Source, asked: Asked) -> pl.DataFrame:
    told = source.standing.remembered(("promotions",), source.standing.registry.events)
    return pl.DataFrame(told, schema={name: pl.String() for name in ("at", "did", "version", "by", "reason")})


def _imports(source: Source, asked: Asked) -> pl.DataFrame:
    _whole(source.sight, "imports")
    found = source.store.imports()
    # Where a folder lies on the server is nobody's business here.
    name = pl.col("source").str.replace_all("\\", "/", literal=True).str.strip_chars_end("/").str.split("/").list.last()
    return found.with_columns(name)


def _quarantine(source: Source, asked: Asked) -> pl.DataFrame:
    _whole(source.sight, "quarantine")
    return source.store.quarantined()


def _whole(sight: Sight, name: str) -> None:
    """Raises `NotAllowed` for who sees a part of the company."""
    if not sight.everything:
        raise NotAllowed(
            f"the table {name} is of the whole company and you see a part of it; expected one of your own people or "
            "deals. Ask somebody who sees everything."
        )


def _audit(source: Source, asked: Asked) -> pl.DataFrame:
    source.sight.require("people")
    return audit.read(source.engine)


TOLD: dict[str, Tell] = {
    "deals": lambda source, asked: source.sight.narrow_deals(source.standing.board),
    "scores": lambda source, asked: source.sight.narrow_deals(source.standing.scored.told),
    "forecast": lambda source, asked: forecast_rows(
        source.standing, source.sight, asked.period, asked.by or "team", asked.measure
    ),
    "pace": lambda source, asked: pace_rows(
        source.standing, source.sight, asked.period, asked.by or "team", asked.measure
    ),
    "linearity": lambda source, asked: linearity_rows(
        source.standing, source.sight, asked.by or "company", asked.part, asked.measure, asked.period, asked.cadence
    ),
    "correction": lambda source, asked: correction_rows(
        source.standing, source.sight, asked.period, asked.by or "team", asked.measure
    ),
    "changes": _changes("lines"),
    "changes_deals": _changes("parts"),
    "accuracy": _view("record"),
    "accuracy_remarks": _remarks,
    "accuracy_periods": _view("periods"),
    "accuracy_trend": _view("trend"),
    "accuracy_definitions": _view("definitions"),
    "accuracy_categories": _view("categories"),
    "accuracy_close_dates": _view("close_dates"),
    "scorecard": lambda source, asked: scorecard_rows(source.standing, source.sight, asked.period, asked.role)[1],
    "funnel": lambda source, asked: funnel_rows(
        source.standing,
        source.sight,
        asked.first,
        asked.last,
        [key.strip() for key in (asked.by or "company").split(",")],
    ),
    "cues": lambda source, asked: cue_rows(source.standing, source.sight, asked.period, asked.role)[1],
    "plans": lambda source, asked: plan_rows(source.standing, source.sight),
    "forecast_calls": lambda source, asked: call_rows(
        source.standing.history["forecast_calls"], source.sight, source.now
    ),
    "models": _models,
    "model_checks": _kept_with("gate", CHECK_COLUMNS),
    "model_reliability": _kept_with("reliability", BIN_COLUMNS),
    "promotions": _promotions,
    "imports": _imports,
    "quarantine": _quarantine,
    "audit": _audit,
}
"""Tables as the service tells them."""

HISTORY = {f"history_{name}": name for name in TABLES}
"""The canonical tables as they are stored, every row that was ever recorded."""

NAMES = (*TOLD, *HISTORY)


def exported(source: Source, name: str, asked: Asked) -> pl.DataFrame:
    """The table of that name (one of `NAMES`) as far as the caller sees it; raises what its own route raises."""
    if name in TOLD:
        return TOLD[name](source, asked)
    return _stored(source, HISTORY[name])


def _stored(source: Source, name: str) -> pl.DataFrame:
    standing, sight = source.standing, source.sight
    if name in OF_DEALS:
        return seen_history(standing, sight)[name]
    # What the model says is written down beside what is served, and read from where it was written.
    frame = source.store.read(name) if name == "model_calls" else standing.history[name]
    if not sight.everything and name == "forecast_calls":
        # What a manager says of somebody is not that person's to read, here as on /v1/forecast-calls.
        return by_seen_forecasters(sight.narrow_scopes(frame), sight)
    if "rep_id" in frame.columns:
        return sight.narrow_people(frame)
    if {"scope_kind", "scope_id"} <= set(frame.columns):
        return sight.narrow_scopes(frame)
    _whole(sight, name)
    return frame


def written(frame: pl.DataFrame, form: Form) -> bytes:
    """The frame in that form. Lists are joined by spaces in CSV; in CSV no cell can be taken for a formula."""
    if form == "parquet":
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        return buffer.getvalue()
    if form == "json":
        dated = frame.with_columns(
            cs.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"), cs.date().dt.strftime("%Y-%m-%d"), *_finite(frame)
        )
        return dated.write_json().encode()
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return csv_text(frame.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join(" "))).encode()


def _finite(frame: pl.DataFrame) -> list[pl.Expr]:
    numbers = [name for name, kind in frame.schema.items() if kind.is_float()]
    return [pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in numbers]


def file_name(name: str, day: dt.date, form: Form) -> str:
    """A name that is one file on any system: nothing that was sent is part of it.

    >>> file_name("deals", dt.date(2026, 7, 1), "csv")
    'dealcast-deals-2026-07-01.csv'
    """
    return f"dealcast-{name.replace('_', '-')}-{day}.{form}"


def tables() -> Mapping[str, str]:
    """What each table holds, by its name."""
    own = dict.fromkeys(TOLD, "as the service tells it")
    return {**own, **{name: TABLES[table].en for name, table in HISTORY.items()}}
