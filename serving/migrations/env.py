"""Runs the steps on the connection that `serving.store` hands over."""

from __future__ import annotations

from alembic import context

from serving.store import METADATA, VERSION_TABLE


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        version_table=VERSION_TABLE,
    )
    with context.begin_transaction():
        context.run_migrations()


# Alembic loads this file under the name "env_py"; imported under any other name it does nothing.
if __name__ == "env_py":
    run()
