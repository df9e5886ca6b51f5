"""STORAGE of what serving owns: bearer tokens. Same database as the history, own tables, own migrations."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from history.engine import make_engine, reachable, store_url

METADATA = sa.MetaData()
VERSION_TABLE = "serving_version"
REVISION = "s0001"
"""The newest step; a test holds it to the files in `migrations/versions`."""

TOKENS = sa.Table(
    "serving_tokens",
    METADATA,
    sa.Column("token_id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("token_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime),
    sa.Column("revoked_at", sa.DateTime),
)


def open_tables(url: str) -> sa.Engine:
    """An engine on the database at `url` with serving's tables at their newest version.

    Raises `StoreUnavailable` when the database cannot be reached or written.
    """
    engine = make_engine(store_url(url))
    with reachable(engine):
        with engine.connect() as connection:
            current = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            standing = current.get_current_revision()
        if standing != REVISION:
            with engine.execution_options(writes=True).begin() as connection:
                _upgrade(connection)
    return engine


def _upgrade(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
