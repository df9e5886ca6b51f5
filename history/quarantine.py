"""Bad cells by name: where each stands, what it holds and what was expected. Rows are set aside, never dropped."""

from __future__ import annotations

from pathlib import Path

import polars as pl

SCHEMA = {
    "table_name": pl.String(),
    "file": pl.String(),
    "place": pl.String(),
    "line": pl.Int64(),
    "column_name": pl.String(),
    "value": pl.String(),
    "expected": pl.String(),
}
"""One row per bad cell. `place` is "line" for CSV and "row" for Parquet."""


def no_problems() -> pl.DataFrame:
    return pl.DataFrame(schema=SCHEMA)


def problems(
    table_name: str, path: Path, place: str, column: str, line: pl.Series, value: pl.Series, expected: pl.Series
) -> pl.DataFrame:
    """Problem rows for the cells of one column; the three series stand side by side."""
    frame = pl.DataFrame({"line": line, "value": value.cast(pl.String), "expected": expected.cast(pl.String)})
    named = frame.with_columns(
        table_name=pl.lit(table_name), file=pl.lit(path.name), place=pl.lit(place), column_name=pl.lit(column)
    )
    return named.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def rows_of(found: pl.DataFrame) -> pl.DataFrame:
    """The bad rows among the bad cells: table_name, file, line, each once."""
    return found.select("table_name", "file", "line").unique(maintain_order=True)


def describe(problem: dict[str, object]) -> str:
    """One problem as a phrase: file, line, column, value, expectation.

    >>> describe({"file": "deals.csv", "place": "line", "line": 3, "column_name": "created_at", "value": "soon",
    ...           "expected": "a date"})
    "deals.csv line 3, column created_at: 'soon' where a date was expected"
    """
    value = problem["value"]
    given = "nothing" if value is None else repr(str(value)[:80])
    where = f"{problem['file']} {problem['place']} {problem['line']}, column {problem['column_name']}"
    return f"{where}: {given} where {problem['expected']} was expected"


def summary(found: pl.DataFrame) -> str:
    """How many rows of which files cannot be used, and the first of the reasons, as one line."""
    rows = rows_of(found)
    files = ", ".join(sorted(set(rows["file"])))
    first = describe(found.row(0, named=True))
    noun = "row" if rows.height == 1 else "rows"
    more = f" (and {found.height - 1:,} more)" if found.height > 1 else ""
    return f"{rows.height:,} {noun} of {files} cannot be used. {first}{more}."
