"""THE INDICATORS of leads: how many came, how fast they were answered, how many became deals."""

from __future__ import annotations

import datetime as dt

import polars as pl

from indicators.book import Book
from indicators.indicator import Indicator, Need

IN_TIME = dt.timedelta(hours=4)
ONE_MINUTE = dt.timedelta(minutes=1)


def lead_rows(book: Book) -> pl.DataFrame:
    return _leads(book).select(rep="rep_id", num=pl.lit(1.0))


def response_rows(book: Book) -> pl.DataFrame:
    answered = _leads(book).drop_nulls("first_response_at")
    return answered.select(rep="rep_id", num=(pl.col("first_response_at") - pl.col("created_at")) / ONE_MINUTE)


def in_time_rows(book: Book) -> pl.DataFrame:
    """Leads that were answered, or whose time to be answered is over; 1 where the answer came in time."""
    deadline = pl.col("created_at") + IN_TIME
    in_time = (pl.col("first_response_at") <= deadline).fill_null(False)
    told = in_time | (deadline < book.record.as_of)
    return _leads(book).filter(told).select(rep="rep_id", num=in_time.cast(pl.Float64), den=pl.lit(1.0))


def conversion_rows(book: Book) -> pl.DataFrame:
    became = (pl.col("qualified_at") < book.upto).fill_null(False).cast(pl.Float64)
    return _leads(book).select(rep="rep_id", num=became, den=pl.lit(1.0))


def _leads(book: Book) -> pl.DataFrame:
    return book.within("leads", "created_at").drop_nulls("rep_id")


OWNED = Need("leads", "rep_id")

LEADS = (
    Indicator(
        "leads_created",
        "leads created",
        "新增线索数",
        "leads",
        "up",
        "process",
        True,
        "W",
        (OWNED,),
        "Leads that came in in the period, by who handles them.",
        "期间内进入的线索数，归属处理人。",
        "sum",
        lead_rows,
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
        "期间内线索从进入到首次响应的分钟数中位数（仅含已响应者）。",
        "median",
        response_rows,
    ),
    Indicator(
        "lead_response_in_time",
        "leads answered in time",
        "线索及时响应率",
        "fraction",
        "up",
        "process",
        True,
        "W",
        (Need("leads", "first_response_at"),),
        f"Leads of the period answered within {IN_TIME.seconds // 3600} hours divided by leads; one that nobody has "
        "answered counts once that time is over.",
        f"期间内线索中 {IN_TIME.seconds // 3600} 小时内得到响应者所占比例；超过时限仍无响应的计为不及时。",
        "ratio",
        in_time_rows,
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
        (OWNED,),
        "Leads of the period that had become deals by its end divided by leads of the period.",
        "期间内进入的线索中，至期末已转为商机者所占比例。",
        "ratio",
        conversion_rows,
    ),
)
