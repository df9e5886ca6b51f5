"""THE INDICATORS of teamwork: what colleagues say."""

from __future__ import annotations

import polars as pl

from indicators.book import Book
from indicators.indicator import Indicator, Need


def collaboration_rows(book: Book) -> pl.DataFrame:
    answers = book.within("surveys", "happened_at").filter(pl.col("kind") == "internal").drop_nulls("rep_id")
    return answers.select(rep="rep_id", num="score")


TEAMWORK = (
    Indicator(
        "collaboration_score",
        "collaboration",
        "内部协作满意度",
        "points",
        "up",
        "teamwork",
        False,
        "Q",
        (Need("surveys", "kind", "internal"),),
        "The mean score of internal survey answers about the person in the period.",
        "期间内针对该人员的内部协作调查平均分。",
        "mean",
        collaboration_rows,
    ),
)
