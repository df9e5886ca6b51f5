"""STORAGE of what serving owns: bearer tokens. Same database as the history, own tables, own migrations."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import SQLAlchemyError

from history.errors import StoreUnavailable

METADATA = sa.MetaData()
VERSION_TABLE = "serving_version"

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
    try:
        engine = sa.create_engine(url, pool_pre_ping=True)
        with engine.begin() as connection:
            _upgrade(connection)
    except (SQLAlchemyError, OSError, ModuleNotFoundError) as error:
        raise StoreUnavailable(
            f"the database {shown(url)} cannot be opened for sign-ins ({type(error).__name__}); "
            "expected a database that can be reached and written. Check DEALCAST_DATABASE_URL or the workspace."
        ) from error
    return engine


def shown(url: str) -> str:
    """`url` without its password.

    >>> shown("postgresql+psycopg://ann:secret@db/deals")
    'postgresql+psycopg://ann:***@db/deals'
    """
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "(not a database address)"


def _upgrade(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
