"""THE INDICATORS of billing: what was collected, at what margin, and what winning customers costs."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.fiscal import parse_period
from indicators.book import CUSTOMER_DAYS, Book
from indicators.customers import new_customer_rows
from indicators.indicator import MONEY, Indicator, Need
from indicators.needs import CUSTOMER, STAGE

ONE_DAY, ONE_YEAR = dt.timedelta(days=1), dt.timedelta(days=CUSTOMER_DAYS)
LONGEST_LIFE_YEARS = 10.0


def collection_rows(book: Book) -> pl.DataFrame:
    """What was paid in the span against what fell due in it; a case is an invoice that fell due."""
    paid = book.in_currency(book.with_owner(book.within("invoices", "paid_at")), "paid_amount")
    due = book.in_currency(book.with_owner(book.within("invoices", "due_at")), "amount")
    came = paid.select("rep", num=pl.col("paid_amount").fill_null(0.0), den=pl.lit(0.0), n=pl.lit(0))
    owed = due.select("rep", num=pl.lit(0.0), den="amount", n=pl.lit(1))
    return pl.concat([came, owed])


def days_to_collect_rows(book: Book) -> pl.DataFrame:
    return _paid(book).select("rep", num="days")


def weighted_days_rows(book: Book) -> pl.DataFrame:
    paid = book.in_currency(_paid(book), "paid_amount").drop_nulls("paid_amount")
    return paid.select("rep", num=pl.col("days") * pl.col("paid_amount"), den="paid_amount")


def _paid(book: Book) -> pl.DataFrame:
    rows = book.with_owner(book.within("invoices", "paid_at"))
    return rows.with_columns(days=(pl.col("paid_at") - pl.col("issued_at")) / ONE_DAY)


def margin_rows(book: Book) -> pl.DataFrame:
    billed = book.with_owner(book.within("invoices", "issued_at")).drop_nulls(["amount", "cost"])
    rows = book.in_currency(billed, "amount", "cost")
    return rows.select("rep", num=pl.col("amount") - pl.col("cost"), den="amount")


def lifetime_rows(book: Book) -> pl.DataFrame:
    """Per customer billed in the year up to the end: the margin of that year times the years a customer stays."""
    year = pl.col("issued_at").is_between(book.upto - ONE_YEAR, book.upto, closed="left")
    billed = book.with_owner(book.past["invoices"].filter(year)).drop_nulls(["amount", "cost"])
    rows = book.in_currency(billed, "amount", "cost").join(book.record.accounts, on="deal_id")
    margin = rows.group_by("rep", "account_id").agg(margin=(pl.col("amount") - pl.col("cost")).sum())
    return margin.select("rep", num=pl.col("margin") * _years_a_customer_stays(book)).sort("rep", "num")


def _years_a_customer_stays(book: Book) -> pl.Expr:
    """1 / the company's churn over the last year, at most `LONGEST_LIFE_YEARS`; null without customers a year ago."""
    before = book.customers(book.upto - ONE_YEAR)["account_id"]
    if before.is_empty():
        return pl.lit(None, dtype=pl.Float64)
    stayed = before.is_in(book.customers(book.upto)["account_id"].implode()).mean()
    churn = 1 - float(stayed if isinstance(stayed, float) else 0.0)
    return pl.lit(min(1 / churn, LONGEST_LIFE_YEARS) if churn > 0 else LONGEST_LIFE_YEARS)


