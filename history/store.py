"""STORAGE of the canonical tables: append and read. Facts and statements are append-only; nothing is overwritten."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import URL

from history.appending import Appended, append_rows
from history.bulk import insert_new, read_rows
from history.canonical import sort_rows
from history.engine import REVISION, make_engine, migrate, reachable, revision, shown, store_url
from history.errors import RequestInvalid, StoreUnavailable
from history.quarantine import SCHEMA
from history.record import History, complete
from history.schema import Table
from history.settings import Settings
from history.sql import IMPORT_ID
from history.stored_rows import read_table
from history.tables import TABLES


@dataclass(frozen=True)
class Store:
    """One database of canonical tables. `workspace_id` was given at its creation and never changes."""

    engine: sa.Engine
    workspace_id: str

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent state of the store."""
        with reachable(self.engine), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection in one transaction: committed at the end, rolled back on any error."""
        with reachable(self.engine), self.engine.execution_options(writes=True).begin() as connection:
            yield connection

    def append(self, table_name: str, frame: pl.DataFrame, imported_at: dt.datetime | None = None) -> Appended:
        """Append rows of one table in one transaction; rows that are there already change nothing.

        `frame` has the table's required columns, typed; `imported_at` (naive UTC) stamps new versions that do not
        say when they were recorded. Raises `RequestInvalid` for a table, column or fact that cannot be.
        """
        table = _table(table_name)
        if missing := [name for name in table.required if name not in frame.columns]:
            raise RequestInvalid(f"rows for table {table_name} have no {', '.join(missing)}; add the column.")
        with self.writing() as connection:
            appended = append_rows(connection, table, complete(table_name, frame), imported_at=imported_at)
            if table.mode == "fact" and appended.contradictions.height:
                key = " ".join(str(appended.contradictions[name][0]) for name in table.key)
                raise RequestInvalid(
                    f"table {table_name} holds {key} with other values; expected the same ones, as facts never "
                    "change. Record a change in deal_changes instead."
                )
        return appended

    def read(self, table_name: str) -> pl.DataFrame:
        """Every row of one table: its columns, extra columns last, in canonical order."""
        with self.reading() as connection:
            return _canonical(connection, _table(table_name))

    def history(self, settings: Settings) -> History:
        """Everything the store holds, as one consistent state."""
        with self.reading() as connection:
            return History(settings, {name: _canonical(connection, table) for name, table in TABLES.items()})

    def imports(self) -> pl.DataFrame:
        """One row per import that changed something: import_id, imported_at, source, counts (JSON text)."""
        schema = {IMPORT_ID: pl.Int64(), "imported_at": pl.Datetime("us"), "source": pl.String(), "counts": pl.String()}
        with self.reading() as connection:
            return read_rows(connection, "imports", schema).sort(IMPORT_ID)

    def quarantined(self) -> pl.DataFrame:
        """One row per bad cell that was set aside, with the whole row as JSON text in `row`."""
        schema = {IMPORT_ID: pl.Int64(), **SCHEMA, "row": pl.String()}
        with self.reading() as connection:
            return read_rows(connection, "quarantine", schema).sort(IMPORT_ID, "file", "line", "column_name", "value")

    def deal_ids(self) -> pl.Series:
        """The ids of all deals."""
        with self.reading() as connection:
            return read_rows(connection, "deals", {"deal_id": pl.String()})["deal_id"]

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()


def _table(name: str) -> Table:
    if name not in TABLES:
        raise RequestInvalid(f"there is no table {name!r}; expected one of {', '.join(TABLES)}.")
    return TABLES[name]


def _canonical(connection: sa.Connection, table: Table) -> pl.DataFrame:
    return sort_rows(table, read_table(connection, table).drop(IMPORT_ID))


def open_store(url: str, create: bool = False, workspace_id: str | None = None) -> Store:
    """The store at `url` (sqlite:///FILE or postgresql://...).

    With `create`, a missing store is made and an older one brought up to date; a new one gets `workspace_id`, random
    unless given. Raises `StoreUnavailable` when it is missing, cannot be reached or is of another version.
    """
    address = store_url(url)
    if address.drivername == "sqlite":
        _require_file(address, create)
    engine = make_engine(address)
    found = revision(engine)
    if found != REVISION:
        _bring_up_to_date(engine, found, create)
    return Store(engine, _workspace_id(engine, workspace_id))


def _require_file(address: URL, create: bool) -> None:
    path = Path(address.database) if address.database and address.database != ":memory:" else None
    if path is None or path.is_file() or (create and path.parent.is_dir()):
        return
    raise StoreUnavailable(f"the store {shown(address)} does not exist; run `dealcast import` first, or name another.")


def _bring_up_to_date(engine: sa.Engine, found: str | None, create: bool) -> None:
    if found is not None and found > REVISION:
        raise StoreUnavailable(
            f"the store {shown(engine.url)} is of revision {found}; this Dealcast knows revisions up to {REVISION}. "
            "Install the newer Dealcast that wrote it."
        )
    if not create:
        if found is None:
            what = "holds no history yet; run `dealcast import`, which prepares it."
        else:
            what = f"is of revision {found}, and {REVISION} is expected; run `dealcast migrate`, which brings it there."
        raise StoreUnavailable(f"the store {shown(engine.url)} {what}")
    migrate(engine)


def _workspace_id(engine: sa.Engine, given: str | None) -> str:
    """The id that the store keeps; a store without one gets it now."""
    query = sa.text("SELECT value FROM meta WHERE name = 'workspace_id'")
    with reachable(engine), engine.connect() as connection:
        kept = connection.execute(query).scalar()
    if kept is not None:
        return str(kept)
    new = pl.DataFrame({"name": ["workspace_id"], "value": [given or str(uuid.uuid4())]})
    with reachable(engine), engine.execution_options(writes=True).begin() as connection:
        insert_new(connection, "meta", new)
        return str(connection.execute(query).scalar())
