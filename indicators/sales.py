"""THE INDICATORS of sales: what was won, against what, at what rate and price."""

from __future__ import annotations

import polars as pl

from indicators.book import Book, Record
from indicators.indicator import MONEY, Indicator, SettingNeed
from indicators.needs import AMOUNT, REP_QUOTA, STAGE

STRATEGIC = "strategic"
OF_DEAL, OF_CUSTOMER = ("product_line", "segment", "region"), ("account_id", "industry", "fit_grade")


def won_rows(book: Book) -> pl.DataFrame:
    return book.won.select("rep", num="amount")


def attainment_rows(book: Book) -> pl.DataFrame:
    won = book.won.group_by("rep").agg(pl.col("amount").sum())
    targets = book.targets.join(won, on="rep", how="left")
    return targets.select("rep", num=pl.col("amount").fill_null(0.0), den="target")


def growth_rows(book: Book) -> pl.DataFrame:
    return _grown(book, book.before)


def growth_year_rows(book: Book) -> pl.DataFrame:
    return _grown(book, book.year_before)


def _grown(book: Book, base: Book) -> pl.DataFrame:
    """What was won now and in the base span; nothing where history does not reach back to the base's start."""
    now = book.won.select("rep", num="amount", den=pl.lit(0.0))
    then = base.won.select("rep", num=-pl.col("amount"), den="amount")
    began = book.past.first_recorded
    rows = pl.concat([now, then]).drop_nulls("num")
    return rows if began is not None and began <= base.start else rows.clear()


def strategic_rows(book: Book) -> pl.DataFrame:
    """Wins with their amount, and the part of it that belongs to a set named in the settings."""
    named = book.past.settings.raw.get(STRATEGIC, {})
    facts = book.record.once(_winners).select("deal_id", *OF_CUSTOMER)
    won = book.won.join(facts, on="deal_id", how="left").drop_nulls("amount")
    sets = [pl.col(key).is_in(list(named[key])) for key in (*OF_DEAL, *OF_CUSTOMER) if key in named]
    inside = pl.any_horizontal(sets).fill_null(False) if sets else pl.lit(None, dtype=pl.Boolean)
    return won.select("rep", num=inside.cast(pl.Float64) * pl.col("amount"), den="amount")


def _winners(record: Record) -> pl.DataFrame:
    """The customers of deals that were ever won: deal_id, account_id, industry, fit_grade."""
    customers = record.past["accounts"].select("account_id", *OF_CUSTOMER[1:])
    won = record.accounts.join(record.wins.select("deal_id").unique(), on="deal_id", how="semi")
    return won.join(customers, on="account_id", how="left")


def discount_rows(book: Book) -> pl.DataFrame:
    """Per win the fall from the first quote to the amount at the closing, both in the deal's own currency."""
    ledger, quotes = book.record.ledger, book.record.once(_quotes)
    won = book.won.filter("from_open").join(quotes, on="number", how="left", maintain_order="left")
    quoted = pl.select(pl.coalesce(ledger.value_at(won, "amount", "entered_at"), won["first"])).to_series()
    rows = won.select(
        "rep",
        "deal_id",
        quote=quoted.cast(pl.Float64, strict=False),
        close=ledger.value_at(won, "amount", "closed_at").cast(pl.Float64, strict=False),
    ).drop_nulls(["quote", "close"])
    return rows.filter(pl.col("quote") > 0).select("rep", "deal_id", num=1 - pl.col("close") / pl.col("quote"))


def _quotes(record: Record) -> pl.DataFrame:
    """Of each deal that was ever won when it first entered the later half of the open stages, and its first amount."""
    ledger, offers = record.ledger, len(record.past.settings.open_stages) // 2
    won = record.closings.filter(pl.col("outcome") == "won").select("number").unique()
    entered = ledger.spells.filter(pl.col("place") >= offers).group_by("number").agg(pl.col("entered_at").min())
    first = ledger.first_value("amount").rename({"value": "first"})
    return won.join(entered, on="number", how="left").join(first, on="number", how="left")


def win_rate_rows(book: Book) -> pl.DataFrame:
    won = (pl.col("outcome") == "won").cast(pl.Float64)
    return book.closed.select("rep", "deal_id", num=won, den=pl.lit(1.0))


def win_rate_amount_rows(book: Book) -> pl.DataFrame:
    won = (pl.col("outcome") == "won").cast(pl.Float64)
    return book.closed.drop_nulls("amount").select("rep", num=won * pl.col("amount"), den="amount")


