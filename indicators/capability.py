"""THE INDICATORS of capability: how well a person foresees, and what assessors saw."""

from __future__ import annotations

import polars as pl

from indicators.book import RECORD_PERIODS, Book
from indicators.indicator import Indicator, Need
from indicators.process import CLOSE_DATE

SAID = Need("forecast_calls", instead=CLOSE_DATE)


def accuracy_rows(book: Book) -> pl.DataFrame:
    miss = (pl.col("forecast") - pl.col("actual")).abs()
    return book.calls.select(rep="scope_id", num=miss, den="actual")


def bias_rows(book: Book) -> pl.DataFrame:
    return book.calls.select(rep="scope_id", num=pl.col("forecast") - pl.col("actual"), den="actual")


def skill_rows(book: Book) -> pl.DataFrame:
    return book.within("assessments", "assessed_at").select(rep="rep_id", num="score")


CAPABILITY = (
    Indicator(
        "forecast_accuracy",
        "forecast accuracy",
        "预测准确率",
        "fraction",
        "up",
        "capability",
        False,
        "M",
        (SAID,),
        f"max(0, 1 − Σ|F − A| / ΣA) over the last {RECORD_PERIODS} periods that have ended, the call taken 45 days "
        "before the end of a quarter or 15 before the end of a month; the calls submitted, else those implied by "
        "close dates.",
        f"最近 {RECORD_PERIODS} 个已结束期间的 max(0, 1 − Σ|F − A| / ΣA);预测取季度末前 45 天或月末前 15 天,"
        "优先取提交的预测,否则取预计成交日隐含的预测。",
        "accuracy",
        accuracy_rows,
    ),
    Indicator(
        "forecast_bias",
        "forecast bias",
        "预测偏差",
        "fraction",
        "zero",
        "capability",
        False,
        "M",
        (SAID,),
        "Σ(F − A) / ΣA over the same calls, signed: above zero more was called than came.",
        "同一批预测的 Σ(F − A) / ΣA,带正负号:大于零表示预测高于实际。",
        "ratio",
        bias_rows,
    ),
    Indicator(
        "skill_score",
        "skill score",
        "销售技能评分",
        "points",
        "up",
        "capability",
        False,
        "Q",
        (Need("assessments"),),
        "The mean of all skill assessments of the person in the period, every dimension alike.",
        "期间内该人员全部技能评估得分的平均值,各维度同权。",
        "mean",
        skill_rows,
    ),
)
