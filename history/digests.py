"""Digests of rows: the same content gives the same 16 bytes on any machine and in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl


def row_keys(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """One 16-byte digest per row over `columns`; a missing value differs from an empty one.

    >>> frame = pl.DataFrame({"a": ["x", "x", None], "b": [1.0, 1.0, 1.0]})
    >>> row_keys(frame, ["a", "b"]).n_unique()
    2
    """
    texts = row_texts(frame, columns)
    digests = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
    return pl.Series("row_key", digests, dtype=pl.Binary)


def row_texts(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """One text per row with the exact values of `columns`, each with its length, so that none runs into the next."""
    if frame.is_empty():
        return pl.Series("text", [], dtype=pl.String)
    parts = pl.DataFrame([_exact_text(frame[name]).alias(name) for name in columns])
    measured = [pl.format("{}:{};", pl.col(name).str.len_bytes(), name).fill_null("~;") for name in columns]
    return parts.select(pl.concat_str(measured).alias("text")).to_series()


def _exact_text(series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, pl.Datetime):
        return series.dt.epoch("us").cast(pl.String)
    if series.dtype.is_float():
        # Bits rather than decimal text: how a float is printed may change between versions, its bits may not.
        bits = (series.fill_null(0.0).to_numpy() + 0.0).view(np.int64)
        return pl.Series(series.name, bits).set(series.is_null(), None).cast(pl.String)
    return series.cast(pl.String)
