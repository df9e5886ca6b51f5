"""THE INDICATORS of teamwork: what is shared, whether help comes in time, and what colleagues say."""

from __future__ import annotations

import polars as pl

from indicators.book import Book
from indicators.indicator import Indicator, Need


def collaboration_rows(book: Book) -> pl.DataFrame:
    answers = book.within("surveys", "happened_at").filter(pl.col("kind") == "internal").drop_nulls("rep_id")
    return answers.select(rep="rep_id", num="score")


def shared_rows(book: Book) -> pl.DataFrame:
    return _acts(book, "shared")


def used_rows(book: Book) -> pl.DataFrame:
    return _acts(book, "used")


def _acts(book: Book, kind: str) -> pl.DataFrame:
    acts = book.within("contributions", "happened_at").filter(pl.col("kind") == kind)
    return acts.select(rep="rep_id", num=pl.lit(1.0))


def support_rows(book: Book) -> pl.DataFrame:
    in_time = (pl.col("done_at") <= pl.col("due_at")).fill_null(False)
    return book.within("support_tasks", "due_at").select(rep="rep_id", num=in_time.cast(pl.Float64), den=pl.lit(1.0))


TEAMWORK = (
    Indicator(
        "knowledge_shared",
        "knowledge shared",
        "知识分享贡献",
        "items",
        "up",
        "teamwork",
        True,
        "Q",
        (Need("contributions", "kind", "shared"),),
        "Items of knowledge that the person shared in the period.",
        "期间内该人员分享的知识条目数。",
        "sum",
        shared_rows,
    ),
    Indicator(
        "knowledge_used",
        "knowledge used by others",
        "知识被使用次数",
        "uses",
        "up",
        "teamwork",
        True,
        "Q",
        (Need("contributions", "kind", "used"),),
        "How often in the period others used items that the person had shared, whenever that was.",
        "期间内他人使用该人员（无论何时）所分享知识的次数。",
        "sum",
        used_rows,
    ),
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
    Indicator(
        "support_timeliness",
        "help in time",
        "跨部门支持及时率",
        "fraction",
        "up",
        "teamwork",
        True,
        "Q",
        (Need("support_tasks"),),
        "Requests for help due in the period that the person had done by then, divided by requests due.",
        "期间内到期的支持请求中按期完成者所占比例。",
        "ratio",
        support_rows,
    ),
)
