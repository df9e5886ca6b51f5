"""Parquet files of a canonical folder."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from history.errors import FileUnreadable
from history.source_file import LINE, SourceFile, canonical_names


def read_parquet(path: Path) -> SourceFile:
    """A Parquet file under canonical names with its rows counted from 1; `FileUnreadable` when it is damaged."""
    if path.stat().st_size == 0:
        raise FileUnreadable(f"{path} is empty; expected a Parquet file. Export it again or remove the file.")
    try:
        frame = pl.read_parquet(path.read_bytes())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileUnreadable(
            f"{path} is damaged or cut short; expected a whole Parquet file. Export or copy it again."
        ) from error
    frame = frame.rename(canonical_names(frame.columns))
    return SourceFile(path, frame.with_row_index(LINE, offset=1).with_columns(pl.col(LINE).cast(pl.Int64)), "row")
