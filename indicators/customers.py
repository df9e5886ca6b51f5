"""THE INDICATORS of customers: who came, who stayed, who bought again, and what they say."""

from __future__ import annotations

import datetime as dt

import polars as pl

from indicators.book import CUSTOMER_DAYS, Book
from indicators.indicator import Indicator, Need
from indicators.needs import CUSTOMER, STAGE

PROMOTES_FROM, DETRACTS_TO = 9, 6
KEPT = f"an account with a win in {CUSTOMER_DAYS} days"


def new_customer_rows(book: Book) -> pl.DataFrame:
    """Wins in the span that are the first of their account; a deal without an account counts for none."""
    stood = pl.col("reopened_at").is_null() | (pl.col("reopened_at") >= book.upto)
    ever = book.record.wins.filter((pl.col("closed_at") < book.upto) & stood)
    firsts = ever.unique("account_id", keep="first", maintain_order=True).filter(pl.col("closed_at") >= book.start)
    least = float(book.past.settings.raw.get("scorecard", {}).get("new_customer_at_least", 0))
    worth = firsts.join(book.won.select("deal_id", "amount"), on="deal_id", how="left")
    counts = (pl.col("amount") >= least).fill_null(least <= 0)
    return worth.filter(counts).select("rep", num=pl.lit(1.0))


def retention_rows(book: Book) -> pl.DataFrame:
    return book.once(_kept)


def _kept(book: Book) -> pl.DataFrame:
    """Customers at the start; 1 where they are customers at the end too. Credited to whoever won them last by then."""
    started = book.customers(book.start)
    stays = pl.col("account_id").is_in(book.customers(book.upto)["account_id"].implode())
    return started.select("rep", num=stays.cast(pl.Float64), den=pl.lit(1.0))


def churn_rows(book: Book) -> pl.DataFrame:
    return retention_rows(book).with_columns(num=1 - pl.col("num"))


def repeat_rows(book: Book) -> pl.DataFrame:
    again = (pl.col("wins") > 1).cast(pl.Float64)
    return book.customers(book.upto).select("rep", num=again, den=pl.lit(1.0))


def nps_rows(book: Book) -> pl.DataFrame:
    says = pl.when(pl.col("score") >= PROMOTES_FROM).then(100.0).when(pl.col("score") <= DETRACTS_TO).then(-100.0)
    return _answers(book, "nps").select(rep="rep_id", num=says.otherwise(0.0))


def csat_rows(book: Book) -> pl.DataFrame:
    return _answers(book, "csat").select(rep="rep_id", num="score")


def _answers(book: Book, kind: str) -> pl.DataFrame:
    return book.within("surveys", "happened_at").filter(pl.col("kind") == kind).drop_nulls("rep_id")


def complaint_rows(book: Book) -> pl.DataFrame:
    """Complaints of the span against customers at its end; a case is a customer."""
    came = book.within("complaints", "opened_at").drop_nulls("rep_id")
    complaints = came.select(rep="rep_id", num=pl.lit(1.0), den=pl.lit(0.0), n=pl.lit(0))
    active = book.customers(book.upto).select("rep", num=pl.lit(0.0), den=pl.lit(1.0), n=pl.lit(1))
    return pl.concat([complaints, active])


def response_rows(book: Book) -> pl.DataFrame:
    solved = book.within("complaints", "resolved_at").drop_nulls("rep_id")
    return solved.select(rep="rep_id", num=(pl.col("resolved_at") - pl.col("opened_at")) / dt.timedelta(hours=1))


CUSTOMERS = (
    Indicator(
        "new_customers",
        "new customers",
        "新客户数",
        "customers",
        "up",
        "results",
        False,
        "M",
        (STAGE, CUSTOMER),
        "Customers whose first win ever falls into the period; where dealcast.toml sets new_customer_at_least under "
        "[scorecard], only first wins of that amount or more.",
        "首次赢单发生在本期间的客户数；若 dealcast.toml 的 [scorecard] 设有 new_customer_at_least，"
        "则只计首单金额达到该值者。",
        "sum",
        new_customer_rows,
    ),
    Indicator(
        "retention",
        "customer retention",
        "客户留存率",
        "fraction",
        "up",
        "results",
        False,
        "Q",
        (STAGE, CUSTOMER),
        f"Customers at the start who are customers at the end, divided by customers at the start; a customer is "
        f"{KEPT}.",
        f"期初客户中期末仍为客户者 ÷ 期初客户数；客户指 {CUSTOMER_DAYS} 天内有赢单的账户。",
        "ratio",
        retention_rows,
    ),
    Indicator(
        "churn",
        "customer churn",
        "客户流失率",
        "fraction",
        "down",
        "results",
        False,
        "Q",
        (STAGE, CUSTOMER),
        "1 less customer retention.",
        "1 − 客户留存率。",
        "ratio",
        churn_rows,
    ),
    Indicator(
        "repeat_and_upsell",
        "repeat and upsell",
        "增购/复购率",
        "fraction",
        "up",
        "results",
        False,
        "Q",
        (STAGE, CUSTOMER),
        f"Customers at the end of the period who had bought before their last win, divided by customers; a customer is "
        f"{KEPT}.",
        f"期末客户中在最近一次赢单之前已购买过者 ÷ 期末客户数；客户指 {CUSTOMER_DAYS} 天内有赢单的账户。",
        "ratio",
        repeat_rows,
    ),
    Indicator(
        "nps",
        "net promoter score",
        "净推荐值",
        "points",
        "up",
        "results",
        False,
        "Q",
        (Need("surveys", "kind", "nps"),),
        f"100 times the share of answers of {PROMOTES_FROM} and more less the share of {DETRACTS_TO} and less, of the "
        "answers about the person in the period.",
        f"期间内针对该人员的答卷中，{PROMOTES_FROM} 分及以上的占比减去 {DETRACTS_TO} 分及以下的占比，乘以 100。",
        "mean",
        nps_rows,
    ),
    Indicator(
        "csat",
        "customer satisfaction",
        "客户满意度",
        "points",
        "up",
        "results",
        False,
        "Q",
        (Need("surveys", "kind", "csat"),),
        "The mean score of customer satisfaction answers about the person in the period.",
        "期间内针对该人员的客户满意度调查平均分。",
        "mean",
        csat_rows,
    ),
    Indicator(
        "complaint_rate",
        "complaint rate",
        "投诉率",
        "per customer",
        "down",
        "results",
        False,
        "M",
        (Need("complaints"), STAGE, CUSTOMER),
        f"Complaints of the period divided by customers at its end; a customer is {KEPT}.",
        f"期间内投诉数 ÷ 期末客户数；客户指 {CUSTOMER_DAYS} 天内有赢单的账户。",
        "ratio",
        complaint_rows,
    ),
    Indicator(
        "response_time",
        "time to resolve a complaint",
        "平均服务响应时间",
        "hours",
        "down",
        "results",
        False,
        "M",
        (Need("complaints", "resolved_at"),),
        "The median hours from a complaint to its resolution, of complaints resolved in the period.",
        "期间内解决的投诉从提出到解决的小时数中位数。",
        "median",
        response_rows,
    ),
)
