"""THE INDICATORS of results: what was sold, at what rate and price, and what of it was collected."""

from __future__ import annotations

import polars as pl

from history.money import in_workspace_currency
from indicators.actuals import one_period, wins
from indicators.book import Book
from indicators.credit import LONG_AGO
from indicators.indicator import MONEY, Indicator, Need

AMOUNT = Need("deal_changes", "field", "amount")
STAGE = Need("deal_changes", "field", "stage")
REP_QUOTA = Need("quotas", "scope_kind", "rep")


def won_rows(book: Book) -> pl.DataFrame:
    return book.won.select("rep", num="amount")


def attainment_rows(book: Book) -> pl.DataFrame:
    won = book.won.group_by("rep").agg(pl.col("amount").sum())
    targets = book.targets.join(won, on="rep", how="left")
    return targets.select("rep", num=pl.col("amount").fill_null(0.0), den="target")


def win_rate_rows(book: Book) -> pl.DataFrame:
    won = (pl.col("outcome") == "won").cast(pl.Float64)
    return book.closed.select("rep", num=won, den=pl.lit(1.0))


def average_deal_rows(book: Book) -> pl.DataFrame:
    return book.won.drop_nulls("amount").select("rep", num="amount")


def new_customer_rows(book: Book) -> pl.DataFrame:
    """Wins in the period that are the first of their account; a deal without an account counts for none."""
    accounts = book.standing.select("deal_id", "account_id").drop_nulls()
    ever = one_period("ever", LONG_AGO, book.upto)
    firsts = (
        wins(book.record.deals, ever, book.upto)
        .join(accounts, on="deal_id")
        .sort("closed_at", "deal_id")
        .unique("account_id", keep="first", maintain_order=True)
    )
    return firsts.filter(pl.col("closed_at") >= book.start).select("rep", num=pl.lit(1.0))


def collection_rows(book: Book) -> pl.DataFrame:
    """What was paid in the period against what fell due in it; a case is an invoice that fell due."""
    paid = book.with_owner(book.within("invoices", "paid_at"))
    due = book.with_owner(book.within("invoices", "due_at"))
    paid = in_workspace_currency(book.past, paid, "paid_amount", "currency", book.upto)
    due = in_workspace_currency(book.past, due, "amount", "currency", book.upto)
    came = paid.select("rep", num=pl.col("paid_amount").fill_null(0.0), den=pl.lit(0.0), n=pl.lit(0))
    owed = due.select("rep", num=pl.lit(0.0), den="amount", n=pl.lit(1))
    return pl.concat([came, owed])


def margin_rows(book: Book) -> pl.DataFrame:
    rows = book.with_owner(book.within("invoices", "issued_at")).drop_nulls(["amount", "cost"])
    for column in ("amount", "cost"):
        rows = in_workspace_currency(book.past, rows, column, "currency", book.upto)
    return rows.select("rep", num=pl.col("amount") - pl.col("cost"), den="amount")


def satisfaction_rows(book: Book) -> pl.DataFrame:
    answers = book.within("surveys", "happened_at").filter(pl.col("kind") == "csat").drop_nulls("rep_id")
    return answers.select(rep="rep_id", num="score")


RESULTS = (
    Indicator(
        "won_amount",
        "won amount",
        "销售额",
        MONEY,
        "up",
        "results",
        False,
        "M",
        (STAGE, AMOUNT),
        "The sum of the amounts of deals won in the period and still won at its end, as of that end, credited to the "
        "owner at the closing.",
        "期间内赢单且期末仍为赢单的商机金额之和,金额取期末值,归属成交时的负责人。",
        "sum",
        won_rows,
    ),
    Indicator(
        "attainment",
        "quota attainment",
        "销售达成率",
        "fraction",
        "up",
        "results",
        False,
        "M",
        (STAGE, AMOUNT, REP_QUOTA),
        "Won amount divided by the target that was last set for the person and period; a quarter without its own "
        "target takes the sum of its three months.",
        "销售额除以该人员该期间最近一次设定的目标;季度无单独目标时取三个月目标之和。",
        "ratio",
        attainment_rows,
    ),
    Indicator(
        "win_rate",
        "win rate",
        "赢单率",
        "fraction",
        "up",
        "results",
        False,
        "M",
        (STAGE,),
        "Deals won divided by deals won or lost, of those closed in the period and still closed at its end, by count.",
        "期间内关闭且期末仍关闭的商机中,赢单数除以赢单数与输单数之和。",
        "ratio",
        win_rate_rows,
    ),
    Indicator(
        "average_deal",
        "average deal",
        "客单价",
        MONEY,
        "up",
        "results",
        False,
        "M",
        (STAGE, AMOUNT),
        "The mean amount of the deals won in the period whose amount is known.",
        "期间内赢单且金额已知的商机的平均金额。",
        "mean",
        average_deal_rows,
    ),
    Indicator(
        "new_customers",
        "new customers",
        "新客户数",
        "customers",
        "up",
        "results",
        False,
        "M",
        (STAGE,),
        "Customers whose first win ever falls into the period.",
        "首次赢单发生在本期间的客户数。",
        "sum",
        new_customer_rows,
    ),
    Indicator(
        "collection_rate",
        "collection rate",
        "回款率",
        "fraction",
        "up",
        "results",
        False,
        "M",
        (Need("invoices"),),
        "Money received in the period divided by money that fell due in it, on invoices of the person's deals.",
        "期间内实收金额除以期间内到期应收金额,按该人员商机的发票计算。",
        "ratio",
        collection_rows,
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
        (Need("invoices", "cost"),),
        "Amount billed in the period less its cost, divided by the amount billed.",
        "期间内开票金额减去成本,再除以开票金额。",
        "ratio",
        margin_rows,
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
        satisfaction_rows,
    ),
)
