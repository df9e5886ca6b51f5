"""THE INDICATORS of process: the work that comes before results."""

from __future__ import annotations

import datetime as dt

import polars as pl

from indicators.book import Book
from indicators.indicator import MONEY, Indicator, Need
from indicators.results import AMOUNT, REP_QUOTA, STAGE

CLOSE_DATE = Need("deal_changes", "field", "close_date")
EFFECTIVE_CALL_MINUTES = 3.0
COVERAGE_AFTER_DAYS = 1


def created_rows(book: Book) -> pl.DataFrame:
    new = book.standing.filter(pl.col("created_at") >= book.start)
    return new.select("rep", num="amount")


def coverage_rows(book: Book) -> pl.DataFrame:
    """Open amount dated in the period against what is still to win, at the as-of instant or the first day's end."""
    at = book.upto if book.record.as_of < book.end else book.start + dt.timedelta(days=COVERAGE_AFTER_DAYS)
    deals = book.standing_at(at)
    dated = pl.col("close_date").is_between(book.start, book.end, closed="left") & pl.col("outcome").is_null()
    booked = (pl.col("outcome") == "won") & (pl.col("closed_at") >= book.start)
    sums = deals.group_by("rep").agg(
        num=pl.col("amount").filter(dated).sum(), booked=pl.col("amount").filter(booked).sum()
    )
    rows = book.targets.join(sums, on="rep", how="left").with_columns(pl.col("num", "booked").fill_null(0.0))
    to_win = pl.col("target") - pl.col("booked")
    return rows.filter(to_win > 0).select("rep", "num", den=to_win)


def cycle_rows(book: Book) -> pl.DataFrame:
    won = book.won.filter("from_open").join(book.standing.select("deal_id", "created_at"), on="deal_id")
    days = (pl.col("closed_at") - pl.col("created_at")).dt.total_seconds() / 86400
    return won.select("rep", num=days)


def visit_rows(book: Book) -> pl.DataFrame:
    return _touches(book, "visit").select("rep", num=pl.lit(1.0))


def effective_visit_rows(book: Book) -> pl.DataFrame:
    judged = _touches(book, "visit").drop_nulls("effective")
    return judged.select("rep", num=pl.col("effective").cast(pl.Float64), den=pl.lit(1.0))


def effective_call_rows(book: Book) -> pl.DataFrame:
    long = _touches(book, "call").filter(pl.col("duration_minutes") >= EFFECTIVE_CALL_MINUTES)
    return long.select("rep", num=pl.lit(1.0))


def hygiene_rows(book: Book) -> pl.DataFrame:
    """Open deals at the end; clean when every field the company keeps at all is filled and the date is not past."""
    deals = book.standing.filter(pl.col("outcome").is_null())
    people = book.past["contacts"].filter(pl.col("added_at") < book.upto)
    kept = {
        "close_date": pl.col("close_date").is_not_null() & (pl.col("close_date") > book.upto - dt.timedelta(days=1)),
        "next_step": pl.col("next_step").str.strip_chars() != "",
        "amount": pl.col("amount").is_not_null(),
    }
    fields = set(book.past["deal_changes"]["field"].unique())
    clean = [rule.fill_null(False) for field, rule in kept.items() if field in fields]
    if not people.is_empty():
        clean.append(pl.col("deal_id").is_in(people["deal_id"].unique().implode()))
    ok = pl.all_horizontal(clean) if clean else pl.lit(None, dtype=pl.Boolean)
    return deals.select("rep", num=ok.cast(pl.Float64), den=pl.lit(1.0)).drop_nulls("num")


def response_rows(book: Book) -> pl.DataFrame:
    leads = book.within("leads", "created_at").drop_nulls(["rep_id", "first_response_at"])
    minutes = (pl.col("first_response_at") - pl.col("created_at")).dt.total_seconds() / 60
    return leads.select(rep="rep_id", num=minutes)


def conversion_rows(book: Book) -> pl.DataFrame:
    leads = book.within("leads", "created_at").drop_nulls("rep_id")
    became = (pl.col("qualified_at") < book.upto).fill_null(False).cast(pl.Float64)
    return leads.select(rep="rep_id", num=became, den=pl.lit(1.0))


