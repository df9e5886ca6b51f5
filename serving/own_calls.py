"""What the model says of a period, written down as it is said: one more forecaster, against whom people are held.

A statement is dated by the clock, whatever day it speaks of; nothing is written for a day or a period that is past.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from history.errors import DateInvalid
from history.fiscal import bounds, parse_period, quarter_of
from history.intake import append_some, spoken_periods
from history.record import History
from history.scopes import scope_kinds
from history.store import Store
from serving.choosing import ServedModel
from serving.forecasting import MEASURES, Outlook, table
from training.registry import Registry

Tables = Callable[[str], list[pl.DataFrame]]
"""The forecast tables of a period, of every level and measure."""
SAID = ("scope_kind", "scope_id", "period", "measure", "as_of")


@dataclass(frozen=True)
class Written:
    """Of which periods something was said, and how many statements were new."""

    periods: list[str]
    rows: int


def running_periods(history: History, as_of: dt.datetime) -> list[str]:
    """The quarter of `as_of` (naive UTC), and what else runs then of which there is a target or a statement."""
    settings = history.settings
    names = {quarter_of(settings.day_of(as_of), settings).name}
    for name in ("quotas", "forecast_calls"):
        told = history[name].filter(pl.col("recorded_at") < as_of)["period"].drop_nulls().unique()
        names |= {one for one in told if _runs(one, history, as_of)}
    return sorted(names)


def _runs(name: str, history: History, as_of: dt.datetime) -> bool:
    try:
        start, end = bounds(parse_period(name, history.settings), history.settings)
    except DateInvalid:
        return False
    return start <= as_of < end


def may_be_said(history: History, model: ServedModel, period: str, as_of: dt.datetime, now: dt.datetime) -> bool:
    """Whether what `model` says of `period` from what was known at `as_of` is a forecast when it is said at `now`.

    It is none once the period is over, nor where the model was trained on what came after `as_of`, nor for a day that
    is later than tomorrow.
    """
    settings = history.settings
    end = bounds(parse_period(period, settings), settings)[1]
    tomorrow = settings.start_of(settings.day_of(now) + dt.timedelta(days=1))
    return model.trained_as_of <= as_of < end and now < end and as_of <= tomorrow


def may_speak(registry: Registry, model: ServedModel, as_of: dt.datetime) -> bool:
    """Whether `model` is the one that serves the day: what another version would have said is no statement of ours."""
    serving = registry.serving_version(as_of)
    return serving is None or serving.version == model.version


def statements_of(seen: Outlook) -> list[pl.DataFrame]:
    """What an outlook expects of every scope of every level, in both measures."""
    return [table(seen, by, measure) for by in scope_kinds(seen.now.past.settings) for measure in MEASURES]


def write_down(
    store: Store,
    history: History,
    model: ServedModel,
    as_of: dt.datetime,
    now: dt.datetime,
    periods: Sequence[str],
    told: Tables,
) -> Written:
    """Appends what `model` expects of those of the `periods` that may be said at `now` (naive UTC).

    The first statement of a version about a scope and period from what was known at one instant stands: said again, by
    whichever process, it adds nothing, and what was said already is not worked out again.
    """
    said = [name for name in periods if may_be_said(history, model, name, as_of, now)]
    with store.reading() as connection:
        before = spoken_periods(connection, as_of, model.version)
    rows = [as_said(told(name), model.version, now) for name in said if name not in before]
    if not rows:
        return Written(said, 0)
    with store.writing() as connection:
        return Written(said, append_some(connection, "model_calls", pl.concat(rows)))


def as_said(tables: Sequence[pl.DataFrame], version: str, now: dt.datetime) -> pl.DataFrame:
    """Rows of `model_calls` for the expected results of forecast `tables`; what is no forecast (infinite, negative) is
    left out."""
    instant = pl.lit(now, dtype=pl.Datetime("us"))
    rows = pl.concat([frame.select(*SAID, value="mean") for frame in tables])
    sound = rows.filter(pl.col("value").is_finite() & (pl.col("value") >= 0))
    return sound.with_columns(model_version=pl.lit(version), said_at=instant, recorded_at=instant)
