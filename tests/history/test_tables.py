"""The declarations hold together, and what is derived from them is current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from history import dictionary
from history.engine import REVISION, VERSION_TABLE, make_engine, migrate, revision, store_url
from history.schema import Table
from history.sql import declare_all
from history.tables import TABLES

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


@every_table
def test_every_column_has_a_unit_and_a_meaning_in_both_languages(table: Table) -> None:
    assert table.en
    assert re.search(r"[\u4e00-\u9fff]", table.zh)
    for column in table.columns:
        assert column.unit, column.name
        assert column.en, column.name
        assert re.search(r"[\u4e00-\u9fff]", column.zh), column.name


@every_table
def test_keys_and_times_are_columns_of_the_table(table: Table) -> None:
    assert set(table.key) <= set(table.names)
    assert "recorded_at" in table.names
    assert table.happened is None or table.column(table.happened).kind == "instant"
    assert len(set(table.names)) == len(table.names)
    for column in table.columns:
        assert column.revealed_by is None or table.column(column.revealed_by).kind == "instant"


def test_the_data_dictionary_is_current() -> None:
    assert dictionary.PAGE.read_text(encoding="utf-8") == dictionary.dictionary(), "run python -m history.dictionary"


def test_the_migrated_database_equals_the_declarations(any_store_url: str) -> None:
    engine = make_engine(store_url(any_store_url))
    assert revision(engine) is None
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), declare_all()) == []
        assert set(sa.inspect(connection).get_table_names()) >= set(TABLES)
    assert revision(engine) == REVISION
    engine.dispose()


def test_the_revision_in_use_is_the_newest_migration() -> None:
    folder = Path(dictionary.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == REVISION
