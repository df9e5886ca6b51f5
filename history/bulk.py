"""Many rows at once into and out of one SQL table, by the fastest road each database has."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa

_INSTANT = "%Y-%m-%d %H:%M:%S%.6f"
_CHUNK = 200_000


def insert_new(connection: sa.Connection, table: str, frame: pl.DataFrame) -> int:
    """Insert the rows whose primary key the table does not hold yet; returns how many there were.

    `frame` has columns of `table` with values of its types; several rows with one key count once.
    """
    if frame.is_empty():
        return 0
    if connection.dialect.name == "sqlite":
        return _insert_sqlite(connection, table, frame)
    return _insert_postgresql(connection, table, frame)


def _insert_sqlite(connection: sa.Connection, table: str, frame: pl.DataFrame) -> int:
    driver = _driver(connection)
    marks = ", ".join("?" for _ in frame.columns)
    statement = f"INSERT OR IGNORE INTO {table} ({_names(frame.columns)}) VALUES ({marks})"
    before = driver.total_changes
    for chunk in frame.iter_slices(_CHUNK):
        driver.executemany(statement, _instants_as_text(chunk).rows())
    return driver.total_changes - before


def _insert_postgresql(connection: sa.Connection, table: str, frame: pl.DataFrame) -> int:
    names = _names(frame.columns)
    cursor = _driver(connection).cursor()
    cursor.execute(f"CREATE TEMP TABLE incoming AS SELECT {names} FROM {table} WITH NO DATA")
    with cursor.copy(f"COPY incoming ({names}) FROM STDIN (FORMAT csv)") as copy:
        for chunk in frame.iter_slices(_CHUNK):
            copy.write(_as_csv(chunk))
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming ON CONFLICT DO NOTHING")
    inserted = cursor.rowcount
    cursor.execute("DROP TABLE incoming")
    return inserted


def _as_csv(frame: pl.DataFrame) -> bytes:
    binary = [name for name, dtype in frame.schema.items() if dtype == pl.Binary]
    as_hex = [(pl.lit("\\x") + pl.col(name).bin.encode("hex")).alias(name) for name in binary]
    text = _instants_as_text(frame.with_columns(as_hex))
    return text.write_csv(include_header=False, quote_style="non_numeric").encode()


def read_rows(connection: sa.Connection, table: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The columns of `schema` of every row of `table`, typed, in no order."""
    if connection.dialect.name == "sqlite":
        text = _read_sqlite(connection, table, schema)
    else:
        text = _read_postgresql(connection, table, list(schema))
    return text.select(_typed(name, dtype) for name, dtype in schema.items())


def _read_sqlite(connection: sa.Connection, table: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    stored = {name: _stored_type(dtype) for name, dtype in schema.items()}
    cursor = _driver(connection).execute(f"SELECT {_names(list(schema))} FROM {table}")
    chunks = [pl.DataFrame(schema=stored)]
    while rows := cursor.fetchmany(_CHUNK):
        chunks.append(pl.DataFrame(rows, schema=stored, orient="row"))
    return pl.concat(chunks)


def _read_postgresql(connection: sa.Connection, table: str, names: list[str]) -> pl.DataFrame:
    buffer = io.BytesIO()
    with (
        _driver(connection)
        .cursor()
        .copy(f"COPY (SELECT {_names(names)} FROM {table}) TO STDOUT (FORMAT csv, HEADER)") as copy
    ):
        for block in copy:
            buffer.write(block)
    return pl.read_csv(buffer.getvalue(), infer_schema=False)


def _stored_type(dtype: pl.DataType) -> pl.DataType:
    return pl.String() if isinstance(dtype, pl.Datetime) else pl.Int64() if dtype == pl.Boolean else dtype


def _typed(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
    if dtype == pl.Boolean:
        word = pl.col(name).cast(pl.String)
        return pl.when(word.is_not_null()).then(word.is_in(["1", "t"])).alias(name)
    return pl.col(name).cast(dtype)


def _instants_as_text(frame: pl.DataFrame) -> pl.DataFrame:
    instants = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    return frame.with_columns(pl.col(instants).dt.strftime(_INSTANT)) if instants else frame


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _driver(connection: sa.Connection) -> Any:
    """The driver's own connection, inside the transaction that `connection` has begun."""
    return connection.connection.driver_connection
