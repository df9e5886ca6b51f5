"""What becomes of rows that arrive: new, already there, a new version, or a contradiction of what is stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl
import sqlalchemy as sa

from history.errors import RequestInvalid
from history.record import own_recorded_at
from history.schema import Table
from history.source_file import LINE
from history.sql import IMPORT_ID
from history.stored_rows import insert_rows, read_table

TICK = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Appended:
    """How many rows were new and how many changed nothing; `contradictions` are the rows that were refused.

    `other_extras` counts by extra column the rows already there that say otherwise in it, which is not taken.
    """

    inserted: int
    unchanged: int
    contradictions: pl.DataFrame = field(default_factory=pl.DataFrame, compare=False, repr=False)
    other_extras: dict[str, int] = field(default_factory=dict, compare=False)


def append_rows(
    connection: sa.Connection,
    table: Table,
    frame: pl.DataFrame,
    import_id: int | None = None,
    imported_at: dt.datetime | None = None,
) -> Appended:
    """Append complete rows of one table inside the transaction of `connection`.

    `imported_at` (naive UTC) is when a version counts as known whose row does not say so itself.
    """
    if table.mode == "version":
        return _append_versions(connection, table, frame, import_id, imported_at)
    return _append_once(connection, table, frame, import_id)


def _append_once(connection: sa.Connection, table: Table, frame: pl.DataFrame, import_id: int | None) -> Appended:
    rows = frame.drop(LINE, strict=False)
    inserted = insert_rows(connection, table, rows, import_id)
    refused, otherwise = frame.clear(), {}
    extras = [name for name in rows.columns if name not in table.names]
    if inserted < rows.height and (_content(table) or extras):
        stored = read_table(connection, table)
        refused = _contradicting(table, frame, stored.select(table.names)) if _content(table) else refused
        otherwise = _other_extras(table, rows, stored, extras)
    return Appended(inserted, rows.height - inserted - refused.height, refused, otherwise)


def _other_extras(table: Table, rows: pl.DataFrame, stored: pl.DataFrame, extras: list[str]) -> dict[str, int]:
    """Per extra column how many rows say something else in it than the stored row of their key."""
    both = rows.join(stored, on=list(table.key), how="inner", suffix="_stored", nulls_equal=True)
    counts = {
        name: both.filter(pl.col(name).is_not_null() & pl.col(name).ne_missing(pl.col(f"{name}_stored"))).height
        for name in extras
    }
    return {name: count for name, count in counts.items() if count}


def _content(table: Table) -> list[str]:
    """The columns in which a second row of the same key may contradict the first."""
    free = set(table.key) | ({"recorded_at"} if table.mode == "event" else set())
    return [name for name in table.names if name not in free]


def _contradicting(table: Table, frame: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Rows of `frame` that say something else than the stored row of their key; to say nothing is no contradiction."""
    both = frame.join(
        stored, on=list(table.key), how="inner", suffix="_stored", nulls_equal=True, maintain_order="left"
    )
    differs = [_says_otherwise(table, name) for name in _content(table)]
    return both.filter(pl.any_horizontal(differs)).select(frame.columns)


def _says_otherwise(table: Table, name: str) -> pl.Expr:
    said = pl.col(name).is_not_null()
    if name == "recorded_at":
        # Filled in from the event's own time, it was not said.
        said = said & (pl.col(name) != pl.col(str(table.happened)))
    return said & pl.col(name).ne_missing(pl.col(f"{name}_stored"))


def _append_versions(
    connection: sa.Connection,
    table: Table,
    frame: pl.DataFrame,
    import_id: int | None,
    imported_at: dt.datetime | None,
) -> Appended:
    rows = frame.drop(LINE, strict=False)
    stored = _stored_versions(connection, table)
    if stored.height:
        rows = _new_versions(table, rows, stored, imported_at)
    inserted = insert_rows(connection, table, rows.select(_columns(frame)), import_id)
    return Appended(inserted, frame.height - inserted)


def _columns(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name != LINE]


def _stored_versions(connection: sa.Connection, table: Table) -> pl.DataFrame:
    """Stored rows with `stamped`: the import said when the row became known, not the row."""
    stored = read_table(connection, table)
    found = connection.execute(sa.text("SELECT import_id, imported_at FROM imports").columns(imported_at=sa.DateTime()))
    imports = pl.DataFrame(
        [tuple(row) for row in found], schema={IMPORT_ID: pl.Int64, "imported_at": pl.Datetime("us")}, orient="row"
    )
    stamped = (pl.col("recorded_at") >= pl.col("imported_at")).fill_null(False)
    return stored.join(imports, on=IMPORT_ID, how="left").with_columns(stamped=stamped).drop("imported_at")


def _new_versions(
    table: Table, rows: pl.DataFrame, stored: pl.DataFrame, imported_at: dt.datetime | None
) -> pl.DataFrame:
    """The rows that add to the stored ones, with `recorded_at` as they are to be stored."""
    key, said = list(table.key), [name for name in rows.columns if name != "recorded_at"]
    for name in set(said) - set(stored.columns):
        stored = stored.with_columns(pl.lit(None, dtype=pl.String).alias(name))
    newest = stored.sort("recorded_at", IMPORT_ID, nulls_last=False).unique(key, keep="last", maintain_order=True)
    latest = newest.select(*key, newest="recorded_at", stamped="stamped", there=pl.lit(True))
    order = pl.col("recorded_at").rank("ordinal").over(key)
    marked = (
        rows.with_columns(current=order.fill_null(0) == order.fill_null(0).max().over(key))
        .join(latest, on=key, how="left", nulls_equal=True)
        .join(newest.select(*said, same=pl.lit(True)), on=said, how="left", nulls_equal=True)
        .join(
            stored.select(*said, "recorded_at", exact=pl.lit(True)).unique(),
            on=[*said, "recorded_at"],
            how="left",
            nulls_equal=True,
        )
        .with_columns(pl.col("there", "same", "exact", "stamped").fill_null(False), own=own_recorded_at(table))
    )
    # A source that does not say when, or whose clock stands still, can go back to an older state: that is news.
    went_back = pl.col("current") & ~pl.col("same") & (pl.col("stamped") | pl.col("own").is_null())
    # A row that says when it was recorded is a version even where it repeats the values of another.
    repeats = pl.col("current") & pl.col("same") & (pl.col("own").is_null() | pl.col("stamped"))
    held = repeats | pl.col("exact") & ~went_back
    later = (pl.col("own") > pl.col("newest")) | pl.col("newest").is_null()
    older = ~pl.col("current") | ~pl.col("stamped") & (pl.col("own") < pl.col("newest"))
    trusted = ~pl.col("there") | pl.col("own").is_not_null() & (later | older)
    fresh = marked.filter(~held).with_columns(trusted=trusted)
    if imported_at is None and not fresh["trusted"].all():
        raise RequestInvalid(
            f"table {table.name}: a row with new values does not say when they were recorded; expected recorded_at "
            "later than the stored version's. Give recorded_at."
        )
    stamp = pl.max_horizontal(pl.lit(imported_at, dtype=pl.Datetime("us")), pl.col("newest") + TICK)
    return fresh.with_columns(recorded_at=pl.when("trusted").then("recorded_at").otherwise(stamp)).select(rows.columns)
