"""A table as CSV that a spreadsheet opens without running what stands in its cells."""

from __future__ import annotations

import polars as pl
import polars.selectors as cs

STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""


def csv_text(frame: pl.DataFrame) -> str:
    """`frame` as CSV, UTF-8; instants are ISO 8601 in UTC; a text that looks like a formula has ' before it.

    >>> csv_text(pl.DataFrame({"name": ["=1+1", "Acme"], "points": [-2.0, 3.0]}))
    "name,points\\n'=1+1,-2.0\\nAcme,3.0\\n"
    """
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    safe = [
        pl.when(looks_like_formula(name)).then(pl.concat_str(pl.lit("'"), pl.col(name))).otherwise(name).alias(name)
        for name in texts
    ]
    dated = frame.with_columns(cs.datetime().dt.strftime("%Y-%m-%dT%H:%M:%SZ"), *safe)
    return dated.write_csv()


def looks_like_formula(name: str) -> pl.Expr:
    """Whether the text of a column begins as a formula does."""
    return pl.any_horizontal(pl.col(name).str.starts_with(mark) for mark in STARTS)
