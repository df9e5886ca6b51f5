"""Stores on both databases, each new and empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lib.postgres import new_database, postgres

__all__ = ["postgres"]


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'any.db'}"
    return new_database(request.getfixturevalue("postgres"))
