"""Rows of one canonical table as the store holds them: declared columns, and the others as JSON text beside them."""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

from history.bulk import insert_new, read_rows
from history.digests import row_keys
from history.schema import Table
from history.sql import EXTRAS, IMPORT_ID, ROW_KEY


def read_table(connection: sa.Connection, table: Table) -> pl.DataFrame:
    """Every stored row: row_key is left out, `import_id` stays, extra columns are columns again."""
    schema = {**table.polars_schema, EXTRAS: pl.String(), IMPORT_ID: pl.Int64()}
    rows = read_rows(connection, table.name, schema)
    names = extra_names(connection, table)
    return _with_extras(rows, names).drop(EXTRAS)


def extra_names(connection: sa.Connection, table: Table) -> list[str]:
    """The names of the extra columns that rows of `table` carry, sorted."""
    found = connection.execute(
        sa.text("SELECT name FROM extra_columns WHERE table_name = :table"), {"table": table.name}
    )
    return sorted(found.scalars())


def _with_extras(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    if not names:
        return rows
    dtype = pl.Struct({name: pl.String() for name in names})
    fields = pl.col(EXTRAS).str.json_decode(dtype)
    return rows.with_columns(fields.struct.field(name).alias(name) for name in names)


def insert_rows(connection: sa.Connection, table: Table, frame: pl.DataFrame, import_id: int | None) -> int:
    """Insert the rows that are not there yet by the identity of the table; returns how many were new."""
    extras = [name for name in frame.columns if name not in table.names]
    identity = [*table.names, *extras] if table.mode == "version" else list(table.key)
    rows = frame.select(
        row_keys(frame, identity).alias(ROW_KEY),
        *table.names,
        _extras_text(frame, extras).alias(EXTRAS),
        pl.lit(import_id, dtype=pl.Int64).alias(IMPORT_ID),
    )
    if extras and frame.height:
        names = pl.DataFrame({"table_name": [table.name] * len(extras), "name": extras})
        insert_new(connection, "extra_columns", names)
    # In the order of the key, because a B-tree grows fastest at its end.
    return insert_new(connection, table.name, rows.sort(ROW_KEY))


def _extras_text(frame: pl.DataFrame, extras: list[str]) -> pl.Series:
    if not extras:
        return pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    return frame.select(pl.struct(sorted(extras)).struct.json_encode()).to_series()
