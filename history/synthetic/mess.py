"""The mess that CRMs hold: rows recorded late, rows twice, and gaps. Everything in it can still be imported."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from history.tables import TABLES

LATE = {"deal_changes": 0.07, "activities": 0.14, "contacts": 0.10}
TWICE = {"deal_changes": 0.003, "activities": 0.004, "contacts": 0.004, "forecast_calls": 0.002, "invoices": 0.004}
NO_AMOUNT, NO_CONTACTS, NO_NEXT_STEP, NO_PERSON = 0.06, 0.05, 0.15, 0.10


def make_mess(tables: dict[str, pl.DataFrame], rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """`tables` as a CRM would hold them: with gaps, then late rows, then some rows twice."""
    messy = _gaps(tables, rng)
    messy = {name: _late(frame, LATE[name], rng) if name in LATE else frame for name, frame in messy.items()}
    messy["activities"] = _tracked_mail(messy["activities"], rng)
    return {name: _twice(frame, TWICE[name], rng) if name in TWICE else frame for name, frame in messy.items()}


def written_before(tables: dict[str, pl.DataFrame], end: dt.datetime) -> dict[str, pl.DataFrame]:
    """Only what was recorded before `end`; values that came to be later are blank."""
    return {name: _written(name, frame, end) for name, frame in tables.items()}


def _written(name: str, frame: pl.DataFrame, end: dt.datetime) -> pl.DataFrame:
    rows = frame.filter(pl.col("recorded_at") < end)
    hidden = {column.name: column.revealed_by for column in TABLES[name].columns if column.revealed_by}
    return rows.with_columns(pl.when(pl.col(by) < end).then(pl.col(value)).alias(value) for value, by in hidden.items())


def _gaps(tables: dict[str, pl.DataFrame], rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Small deals without amount, deals without people or next step, whatever becomes of them, and touches with nobody
    named."""
    deal_ids = tables["deals"]["deal_id"]
    missing = {
        field: deal_ids.filter(pl.Series(rng.random(len(deal_ids)) < share)).implode()
        for field, share in (("amount", NO_AMOUNT), ("contacts", NO_CONTACTS), ("next_step", NO_NEXT_STEP))
    }
    field, deal = pl.col("field"), pl.col("deal_id")
    segments = tables["deal_changes"].filter(field == "segment")
    missing["amount"] = segments.filter((pl.col("new_value") == "small") & deal.is_in(missing["amount"]))[
        "deal_id"
    ].implode()
    unnamed = pl.Series(rng.random(tables["activities"].height) < NO_PERSON) | tables["activities"]["deal_id"].is_in(
        missing["contacts"]
    )
    return {
        **tables,
        "deal_changes": tables["deal_changes"].filter(
            ~((field == "amount") & deal.is_in(missing["amount"]))
            & ~((field == "next_step") & deal.is_in(missing["next_step"]))
        ),
        "contacts": tables["contacts"].filter(~deal.is_in(missing["contacts"])),
        "activities": tables["activities"].with_columns(contact_id=pl.when(~unnamed).then(pl.col("contact_id"))),
    }


def _late(frame: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    """Some rows are recorded hours to weeks after the fact; a deal's first values are recorded with the deal."""
    size = frame.height
    hours = np.exp(rng.normal(np.log(30), 1.3, size)).clip(0.5, 24 * 45)
    late = rng.random(size) < share
    if "old_value" in frame.columns:
        opening = frame.select(pl.col("changed_at") == pl.col("changed_at").min().over("deal_id")).to_series()
        late &= ~opening.to_numpy()
    delay = np.where(late, hours * 3600, 0)
    return frame.with_columns(recorded_at=pl.col("recorded_at") + _seconds(delay))


def _tracked_mail(activities: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """A mail that was answered is logged with its answer, hours later."""
    answered = pl.col("replied").fill_null(False)
    later = pl.col("happened_at") + _seconds(rng.exponential(14.0, activities.height).clip(0.2, 72.0) * 3600)
    return activities.with_columns(
        recorded_at=pl.when(answered).then(pl.max_horizontal("recorded_at", later)).otherwise("recorded_at")
    )


def _seconds(delay: np.ndarray) -> pl.Series:
    return pl.Series(delay.astype(np.int64) * 1_000_000).cast(pl.Duration("us"))


def _twice(frame: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    """Some rows stand in the export twice, word for word."""
    return frame.gather(np.sort(np.r_[np.arange(frame.height), np.flatnonzero(rng.random(frame.height) < share)]))
