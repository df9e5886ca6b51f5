"""Imports a canonical folder into a workspace: idempotent, in one transaction, with a report of every row."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from history.appending import append_rows
from history.bulk import insert_new
from history.canonical import SETTINGS_FILE, Reading, read_tables
from history.cells import as_text
from history.digests import row_keys
from history.errors import ConfigInvalid, RowsQuarantined
from history.quarantine import SCHEMA, no_problems, problems, rows_of, summary
from history.settings import Settings, read_settings
from history.source_file import LINE
from history.sql import IMPORT_ID, ROW_KEY
from history.store import Store, open_store
from history.validate import Checked
from history.workspace import Workspace, create_workspace, require_agreement


@dataclass(frozen=True)
class TableReport:
    """What became of one file: `read` is the sum of the other counts."""

    table: str
    file: str
    read: int
    inserted: int
    unchanged: int
    duplicates: int
    quarantined: int


@dataclass(frozen=True)
class ImportReport:
    """What an import did, table by table. `found` holds the bad cells, `notices` remarks that stopped nothing."""

    source: str
    imported_at: dt.datetime
    dry_run: bool
    tables: tuple[TableReport, ...]
    found: pl.DataFrame
    notices: tuple[str, ...] = ()

    @property
    def inserted(self) -> int:
        return sum(table.inserted for table in self.tables)

    @property
    def quarantined(self) -> int:
        return sum(table.quarantined for table in self.tables)

    def frame(self) -> pl.DataFrame:
        """One row per table: table, file, read, inserted, unchanged, duplicates, quarantined."""
        return pl.DataFrame([vars(table) for table in self.tables])


class _NothingToKeep(Exception):
    """Rolls the transaction back where there is nothing to keep."""


def import_canonical(
    folder: Path | str,
    workspace: Workspace,
    allow_quarantine: bool = False,
    dry_run: bool = False,
    *,
    imported_at: dt.datetime,
) -> ImportReport:
    """Import the files of `folder` into `workspace`, which is made from the folder's settings if it does not exist.

    `imported_at` (naive UTC) is when new versions count as known that do not say so themselves. Raises
    `RowsQuarantined`, with the report as `error.report`, when a row cannot be used and `allow_quarantine` is not set;
    on any error the store is as it was. With `dry_run` nothing is written.
    """
    folder = Path(folder)
    settings = _settings(folder, workspace)
    store = workspace.store(create=not dry_run) if _has_history(workspace) else None
    reading = read_tables(folder, settings, store.deal_ids() if store else None)
    _refuse_problems(reading, reading.found, folder, allow_quarantine, imported_at, dry_run)
    store = store or _new_store(folder, workspace, dry_run)
    try:
        return _write(store, reading, folder, allow_quarantine, dry_run, imported_at)
    finally:
        store.close()


def _has_history(workspace: Workspace) -> bool:
    return workspace.settings_path.is_file() and workspace.has_store


def _settings(folder: Path, workspace: Workspace) -> Settings:
    """The workspace's settings, which the folder's may not contradict; the folder's for a first import."""
    theirs_path = folder / SETTINGS_FILE
    theirs = read_settings(theirs_path) if theirs_path.is_file() else None
    if workspace.settings_path.is_file():
        ours = workspace.settings
        if theirs is not None:
            require_agreement(ours, theirs, theirs_path)
        return ours
    if theirs is None:
        raise ConfigInvalid(
            f"{folder} holds no {SETTINGS_FILE} and workspace {workspace.path} does not exist; expected one that lists "
            f"the stages. Write {theirs_path} for the first import."
        )
    return theirs


def _new_store(folder: Path, workspace: Workspace, dry_run: bool) -> Store:
    if dry_run:
        return open_store("sqlite://", create=True)
    if not workspace.settings_path.is_file():
        create_workspace(workspace.path, folder / SETTINGS_FILE)
    return workspace.store(create=True)


def _refuse_problems(
    reading: Reading, found: pl.DataFrame, folder: Path, allow: bool, imported_at: dt.datetime, dry_run: bool
) -> None:
    if found.is_empty() or allow:
        return
    error = RowsQuarantined(
        f"{folder}: {summary(found)} Nothing was imported: correct them, or import the good rows and set these aside "
        "with --allow-quarantine."
    )
    tables = tuple(_table_report(checked, found, 0, 0) for checked in reading.checked)
    error.report = ImportReport(str(folder), imported_at, dry_run, tables, found, reading.notices)
    raise error


