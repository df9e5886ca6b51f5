"""Holds the rows of a file to the declaration of their table: every bad cell is named, none is guessed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import polars as pl

from history.cells import as_text, read_cells
from history.deal_values import read_deal_values
from history.errors import ColumnMissing
from history.quarantine import no_problems, problems
from history.record import complete, own_recorded_at
from history.schema import Table
from history.settings import Settings
from history.source_file import LINE, SourceFile


@dataclass(frozen=True)
class Checked:
    """One table as read from one file.

    `rows` are the good rows: canonical columns typed and complete, extra columns as text, and `_line`.
    `found` holds the bad cells (see `quarantine.SCHEMA`), `read` the rows the file had, `duplicates` the exact repeats.
    """

    table: Table
    source: SourceFile
    rows: pl.DataFrame
    found: pl.DataFrame
    read: int
    duplicates: int = 0


def require_columns(table: Table, source: SourceFile) -> None:
    """Raise `ColumnMissing` when a required column is absent, naming what was found and what comes close."""
    missing = [name for name in table.required if name not in source.columns]
    if not missing:
        return
    found = ", ".join(source.columns) or "none"
    close = difflib.get_close_matches(missing[0], [c for c in source.columns if c not in table.names], n=1, cutoff=0.5)
    advice = f"Is {close[0]} meant? Rename it" if close else "Add it"
    raise ColumnMissing(
        f"{source.path} has no column {', '.join(missing)}; table {table.name} needs "
        f"{', '.join(table.required)} and the file has {found}. {advice}."
    )


def check(table: Table, source: SourceFile, settings: Settings) -> Checked:
    """The file's rows as rows of `table`, with every bad cell found; raises `ColumnMissing`."""
    require_columns(table, source)
    rows, found = _read_columns(table, source, settings)
    if table.name == "deal_changes":
        rows, more = read_deal_values(source, rows, settings)
        found = pl.concat([found, more])
    checked = Checked(table, source, complete(table.name, rows), found, source.rows.height)
    return _without_repeats(set_aside(checked, no_problems()))


def _read_columns(table: Table, source: SourceFile, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = source.rows
    read, found = [rows[LINE]], [no_problems()]
    for column in table.columns:
        if column.name not in rows.columns:
            continue
        written = rows[column.name]
        cells = read_cells(column, written, settings)
        read.append(cells.values.alias(column.name))
        bad = cells.expected.is_not_null()
        if bad.any():
            found.append(report(table, source, column.name, bad, written, cells.expected))
    extras = [as_text(rows[name]).alias(name) for name in source.columns if name not in table.names]
    return pl.DataFrame([*read, *extras]), pl.concat(found)


def report(
    table: Table, source: SourceFile, column: str, bad: pl.Series, written: pl.Series, expected: pl.Series | str
) -> pl.DataFrame:
    """Problems of `column` in the rows where `bad` holds; the other series are as long as the file."""
    lines = source.rows[LINE].filter(bad)
    said = expected.filter(bad) if isinstance(expected, pl.Series) else pl.repeat(expected, len(lines), eager=True)
    return problems(table.name, source.path, source.place, column, lines, as_text(written.filter(bad)), said)


def set_aside(checked: Checked, more: pl.DataFrame) -> Checked:
    """`checked` with further problems added and the rows they name taken out."""
    found = pl.concat([checked.found, more]).sort("line", maintain_order=True)
    rows = checked.rows.filter(~pl.col(LINE).is_in(found["line"].unique().implode()))
    return Checked(checked.table, checked.source, rows, found, checked.read, checked.duplicates)


def _without_repeats(checked: Checked) -> Checked:
    """Exact repeats counted and left out; rows that contradict an earlier row of the same identity set aside."""
    content = [name for name in checked.rows.columns if name != LINE]
    rows = checked.rows.unique(subset=content, keep="first", maintain_order=True)
    repeats = checked.rows.height - rows.height
    once = Checked(checked.table, checked.source, rows, checked.found, checked.read, checked.duplicates + repeats)
    return _without_contradictions(once)


def _without_contradictions(checked: Checked) -> Checked:
    table, place = checked.table, checked.source.place
    content = [name for name in table.names if name != "recorded_at"] if table.mode == "event" else table.names
    if set(content) <= set(table.key):
        return checked
    once = checked.rows.unique(subset=[*content], keep="first", maintain_order=True)
    repeats = checked.duplicates + checked.rows.height - once.height
    # Two rows of one key are versions of it when each says itself when it was recorded.
    own = [own_recorded_at(table).alias("_own")] if table.mode == "version" else []
    identity = [*table.key, *(["_own"] if own else [])]
    later = once.with_columns(own).with_columns(first=pl.col(LINE).first().over(identity))
    later = later.filter(pl.col(LINE) != pl.col("first"))
    checked = Checked(table, checked.source, once, checked.found, checked.read, repeats)
    if later.is_empty():
        return checked
    value = later.select(pl.concat_str([pl.col(name).cast(pl.String) for name in table.key], separator=" ")).to_series()
    same = f"an id of its own, or the values of {place} {{}} with the same {', '.join(table.key)},"
    said = later.select(pl.format(same, "first")).to_series()
    found = problems(table.name, checked.source.path, place, table.key[0], later[LINE], value, said)
    return set_aside(checked, found)
