"""THE INDICATORS of the pipeline: what was added, whether it is enough, and in what state it is."""

from __future__ import annotations

import datetime as dt

import polars as pl

from indicators.book import Book
from indicators.indicator import MONEY, Indicator, Need
from indicators.needs import AMOUNT, CLOSE_DATE, CUSTOMER, REP_QUOTA, STAGE

COVERAGE_AFTER = dt.timedelta(days=1)
COVERED = ("owner_id", "amount", "close_date")
CHAIN = ("decision_maker", "champion")
"""The roles that a deal in the later half of the open stages is to have on the buyer's side."""
FEWEST_CLOSED = 10
FRESH_DAYS = 31


def created_rows(book: Book) -> pl.DataFrame:
    return _created(book).select("rep", num="amount")


def deals_created_rows(book: Book) -> pl.DataFrame:
    return _created(book).select("rep", num=pl.lit(1.0))


def _created(book: Book) -> pl.DataFrame:
    return book.standing.filter(pl.col("created_at") >= book.start)


def coverage_rows(book: Book) -> pl.DataFrame:
    """Open amount dated in the period against what is still to win; see the formula in words for which day."""
    goal = book.goal
    if goal is not book or book.record.as_of < book.end:
        deals = book.standing
    else:
        deals = book.record.standing(book.start + COVERAGE_AFTER, COVERED)
    dated = pl.col("close_date").is_between(goal.start, goal.end, closed="left") & pl.col("outcome").is_null()
    booked = (pl.col("outcome") == "won") & (pl.col("closed_at") >= goal.start)
    sums = deals.group_by("rep").agg(
        num=pl.col("amount").filter(dated).sum(), booked=pl.col("amount").filter(booked).sum()
    )
    rows = goal.targets.join(sums, on="rep", how="left").with_columns(pl.col("num", "booked").fill_null(0.0))
    to_win = pl.col("target") - pl.col("booked")
    return rows.filter(to_win > 0).select("rep", "num", den=to_win)


def hygiene_rows(book: Book) -> pl.DataFrame:
    """Open deals at the end; clean when every field the company keeps at all is filled and the date is not past."""
    people = book.past["contacts"].filter(pl.col("added_at") < book.upto)
    kept = {
        "close_date": pl.col("close_date").is_not_null() & (pl.col("close_date") > book.upto - dt.timedelta(days=1)),
        "next_step": pl.col("next_step").str.strip_chars() != "",
        "amount": pl.col("amount").is_not_null(),
    }
    clean = [rule.fill_null(False) for field, rule in kept.items() if not book.record.ledger.fields[field].is_empty()]
    if not people.is_empty():
        clean.append(pl.col("deal_id").is_in(people["deal_id"].unique().implode()))
    ok = pl.all_horizontal(clean) if clean else pl.lit(None, dtype=pl.Boolean)
    return book.open.select("rep", "deal_id", num=ok.cast(pl.Float64), den=pl.lit(1.0)).drop_nulls("num")


