"""One file of a canonical folder as it was read: the rows, still as written, and the line each one stands on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

LINE = "_line"


@dataclass(frozen=True)
class SourceFile:
    """`rows` has the file's columns under canonical names and `_line`: the line in a CSV, the row in a Parquet file."""

    path: Path
    rows: pl.DataFrame
    place: str

    @property
    def columns(self) -> list[str]:
        return [column for column in self.rows.columns if column != LINE]


def canonical_names(columns: list[str]) -> dict[str, str]:
    """Headings as canonical names: `Deal ID` is `deal_id`. A heading that would collide keeps its own form.

    >>> canonical_names(["Deal ID", "deal_id", "Owner"])
    {'Deal ID': 'Deal ID', 'deal_id': 'deal_id', 'Owner': 'owner'}
    """
    plain = {column: "_".join(column.strip().strip("\ufeff").lower().split()) for column in columns}
    taken = set(columns)
    return {
        column: name if name == column or (name not in taken and list(plain.values()).count(name) == 1) else column
        for column, name in plain.items()
    }
