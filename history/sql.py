"""The SQL form of the canonical tables, derived from their declarations, and the tables the store keeps beside them."""

from __future__ import annotations

import sqlalchemy as sa

from history.schema import Kind, Table
from history.tables import TABLES

EXTRAS, ROW_KEY, IMPORT_ID = "extras", "row_key", "import_id"

_TYPES: dict[Kind, sa.types.TypeEngine] = {
    "text": sa.Text(),
    "number": sa.Double(),
    "integer": sa.BigInteger(),
    "money": sa.Double(),
    "instant": sa.DateTime(),
    "boolean": sa.Boolean(),
}


def declare(table: Table, metadata: sa.MetaData) -> sa.Table:
    """The SQL table of a canonical table: its columns, plus row key, extra columns as JSON text, and import."""
    columns = [sa.Column(c.name, _TYPES[c.kind], nullable=not c.required) for c in table.columns]
    return sa.Table(
        table.name,
        metadata,
        sa.Column(ROW_KEY, sa.LargeBinary(), primary_key=True),
        *columns,
        sa.Column(EXTRAS, sa.Text()),
        sa.Column(IMPORT_ID, sa.Integer()),
    )


def declare_all() -> sa.MetaData:
    """Every table of the store: what the migrations must lead to."""
    metadata = sa.MetaData()
    for table in TABLES.values():
        declare(table, metadata)
    sa.Table("meta", metadata, sa.Column("name", sa.Text(), primary_key=True), sa.Column("value", sa.Text()))
    sa.Table(
        "extra_columns",
        metadata,
        sa.Column("table_name", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
    )
    sa.Table(
        "imports",
        metadata,
        sa.Column("import_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
    )
    sa.Table(
        "quarantine",
        metadata,
        sa.Column(ROW_KEY, sa.LargeBinary(), primary_key=True),
        sa.Column(IMPORT_ID, sa.Integer(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("row", sa.Text()),
    )
    return metadata