def chain_rows(book: Book) -> pl.DataFrame:
    """Open deals in the later half of the open stages; 1 where every role of `CHAIN` has somebody."""
    later = book.past.settings.open_stages[len(book.past.settings.open_stages) // 2 :]
    named = book.past["contacts"].filter((pl.col("added_at") < book.upto) & pl.col("role").is_in(CHAIN))
    roles = named.group_by("deal_id").agg(roles=pl.col("role").n_unique())
    deals = book.open.filter(pl.col("stage").is_in(later)).join(roles, on="deal_id", how="left")
    whole = (pl.col("roles") == len(CHAIN)).fill_null(False)
    return deals.select("rep", "deal_id", num=whole.cast(pl.Float64), den=pl.lit(1.0))


def fit_rows(book: Book) -> pl.DataFrame:
    """Open amount by account, and the part of it in accounts of a profile that was won more often than usual."""
    grades = book.past["accounts"]["fit_grade"].is_not_null().any()
    profiles = book.past["accounts"].select("account_id", profile="fit_grade" if grades else "industry")
    deals = book.standing.join(profiles, on="account_id").drop_nulls("profile")
    closed = deals.filter(pl.col("outcome").is_not_null()).with_columns(won=pl.col("outcome") == "won")
    rates = closed.group_by("profile").agg(rate=pl.col("won").mean(), n=pl.len())
    usual = closed["won"].mean()
    if usual is None:
        return deals.clear().select("rep", num="amount", den="amount")
    like = (pl.col("rate") > usual) & (pl.col("n") >= FEWEST_CLOSED)
    rows = deals.filter(pl.col("outcome").is_null()).drop_nulls("amount").join(rates, on="profile", how="left")
    fits = like.fill_null(False).cast(pl.Float64)
    return rows.select("rep", "deal_id", num=fits * pl.col("amount"), den="amount")


def healthy_rows(book: Book) -> pl.DataFrame:
    return _scored(book).select("rep", num=pl.col("amount") * pl.col("win_probability"))


def healthy_share_rows(book: Book) -> pl.DataFrame:
    healthy = (pl.col("band") == "healthy").cast(pl.Float64)
    return _scored(book).drop_nulls("amount").select("rep", num=healthy * pl.col("amount"), den="amount")


def _scored(book: Book) -> pl.DataFrame:
    """Open deals at the end with the newest score of the last `FRESH_DAYS`."""
    fresh = pl.col("as_of").is_between(book.upto - dt.timedelta(days=FRESH_DAYS), book.upto, closed="both")
    scores = book.past["scores"].filter(fresh).sort("as_of", "recorded_at", "model_version", "horizon")
    newest = scores.group_by("deal_id", maintain_order=True).last().select("deal_id", "win_probability", "band")
    return book.open.join(newest, on="deal_id")


PIPELINE = (
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
        "期间内创建的商机金额之和，金额与负责人取期末值。",
        "sum",
        created_rows,
    ),
    Indicator(
        "deals_created",
        "deals created",
        "新增商机数",
        "deals",
        "up",
        "process",
        True,
        "W",
        (Need("deals"),),
        "Deals created in the period, credited to the owner at its end.",
        "期间内创建的商机数，负责人取期末值。",
        "sum",
        deals_created_rows,
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
        "period runs, at the end of its first day once it is over. For a week: of the quarter in which it ends, at the "
        "week's end. Left out when the target is reached.",
        "预计在本期间成交的在谈金额除以（目标减已赢单）；期间进行中取截至日，期间结束后取首日结束时；"
        "按周查看时取该周末所在季度、周末时点。目标已达成时不计。",
        "ratio",
        coverage_rows,
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
        "期末在谈商机中，预计成交日未过期且下一步、金额、联系人齐备者所占比例；公司从未使用的字段不作要求。",
        "ratio",
        hygiene_rows,
    ),
    Indicator(
        "decision_chain_coverage",
        "decision chain coverage",
        "决策链覆盖率",
        "fraction",
        "up",
        "process",
        True,
        "W",
        (Need("contacts", "role"), STAGE),
        f"Open deals at the end in the later half of the open stages that have both a {' and a '.join(CHAIN)} among "
        "their contacts, divided by all open deals in those stages.",
        "期末处于后半段在谈阶段的商机中，联系人里既有决策人又有内部支持者的所占比例。",
        "ratio",
        chain_rows,
    ),
    Indicator(
        "profile_fit",
        "profile fit",
        "客户画像匹配度",
        "fraction",
        "up",
        "process",
        True,
        "M",
        (Need("accounts", "fit_grade", instead=Need("accounts", "industry")), AMOUNT, STAGE, CUSTOMER),
        "Open amount at the end in accounts that look like past winners, divided by open amount in accounts whose "
        "profile is known. A profile is the fit grade, else the industry; it looks like a winner where its deals "
        f"closed by then were won more often than all deals, of at least {FEWEST_CLOSED}.",
        "期末在谈金额中，属于“赢单画像”客户者所占比例。画像取客户画像等级，没有则取行业；"
        f"截至当时该画像已关闭商机的赢单率高于全部商机且不少于 {FEWEST_CLOSED} 个，即为赢单画像。",
        "ratio",
        fit_rows,
    ),
    Indicator(
        "healthy_pipeline",
        "healthy pipeline",
        "健康商机额",
        MONEY,
        "up",
        "process",
        True,
        "W",
        (Need("scores"), AMOUNT),
        "The sum of amount times win probability over deals open at the end, by the newest score of each from the "
        f"{FRESH_DAYS} days before.",
        f"期末在谈商机的金额 × 赢单概率之和，概率取此前 {FRESH_DAYS} 天内的最新评分。",
        "sum",
        healthy_rows,
    ),
    Indicator(
        "healthy_share",
        "share of healthy deals",
        "健康商机金额占比",
        "fraction",
        "up",
        "process",
        True,
        "W",
        (Need("scores"), AMOUNT),
        "The amount of deals in the band healthy divided by the amount of all scored deals open at the end.",
        "期末已评分在谈商机中，健康档商机的金额占比。",
        "ratio",
        healthy_share_rows,
    ),
)
