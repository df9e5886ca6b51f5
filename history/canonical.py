"""A canonical folder: files named after the tables, CSV or Parquet, with an optional `dealcast.toml`."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from history.csv_files import read_csv
from history.deal_links import unknown_deals
from history.errors import FileUnreadable, RowsQuarantined
from history.parquet_files import read_parquet
from history.quarantine import no_problems, summary
from history.record import History
from history.schema import Table
from history.settings import Settings, read_settings
from history.source_file import LINE
from history.tables import TABLES
from history.validate import Checked, check, set_aside

SETTINGS_FILE = "dealcast.toml"
_READERS = {".csv": read_csv, ".parquet": read_parquet}


@dataclass(frozen=True)
class Reading:
    """Everything a folder holds, checked: good rows by table, bad cells, and remarks on what was left unread."""

    settings: Settings
    checked: tuple[Checked, ...]
    notices: tuple[str, ...] = ()

    @property
    def found(self) -> pl.DataFrame:
        return pl.concat([no_problems(), *(checked.found for checked in self.checked)])


def find_files(folder: Path) -> dict[str, Path]:
    """The file of each canonical table in `folder`; raises `FileUnreadable` where there is none or two of one table."""
    if not folder.is_dir():
        raise FileUnreadable(f"{folder} is not a folder; expected one with files such as deals.csv. Check the path.")
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        name = path.stem.lower()
        if path.suffix.lower() not in _READERS or name not in TABLES:
            continue
        if name in files:
            raise FileUnreadable(
                f"{folder} has {files[name].name} and {path.name}; expected one file per table. Remove one of them."
            )
        files[name] = path
    if not files:
        present = ", ".join(path.name for path in sorted(folder.iterdir())[:10]) or "nothing"
        raise FileUnreadable(
            f"{folder} holds no canonical table, only {present}; expected files such as deals.csv and "
            "deal_changes.csv or .parquet. Name each file after its table."
        )
    return {name: files[name] for name in TABLES if name in files}


def unread_files(folder: Path) -> list[str]:
    """A remark on each CSV or Parquet file of `folder` that is named after no table."""
    remarks = []
    for path in sorted(folder.iterdir()):
        name = path.stem.lower()
        if path.suffix.lower() in _READERS and name not in TABLES:
            close = difflib.get_close_matches(name, TABLES, n=1, cutoff=0.7)
            hint = f"; is {close[0]}{path.suffix} meant?" if close else ""
            remarks.append(f"{path.name} is named after no canonical table and was not read{hint}")
    return remarks


def read_tables(folder: Path, settings: Settings, stored_deals: pl.Series | None = None) -> Reading:
    """Every table of `folder`, checked by itself and against the deals in the folder and in `stored_deals`."""
    files = find_files(folder)
    checked = [_check_file(TABLES[name], path, settings) for name, path in files.items()]
    deals = next(
        (table.rows["deal_id"] for table in checked if table.table.name == "deals"), pl.Series([], dtype=pl.String)
    )
    known = deals if stored_deals is None else pl.concat([deals, stored_deals]).unique()
    linked, notices = [], unread_files(folder)
    for table in checked:
        bad, notice = unknown_deals(table, known)
        linked.append(set_aside(table, bad) if bad.height else table)
        notices += notice
    notices += [f"{table.source.path.name} holds headings and no row" for table in checked if not table.read]
    return Reading(settings, tuple(linked), tuple(notices))


def _check_file(table: Table, path: Path, settings: Settings) -> Checked:
    return check(table, _READERS[path.suffix.lower()](path), settings)


def sort_rows(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of one table in the one order that depends on their content alone.

    Logs of deals are grouped by deal and stand in the order in which they arrived: the later of when a row was
    recorded and when it happened.
    """
    content = [*table.names, *sorted(set(frame.columns) - set(table.names))]
    if table.name not in ("deal_changes", "activities"):
        return frame.sort([*table.key, *content], nulls_last=False)
    happened = str(table.happened)
    arrival = pl.max_horizontal("recorded_at", happened)
    return frame.sort(["deal_id", arrival, happened, *content], nulls_last=False)


def history_of(reading: Reading) -> History:
    """The good rows of a reading as a history, each table in canonical order."""
    return History(
        reading.settings,
        {checked.table.name: sort_rows(checked.table, checked.rows.drop(LINE)) for checked in reading.checked},
    )


def read_folder(folder: Path, settings: Settings | None = None) -> History:
    """The history in a canonical folder, straight from its files.

    Raises `ConfigInvalid` without a usable `dealcast.toml` (unless `settings` are given), `FileUnreadable` and
    `ColumnMissing` for files, and `RowsQuarantined` when any row breaks its declaration.
    """
    folder = Path(folder)
    settings = settings or read_settings(folder / SETTINGS_FILE)
    reading = read_tables(folder, settings)
    if reading.found.height:
        raise RowsQuarantined(f"{summary(reading.found)} Correct them, or import the folder with --allow-quarantine.")
    return history_of(replace(reading, notices=()))
