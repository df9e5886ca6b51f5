"""A CRM of any size for benchmarks: one synthetic company, told again and again under other names, and frozen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from features.spine import open_spine
from history.freeze import freeze
from history.record import History
from history.synthetic import generate

TILE_DEALS = 20_000
TABLES = ("deals", "deal_changes", "activities", "contacts", "accounts", "reps")
EVENT_TIME = {"deals": "created_at", "deal_changes": "changed_at", "activities": "happened_at", "contacts": "added_at"}
NAMES = ("deal_id", "account_id", "contact_id", "rep_id", "manager_id", "activity_id", "changed_by")
NAMED_FIELDS = ("owner_id", "account_id")
FIRST, END = dt.datetime(2023, 7, 1), dt.datetime(2026, 7, 1)
STEP = dt.timedelta(hours=112)
"""Open deals are looked at every four and two thirds days: about 15 rows a deal."""
SPINE = "spine.parquet"


def write_crm(folder: Path, deals: int, seed: int = 7) -> Path:
    """Freezes a CRM of `deals` deals into `folder`/history and the rows to fill into `folder`/spine.parquet.

    Everything is recorded as it happens, so that simple code and the engine mean the same by "known".
    """
    base = recorded_at_once(generate(min(deals, TILE_DEALS), seed, clean=True).history)
    spine = open_spine(base, list(_dates())).select("deal_id", "as_of")
    tiles = -(-deals // TILE_DEALS)
    frozen = freeze(tiled(base, tiles), folder / "history")
    rows = pl.concat([_renamed(spine, tile) for tile in range(tiles)]).sort("as_of", "deal_id")
    rows.write_parquet(folder / SPINE, row_group_size=1_000_000)
    return frozen.path


def _dates() -> list[dt.datetime]:
    return [FIRST + STEP * place for place in range(1, int((END - FIRST) / STEP))]


def recorded_at_once(history: History) -> History:
    tables = {name: history[name] for name in TABLES}
    for name, column in EVENT_TIME.items():
        tables[name] = tables[name].with_columns(recorded_at=pl.col(column))
    return History(history.settings, tables)


def tiled(base: History, tiles: int) -> History:
    return History(
        base.settings,
        {name: pl.concat([_renamed(base[name], tile) for tile in range(tiles)], rechunk=True) for name in TABLES},
    )


def _renamed(frame: pl.DataFrame, tile: int) -> pl.DataFrame:
    """The rows with everyone and everything in them named after the tile."""
    prefix = f"{tile:02d}."
    renamed = frame.with_columns((prefix + pl.col(name)).alias(name) for name in NAMES if name in frame.columns)
    if "field" not in frame.columns:
        return renamed
    is_name = pl.col("field").is_in(NAMED_FIELDS)
    return renamed.with_columns(
        pl.when(is_name).then(prefix + pl.col(side)).otherwise(side).alias(side) for side in ("old_value", "new_value")
    )
