"""Connections to the database: SQLite in WAL mode or PostgreSQL, and the migrations that bring it up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from history.errors import StoreUnavailable

REVISION = "0004"
"""The newest migration; a test holds it to the files in `migrations/versions`."""

VERSION_TABLE = "history_revision"
"""Not Alembic's default name: other stores may share the database and keep a count of their own."""

BUSY_SECONDS = 30


def store_url(url: str) -> URL:
    """The address of a store with its driver; raises `StoreUnavailable` for a scheme that is not served."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreUnavailable(
            f"store address {url!r} cannot be read; expected sqlite:///FILE or postgresql://USER@HOST/DATABASE."
        ) from error
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StoreUnavailable(
            f"store address {shown(address)} names {address.drivername}; expected sqlite:///FILE or "
            "postgresql://USER@HOST/DATABASE."
        )
    return address


def shown(address: URL) -> str:
    """The address as it may be printed: without its password."""
    return address.render_as_string(hide_password=True)


def make_engine(address: URL) -> sa.Engine:
    """An engine for `address`; nothing is connected yet."""
    if address.drivername != "sqlite":
        return sa.create_engine(address, pool_pre_ping=True)
    engine = sa.create_engine(address, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sa.engine.interfaces.DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    # The driver's own transactions leave out DDL; with its autocommit on, ours hold everything.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "cache_size = -131072",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes its lock at once: waiting for it later, after reading, would fail instead of wait.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reachable(engine: sa.Engine) -> Iterator[None]:
    """Turns a database that cannot be reached, read or locked into a `StoreUnavailable` of one line."""
    try:
        yield
    except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as error:
        cause = " ".join(str(getattr(error, "orig", None) or error).split())
        raise StoreUnavailable(
            f"the store {shown(engine.url)} cannot be used: {cause}. Check that it is running, is a Dealcast store "
            "and may be written to."
        ) from error


def migrate(engine: sa.Engine) -> None:
    """Bring the database to the newest revision, in one transaction."""
    with reachable(engine), engine.execution_options(writes=True).begin() as connection:
        take_steps(connection, Path(__file__).parent / "migrations")


def take_steps(connection: sa.Connection, scripts: Path) -> None:
    """Takes the steps of a folder of migrations that the database has not taken yet."""
    # Imported here: a database takes its steps once, and every verb would wait for Alembic.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision(engine: sa.Engine, table: str = VERSION_TABLE) -> str | None:
    """The revision that `table` tells; None for a database without it, which holds no such store."""
    with reachable(engine), engine.connect() as connection:
        if not sa.inspect(connection).has_table(table):
            return None
        return connection.execute(sa.text(f"SELECT version_num FROM {table}")).scalar()
