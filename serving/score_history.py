"""A deal's scores over time: as they were said and stored, and as the serving model would have said them each week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.matrix import Prepared, build_matrix
from features.spine import open_spine
from history.errors import DealUnknown, ModelUnavailable
from history.record import History
from serving.choosing import ServedModel
from serving.moves import Move, Said, what_moved
from training.registry import Registry

WEEK = dt.timedelta(days=7)
WEEKS_SHOWN = 13


@dataclass(frozen=True)
class Replayed:
    """What the model would have said on a day, from what was known then."""

    as_of: dt.datetime
    win_probability: float
    health: float


def stored_scores(history: History, deal_id: str, until: dt.datetime) -> pl.DataFrame:
    """The deal's scores as they were said up to `until`, oldest first; of one day the version's name decides."""
    mine = (pl.col("deal_id") == deal_id) & (pl.col("as_of") <= until)
    return history["scores"].filter(mine).sort("as_of", "model_version", "horizon")


def said_on(history: History, deal_id: str, instant: dt.datetime, version: str) -> Said | None:
    """What was said of the deal at `instant`: by `version` if it spoke, else by another; None if nobody did."""
    rows = stored_scores(history, deal_id, instant).filter(pl.col("as_of") == instant)
    if rows.is_empty():
        return None
    own = rows.filter(pl.col("model_version") == version)
    row = (own if own.height else rows).row(-1, named=True)
    return Said(row["win_probability"], row["model_version"])


def replayed(
    prepared: Prepared, own: History, model: ServedModel, as_of: dt.datetime, weeks: int = WEEKS_SHOWN
) -> list[Replayed]:
    """What `model` says of the one deal of `own` on `as_of` and each of the weeks before on which it was open."""
    days = [as_of - WEEK * back for back in range(weeks - 1, -1, -1)]
    spine = open_spine(own, days).sort("as_of")
    if spine.is_empty():
        return []
    matrix = build_matrix(prepared, spine, threads=1)
    chance = model.predict(matrix, np.ones(spine.height))["win_probability"].to_numpy()
    health = model.health(matrix, chance)["health"].to_numpy()
    rows = zip(spine["as_of"].to_list(), chance, health, strict=True)
    return [Replayed(day, float(said), float(at)) for day, said, at in rows]


def moved_between(
    prepared: Prepared, own: History, model: ServedModel, deal_id: str, days: tuple[dt.datetime, dt.datetime]
) -> Move:
    """`what_moved` between two days, starting and ending at the scores that were stored on them where they were."""
    said = tuple(said_on(own, deal_id, day, model.version) for day in days)
    return what_moved(prepared, own, model, deal_id, days, (said[0], said[1]))


def last_move(prepared: Prepared, own: History, model: ServedModel, deal_id: str, as_of: dt.datetime) -> Move | None:
    """What moved since a week before `as_of`; None where the deal was not open then."""
    try:
        return moved_between(prepared, own, model, deal_id, (as_of - WEEK, as_of))
    except DealUnknown:
        return None


def version_of(registry: Registry, version: str, otherwise: ServedModel, fields: Collection[str]) -> ServedModel:
    """The registered model of that version; tables of a day, versions since removed and those that read other fields
    than the configured `fields` are answered by `otherwise`."""
    try:
        return registry.load(version, fields)
    except ModelUnavailable:
        return otherwise
