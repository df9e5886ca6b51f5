"""Runs the migrations on the connection that `history.engine.migrate` hands in."""

from __future__ import annotations

from alembic import context

from history.engine import VERSION_TABLE
from history.sql import declare_all

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=declare_all(),
    version_table=VERSION_TABLE,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