def acquisition_rows(book: Book) -> pl.DataFrame:
    """The person's own costs, and of each channel's the person's share of deals from it, against new customers."""
    costs = book.past["costs"].filter(pl.col("period").is_in(_periods_within(book)))
    own = costs.drop_nulls("rep_id").select(rep="rep_id", num="amount")
    born = book.standing.filter(pl.col("created_at") >= book.start).drop_nulls("source")
    share = (
        born.group_by("rep", channel="source")
        .agg(here=pl.len())
        .with_columns(share=pl.col("here") / pl.col("here").sum().over("channel"))
    )
    of_channel = costs.filter(pl.col("rep_id").is_null()).join(share, on="channel")
    spent = pl.concat([own, of_channel.select("rep", num=pl.col("amount") * pl.col("share"))])
    new = new_customer_rows(book).select("rep", num=pl.lit(0.0), den=pl.lit(1.0), n=pl.lit(1))
    return pl.concat([spent.with_columns(den=pl.lit(0.0), n=pl.lit(0)), new])


def _periods_within(book: Book) -> list[str]:
    """The periods named in `costs` that lie inside the span."""
    settings, span = book.past.settings, book.period
    named = {name: parse_period(name, settings) for name in book.past["costs"]["period"].unique().sort()}
    return [name for name, one in named.items() if span.first_day <= one.first_day and one.end_day <= span.end_day]


INVOICES, PAID = Need("invoices"), Need("invoices", "paid_at")
COST = Need("invoices", "cost")

BILLING = (
    Indicator(
        "collection_rate",
        "collection rate",
        "回款率",
        "fraction",
        "up",
        "results",
        False,
        "M",
        (INVOICES,),
        "Money received in the period divided by money that fell due in it, on invoices of the person's deals.",
        "期间内实收金额除以期间内到期应收金额，按该人员商机的发票计算。",
        "ratio",
        collection_rows,
    ),
    Indicator(
        "days_to_collect",
        "days to collect",
        "平均回款周期",
        "days",
        "down",
        "results",
        False,
        "M",
        (PAID,),
        "The mean days from issue to payment of the invoices paid in the period, each invoice alike.",
        "期间内收到回款的发票从开票到回款的平均天数，各发票同权。",
        "mean",
        days_to_collect_rows,
    ),
    Indicator(
        "days_to_collect_by_amount",
        "days to collect, by amount",
        "平均回款周期（按金额加权）",
        "days",
        "down",
        "results",
        False,
        "M",
        (PAID,),
        "The mean days from issue to payment of the invoices paid in the period, weighted by the amount paid.",
        "期间内收到回款的发票从开票到回款的平均天数，按回款金额加权。",
        "ratio",
        weighted_days_rows,
    ),
    Indicator(
        "gross_margin",
        "gross margin",
        "销售毛利率",
        "fraction",
        "up",
        "results",
        False,
        "M",
        (COST,),
        "Amount billed in the period less its cost, divided by the amount billed.",
        "期间内开票金额减去成本，再除以开票金额。",
        "ratio",
        margin_rows,
    ),
    Indicator(
        "lifetime_value",
        "customer lifetime value",
        "客户生命周期价值",
        MONEY,
        "up",
        "results",
        False,
        "Y",
        (COST, STAGE, CUSTOMER),
        f"The mean over customers billed in the {CUSTOMER_DAYS} days to the end of the margin of those days, times the "
        f"years a customer stays: 1 divided by the company's churn over them, at most {LONGEST_LIFE_YEARS:.0f}.",
        f"截至期末 {CUSTOMER_DAYS} 天内各开票客户的毛利平均值，乘以客户预期年数：1 ÷ 公司同期客户流失率，"
        f"最多 {LONGEST_LIFE_YEARS:.0f} 年。",
        "mean",
        lifetime_rows,
    ),
    Indicator(
        "acquisition_cost",
        "cost of a new customer",
        "客户获取成本 CAC",
        MONEY,
        "down",
        "results",
        False,
        "Q",
        (Need("costs"), STAGE, CUSTOMER),
        "Costs of the period divided by new customers: the person's own costs, and of each channel's costs the "
        "person's share of the deals created from it.",
        "期间成本 ÷ 新客户数：含本人成本，以及各渠道成本按该人员在该渠道新建商机中的占比分摊的部分。",
        "ratio",
        acquisition_rows,
    ),
)
