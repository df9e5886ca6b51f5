"""What became of deals: won, lost or still open at a horizon. Looks past the as-of date by design, never past the cut.

A row is labelled by the first closing that was not yet known at its as-of date, so a win that was entered late still
counts for the days on which the deal looked open.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.as_of import known
from history.deals import closings
from history.record import History

WON, LOST, OPEN = "won", "lost", "open"


def first_closings(history: History, spine: pl.DataFrame, cut: dt.datetime) -> pl.DataFrame:
    """`spine` (deal_id, as_of, ...) in its own order with the first closing after each row, as known at `cut`.

    Adds `closed_at` (UTC instant, null while open) and `outcome` ("won", "lost", null). A closing that had been undone
    by the as-of date is passed over.
    """
    ends = closings(known(history, cut)).select("deal_id", "closed_at", "recorded_at", "outcome", "reopened_at")
    rows = spine.select("deal_id", "as_of").with_row_index("_row")
    unseen = pl.max_horizontal("closed_at", "recorded_at") >= pl.col("as_of")
    stands = pl.col("reopened_at").is_null() | (pl.col("reopened_at") > pl.col("as_of"))
    first = (
        rows.join(ends, on="deal_id", how="inner")
        .filter(unseen & stands)
        .sort("_row", "closed_at", "recorded_at")
        .unique("_row", keep="first", maintain_order=True)
        .select("_row", "closed_at", "outcome")
    )
    return spine.with_row_index("_row").join(first, on="_row", how="left", maintain_order="left").drop("_row")


def outcomes_by(history: History, spine: pl.DataFrame, cut: dt.datetime) -> pl.DataFrame:
    """`spine` (deal_id, as_of, horizon_end, ...) in its own order with its label, as known at `cut`.

    Adds `closed_at`, `outcome` and `label`: "won" or "lost" when the first closing lies before `horizon_end`
    (exclusive), "open" when none does, null where `horizon_end` lies after `cut` and so has not been observed.
    """
    joined = first_closings(history, spine, cut)
    label = (
        pl.when(pl.col("horizon_end") > cut)
        .then(None)
        .when(pl.col("closed_at") < pl.col("horizon_end"))
        .then("outcome")
        .otherwise(pl.lit(OPEN))
    )
    return joined.with_columns(label=label)


def closed_counts(history: History, cut: dt.datetime) -> dict[str, int]:
    """How many distinct deals had been won and lost, from an open state, before `cut`: {"won": n, "lost": n}."""
    ends = closings(known(history, cut)).filter(pl.col("from_open") & (pl.col("closed_at") < cut))
    counts = ends.group_by("outcome").agg(pl.col("deal_id").n_unique().alias("n"))
    return {WON: 0, LOST: 0, **dict(counts.iter_rows())}
