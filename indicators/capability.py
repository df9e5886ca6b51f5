"""THE INDICATORS of capability: how well a person foresees, and what assessors saw."""

from __future__ import annotations

import datetime as dt

import polars as pl

from indicators.book import RECORD_PERIODS, Book, Record
from indicators.indicator import Indicator, Need
from indicators.needs import CLOSE_DATE, SAID, STAGE

STATED_BEFORE = dt.timedelta(days=30)
ONE_DAY = dt.timedelta(days=1)


def accuracy_rows(book: Book) -> pl.DataFrame:
    miss = (pl.col("forecast") - pl.col("actual")).abs()
    return book.calls.select(rep="scope_id", num=miss, den="actual")


def bias_rows(book: Book) -> pl.DataFrame:
    return book.calls.select(rep="scope_id", num=pl.col("forecast") - pl.col("actual"), den="actual")


def skill_rows(book: Book) -> pl.DataFrame:
    return book.within("assessments", "assessed_at").select(rep="rep_id", num="score")


def skill_growth_rows(book: Book) -> pl.DataFrame:
    """Per skill the last score before the end less the last before the start, where there are both."""
    seen = book.record.once(_assessed)
    key = ["rep_id", "dimension"]
    end, start = (
        seen.filter(pl.col("assessed_at") < instant).group_by(key, maintain_order=True).agg(pl.col("score").last())
        for instant in (book.upto, book.start)
    )
    both = end.join(start, on=key, suffix="_before")
    return both.select(rep="rep_id", num=pl.col("score") - pl.col("score_before"))


def _assessed(record: Record) -> pl.DataFrame:
    return record.past["assessments"].sort("assessed_at", "recorded_at", "assessor", "score")


def slip_rows(book: Book) -> pl.DataFrame:
    """Per win the days from the close date stated `STATED_BEFORE` the closing to the closing."""
    won = book.won.filter("from_open").with_columns(told_at=pl.col("closed_at") - STATED_BEFORE)
    stated = book.record.stated_close(won, "told_at").alias("stated")
    return (
        won.with_columns(stated)
        .drop_nulls("stated")
        .select("rep", num=(pl.col("closed_at") - pl.col("stated")) / ONE_DAY)
    )


def foresight_rows(book: Book) -> pl.DataFrame:
    """Wins with a product line; 1 where it is the one first noted on the deal."""
    ledger, first = book.record.ledger, book.record.once(_first_lines)
    line = ledger.value_at(book.won, "product_line", "closed_at").alias("won_line")
    rows = book.won.with_columns(line).join(first, on="number").drop_nulls("won_line")
    same = (pl.col("first") == pl.col("won_line")).cast(pl.Float64)
    return rows.select("rep", "deal_id", num=same, den=pl.lit(1.0))


def _first_lines(record: Record) -> pl.DataFrame:
    """The product line first noted on each deal: number, first."""
    return record.ledger.first_value("product_line").rename({"value": "first"})


def training_rows(book: Book) -> pl.DataFrame:
    tested = book.within("trainings", "taken_at").drop_nulls("passed")
    return tested.select(rep="rep_id", num=pl.col("passed").cast(pl.Float64), den=pl.lit(1.0))


def hours_rows(book: Book) -> pl.DataFrame:
    return book.within("trainings", "taken_at").drop_nulls("hours").select(rep="rep_id", num="hours")


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
        f"最近 {RECORD_PERIODS} 个已结束期间的 max(0, 1 − Σ|F − A| / ΣA)；预测取季度末前 45 天或月末前 15 天，"
        "优先取提交的预测，否则取预计成交日隐含的预测。",
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
        "同一批预测的 Σ(F − A) / ΣA，带正负号：大于零表示预测高于实际。",
        "ratio",
        bias_rows,
    ),
    Indicator(
        "close_date_slip",
        "close date slip",
        "预计成交日偏差",
        "days",
        "zero",
        "capability",
        False,
        "M",
        (STAGE, CLOSE_DATE),
        f"The median days from the close date that was stated {STATED_BEFORE.days} days before the closing to the "
        "closing, of deals won in the period; above zero they closed later than stated.",
        f"期间内赢单的商机，成交日与成交前 {STATED_BEFORE.days} 天时所填预计成交日之差的中位数（天）；"
        "大于零表示晚于所填日期。",
        "median",
        slip_rows,
    ),
    Indicator(
        "need_foresight",
        "need foreseen",
        "需求预判准确率",
        "fraction",
        "up",
        "capability",
        False,
        "Q",
        (STAGE, Need("deal_changes", "field", "product_line")),
        "Deals won in the period with the product line that was first noted on them, divided by deals won with one.",
        "期间内赢单且有产品线的商机中，成交产品线与最初记录一致者所占比例。",
        "ratio",
        foresight_rows,
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
        "期间内该人员全部技能评估得分的平均值，各维度同权。",
        "mean",
        skill_rows,
    ),
    Indicator(
        "skill_growth",
        "skill growth",
        "销售技能成长",
        "points",
        "up",
        "capability",
        False,
        "Q",
        (Need("assessments"),),
        "The mean over skills of the last assessment before the end less the last before the start of the period.",
        "各项技能在期末前最近一次评估得分减去期初前最近一次得分的平均值。",
        "mean",
        skill_growth_rows,
    ),
    Indicator(
        "training_pass",
        "trainings passed",
        "培训通过率",
        "fraction",
        "up",
        "capability",
        True,
        "Q",
        (Need("trainings", "passed"),),
        "Tests of trainings taken in the period that were passed, divided by those taken.",
        "期间内参加且有考核的培训中通过者所占比例。",
        "ratio",
        training_rows,
    ),
    Indicator(
        "learning_hours",
        "learning hours",
        "学习时长",
        "hours",
        "up",
        "capability",
        True,
        "Q",
        (Need("trainings", "hours"),),
        "The hours of the trainings that ended in the period.",
        "期间内结束的培训学时之和。",
        "sum",
        hours_rows,
    ),
)