def cohort_rows(book: Book) -> pl.DataFrame:
    """Deals created in the same span a year before, as they stand at the end of this one."""
    base = book.year_before
    born = book.standing.filter(pl.col("created_at").is_between(base.start, base.end, closed="left"))
    won = (pl.col("outcome") == "won").fill_null(False).cast(pl.Float64)
    return born.select("rep", num=won, den=pl.lit(1.0))


def average_deal_rows(book: Book) -> pl.DataFrame:
    return book.won.drop_nulls("amount").select("rep", num="amount")


SALES = (
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
        "期间内赢单且期末仍为赢单的商机金额之和，金额取期末值，归属成交时的负责人。",
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
        "Won amount divided by the target that was last set for the person and period; a longer period without its own "
        "target takes the sum of its months.",
        "销售额除以该人员该期间最近一次设定的目标；较长期间无单独目标时取各月目标之和。",
        "ratio",
        attainment_rows,
    ),
    Indicator(
        "growth",
        "sales growth",
        "销售增长率（环比）",
        "fraction",
        "up",
        "results",
        False,
        "M",
        (STAGE, AMOUNT),
        "Won amount of the period less that of the period before, divided by that of the period before.",
        "（本期销售额 − 上期销售额）÷ 上期销售额。",
        "ratio",
        growth_rows,
    ),
    Indicator(
        "growth_year_on_year",
        "sales growth on the year",
        "销售增长率（同比）",
        "fraction",
        "up",
        "results",
        False,
        "M",
        (STAGE, AMOUNT),
        "Won amount of the period less that of the same period a year before, divided by the latter.",
        "（本期销售额 − 去年同期销售额）÷ 去年同期销售额。",
        "ratio",
        growth_year_rows,
    ),
    Indicator(
        "share_of_strategic_sales",
        "share of strategic sales",
        "高价值客户/新产品销售额占比",
        "fraction",
        "up",
        "results",
        False,
        "Q",
        (STAGE, AMOUNT, SettingNeed(STRATEGIC)),
        "Won amount of the product lines, segments, regions, customers, industries or fit grades that [strategic] in "
        "dealcast.toml names, divided by won amount; a deal in any of the sets counts once.",
        "dealcast.toml 的 [strategic] 所列产品线、客群、区域、客户、行业或画像等级的销售额除以全部销售额；"
        "同时属于多个集合的商机只计一次。",
        "ratio",
        strategic_rows,
    ),
    Indicator(
        "discount_depth",
        "discount depth",
        "折扣深度",
        "fraction",
        "down",
        "results",
        True,
        "M",
        (STAGE, AMOUNT),
        "The mean over deals won in the period of 1 less the amount at the closing divided by the first quote: the "
        "amount held when the deal first entered the later half of the open stages, else the first it ever had.",
        "期间内各赢单商机的 1 −（成交时金额 ÷ 首次报价）的平均值；首次报价取商机首次进入后半段在谈阶段时的金额，"
        "没有则取最早的金额。",
        "mean",
        discount_rows,
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
        "median_deal",
        "median deal",
        "客单价中位数",
        MONEY,
        "up",
        "results",
        False,
        "M",
        (STAGE, AMOUNT),
        "The median amount of the deals won in the period whose amount is known.",
        "期间内赢单且金额已知的商机的金额中位数。",
        "median",
        average_deal_rows,
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
        "期间内关闭且期末仍关闭的商机中，赢单数除以赢单数与输单数之和。",
        "ratio",
        win_rate_rows,
    ),
    Indicator(
        "win_rate_by_amount",
        "win rate by amount",
        "赢单率（按金额）",
        "fraction",
        "up",
        "results",
        False,
        "M",
        (STAGE, AMOUNT),
        "The amount won divided by the amount won or lost, of deals closed in the period whose amount is known.",
        "期间内关闭且金额已知的商机中，赢单金额除以赢单与输单金额之和。",
        "ratio",
        win_rate_amount_rows,
    ),
    Indicator(
        "win_rate_of_cohort",
        "win rate of a year's cohort",
        "赢单率（按创建批次）",
        "fraction",
        "up",
        "results",
        False,
        "M",
        (STAGE,),
        "Of the deals created in the same period a year before, those that are won at the end of this one, by the "
        "owner then; deals still open count as not won.",
        "去年同期创建的商机中，至本期末已赢单者所占比例，归属期末负责人；仍在谈的计为未赢。",
        "ratio",
        cohort_rows,
    ),
)
