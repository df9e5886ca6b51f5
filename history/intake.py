"""A few rows into the store at once, without reading what it holds: what a webhook sends one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache

import polars as pl
import sqlalchemy as sa

from history.digests import row_keys
from history.record import complete
from history.sql import ROW_KEY, declare_all
from history.stored_rows import insert_rows
from history.tables import TABLES

ASKED_AT_A_TIME = 500


@cache
def _sql_tables() -> dict[str, sa.Table]:
    return dict(declare_all().tables)


def stored_deals(connection: sa.Connection, deal_ids: Sequence[str]) -> pl.DataFrame:
    """The facts of those of the deals that the store holds, found by their keys; columns of `deals`, in no order."""
    table = _sql_tables()["deals"]
    columns = [table.c[name] for name in TABLES["deals"].names]
    keys = row_keys(pl.DataFrame({"deal_id": list(deal_ids)}, schema={"deal_id": pl.String}), ["deal_id"]).to_list()
    found: list[tuple[object, ...]] = []
    for start in range(0, len(keys), ASKED_AT_A_TIME):
        some = table.c[ROW_KEY].in_(keys[start : start + ASKED_AT_A_TIME])
        found += [tuple(row) for row in connection.execute(sa.select(*columns).where(some))]
    return pl.DataFrame(found, schema=TABLES["deals"].polars_schema, orient="row")


def spoken_periods(connection: sa.Connection, as_of: dt.datetime, version: str) -> set[str]:
    """Of which periods a version of the model has said something from what was known at `as_of` (naive UTC)."""
    table = _sql_tables()["model_calls"]
    mine = (table.c.as_of == as_of) & (table.c.model_version == version)
    return set(connection.execute(sa.select(table.c.period).distinct().where(mine)).scalars())


def append_some(connection: sa.Connection, table_name: str, frame: pl.DataFrame) -> int:
    """Append the rows of `frame` that the table does not hold yet; returns how many there were.

    Rows of a table of versions must say themselves when they were recorded: the latest counts, whatever came first.
    """
    return insert_rows(connection, TABLES[table_name], complete(table_name, frame), None)