def _touches(book: Book, kind: str) -> pl.DataFrame:
    """Touches of one kind in the period with `rep`: who made it, else the owner of the deal."""
    rows = book.within("activities", "happened_at").filter(pl.col("kind") == kind)
    owners = book.standing.select("deal_id", "rep")
    return rows.join(owners, on="deal_id", how="left").with_columns(rep=pl.coalesce("rep_id", "rep")).drop_nulls("rep")


VISITS = Need("activities", "kind", "visit")

PROCESS = (
    Indicator(
        "pipeline_created",
        "pipeline created",
        "新增商机额",
        MONEY,
        "up",
        "process",
        True,
        "W",
        (AMOUNT,),
        "The amounts of deals created in the period, as of its end, credited to the owner then.",
        "期间内创建的商机金额之和,金额与负责人取期末值。",
        "sum",
        created_rows,
    ),
    Indicator(
        "pipeline_coverage",
        "pipeline coverage",
        "商机覆盖倍数",
        "times",
        "up",
        "process",
        True,
        "W",
        (AMOUNT, CLOSE_DATE, REP_QUOTA),
        "Open amount expected to close in the period divided by target less won so far; on the as-of day while the "
        "period runs, at the end of its first day once it is over. Left out when the target is reached.",
        "预计在本期间成交的在谈金额除以(目标减已赢单);期间进行中取截至日,期间结束后取首日结束时。目标已达成时不计。",
        "ratio",
        coverage_rows,
    ),
    Indicator(
        "sales_cycle",
        "sales cycle",
        "平均销售周期",
        "days",
        "down",
        "process",
        False,
        "M",
        (STAGE,),
        "The median days from creation to win, of deals won in the period that had been open before.",
        "期间内赢单(此前处于在谈状态)的商机从创建到赢单天数的中位数。",
        "median",
        cycle_rows,
    ),
    Indicator(
        "visits",
        "customer visits",
        "客户拜访量",
        "visits",
        "up",
        "process",
        True,
        "W",
        (VISITS,),
        "Visits made in the period, online and on site together.",
        "期间内的客户拜访次数,含线上与现场。",
        "sum",
        visit_rows,
    ),
    Indicator(
        "effective_visit_rate",
        "effective visits",
        "有效拜访率",
        "fraction",
        "up",
        "process",
        True,
        "W",
        (VISITS, Need("activities", "effective")),
        "Visits marked effective divided by visits that were marked either way.",
        "标记为有效的拜访数除以已标记是否有效的拜访数。",
        "ratio",
        effective_visit_rows,
    ),
    Indicator(
        "effective_calls",
        "effective calls",
        "有效通话次数",
        "calls",
        "up",
        "process",
        True,
        "W",
        (Need("activities", "kind", "call"), Need("activities", "duration_minutes")),
        f"Calls in the period that lasted at least {EFFECTIVE_CALL_MINUTES:.0f} minutes.",
        f"期间内时长不少于 {EFFECTIVE_CALL_MINUTES:.0f} 分钟的通话次数。",
        "sum",
        effective_call_rows,
    ),
    Indicator(
        "data_hygiene",
        "data hygiene",
        "数据质量",
        "fraction",
        "up",
        "process",
        True,
        "W",
        (Need("deals"),),
        "Open deals at the end whose close date is not past and whose next step, amount and contact are there, "
        "divided by open deals; a field that the company keeps nowhere is not asked for.",
        "期末在谈商机中,预计成交日未过期且下一步、金额、联系人齐备者所占比例;公司从未使用的字段不作要求。",
        "ratio",
        hygiene_rows,
    ),
    Indicator(
        "lead_response_time",
        "lead response time",
        "线索首次响应时长",
        "minutes",
        "down",
        "process",
        True,
        "W",
        (Need("leads", "first_response_at"),),
        "The median minutes from a lead of the period to the first response, of leads that got one.",
        "期间内线索从进入到首次响应的分钟数中位数(仅含已响应者)。",
        "median",
        response_rows,
    ),
    Indicator(
        "lead_conversion",
        "lead conversion",
        "线索-商机转化率",
        "fraction",
        "up",
        "process",
        True,
        "M",
        (Need("leads", "rep_id"),),
        "Leads of the period that had become deals by its end divided by leads of the period.",
        "期间内进入的线索中,至期末已转为商机者所占比例。",
        "ratio",
        conversion_rows,
    ),
)