def _table_report(checked: Checked, found: pl.DataFrame, inserted: int, unchanged: int) -> TableReport:
    bad = rows_of(found.filter(pl.col("table_name") == checked.table.name)).height
    name, file = checked.table.name, checked.source.path.name
    return TableReport(name, file, checked.read, inserted, unchanged, checked.duplicates, bad)


def _write(
    store: Store, reading: Reading, folder: Path, allow: bool, dry_run: bool, imported_at: dt.datetime
) -> ImportReport:
    report = None
    try:
        with store.writing() as connection:
            report = _append_all(connection, reading, folder, allow, dry_run, imported_at)
            aside = _keep_quarantined(connection, reading, report.found, _next_import(connection))
            if dry_run or not (report.inserted or aside):
                raise _NothingToKeep
            _log_import(connection, report)
    except _NothingToKeep:
        pass
    assert report is not None
    return report


def _append_all(
    connection: sa.Connection, reading: Reading, folder: Path, allow: bool, dry_run: bool, imported_at: dt.datetime
) -> ImportReport:
    import_id, tables, found, notices = _next_import(connection), [], [reading.found], list(reading.notices)
    for checked in reading.checked:
        appended = append_rows(connection, checked.table, checked.rows, import_id, imported_at)
        refused = _contradictions(checked, appended.contradictions)
        found.append(refused)
        notices += _extras_remarks(checked, appended.other_extras)
        every = pl.concat([checked.found, refused])
        tables.append(_table_report(checked, every, appended.inserted, appended.unchanged))
    every = pl.concat(found)
    _refuse_problems(reading, every, folder, allow, imported_at, dry_run)
    return ImportReport(str(folder), imported_at, dry_run, tuple(tables), every, tuple(notices))


def _extras_remarks(checked: Checked, other_extras: dict[str, int]) -> list[str]:
    return [
        f"{checked.source.path.name}: the extra column {name} says otherwise in {count:,} of the rows that the store "
        "holds already; it was not taken, for it stays as it first came"
        for name, count in other_extras.items()
    ]


def _contradictions(checked: Checked, refused: pl.DataFrame) -> pl.DataFrame:
    if refused.is_empty():
        return no_problems()
    table, key = checked.table, list(checked.table.key)
    value = refused.select(pl.concat_str([pl.col(name).cast(pl.String) for name in key], separator=" ")).to_series()
    said = pl.repeat("the values that the store holds for it", refused.height, dtype=pl.String, eager=True)
    return problems(table.name, checked.source.path, checked.source.place, key[0], refused[LINE], value, said)


def _next_import(connection: sa.Connection) -> int:
    return int(connection.execute(sa.text("SELECT COALESCE(MAX(import_id), 0) + 1 FROM imports")).scalar_one())


def _keep_quarantined(connection: sa.Connection, reading: Reading, found: pl.DataFrame, import_id: int) -> int:
    """Bad cells with their whole rows into the quarantine; returns how many were not there yet."""
    if found.is_empty():
        return 0
    whole = pl.concat([_rows_as_json(checked, found) for checked in reading.checked])
    rows = found.join(whole, on=["table_name", "line"], how="left", maintain_order="left")
    keys = row_keys(rows, [*SCHEMA, "row"]).alias(ROW_KEY)
    return insert_new(connection, "quarantine", rows.with_columns(keys, pl.lit(import_id).alias(IMPORT_ID)))


def _rows_as_json(checked: Checked, found: pl.DataFrame) -> pl.DataFrame:
    lines = found.filter(pl.col("table_name") == checked.table.name)["line"].unique()
    rows = checked.source.rows.filter(pl.col(LINE).is_in(lines.implode()))
    text = pl.DataFrame([as_text(rows[name]) for name in checked.source.columns])
    return text.select(
        table_name=pl.lit(checked.table.name),
        line=rows[LINE],
        row=pl.struct(pl.all()).struct.json_encode(),
    )


def _log_import(connection: sa.Connection, report: ImportReport) -> None:
    counts = json.dumps({table.table: vars(table) for table in report.tables}, ensure_ascii=False)
    row = {
        IMPORT_ID: [_next_import(connection)],
        "imported_at": [report.imported_at],
        "source": [report.source],
        "counts": [counts],
    }
    insert_new(connection, "imports", pl.DataFrame(row))
