"""Rows that speak of a deal must speak of one that the table `deals` holds."""

from __future__ import annotations

import polars as pl

from history.quarantine import no_problems, problems
from history.source_file import LINE
from history.validate import Checked

STRAY_SHARE = 0.002
"""Amounts often come from another system than the deals. Where nothing but amounts is known of a deal, and of no more
than one deal in 500, they wait in the store for their deal; more is the sign of a wrong or incomplete file."""


def unknown_deals(checked: Checked, known: pl.Series) -> tuple[pl.DataFrame, list[str]]:
    """Bad cells for rows whose deal is not in `known`, and remarks on amounts that wait for their deal."""
    if checked.table.name == "deals" or "deal_id" not in checked.table.names:
        return no_problems(), []
    orphans = checked.rows.filter(pl.col("deal_id").is_not_null() & ~pl.col("deal_id").is_in(known.implode()))
    waiting = _waiting(orphans, known) if checked.table.name == "deal_changes" else orphans.clear()
    bad = orphans.join(waiting.select(LINE), on=LINE, how="anti", maintain_order="left")
    said = pl.repeat("the id of a deal in table deals", bad.height, eager=True, dtype=pl.String)
    path, place = checked.source.path, checked.source.place
    found = problems(checked.table.name, path, place, "deal_id", bad[LINE], bad["deal_id"], said)
    return found, _remarks(path.name, waiting)


def _waiting(orphans: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    only_amounts = orphans.filter((pl.col("field") == "amount").all().over("deal_id"))
    return only_amounts if only_amounts["deal_id"].n_unique() <= STRAY_SHARE * len(known) else orphans.clear()


def _remarks(file: str, waiting: pl.DataFrame) -> list[str]:
    if waiting.is_empty():
        return []
    deals = waiting["deal_id"].unique().sort()
    named = ", ".join(deals.head(5)) + (" ..." if len(deals) > 5 else "")
    return [
        f"{file}: {waiting.height} amounts of {len(deals)} deals that table deals does not hold wait for them ({named})"
    ]
