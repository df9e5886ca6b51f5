"""THE INDICATORS of touches: visits, calls, mails and demos, and whether what is due is done in time."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.scopes import NONE
from indicators.book import Book, Record
from indicators.indicator import Indicator, Need
from indicators.needs import CALLS, MAILS, VISITS

EFFECTIVE_CALL_MINUTES = 3.0
TARGET_GRADE = "A"
ANSWER_WITHIN = dt.timedelta(days=3)
TWO_WAY_KINDS = ("meeting", "visit", "demo")
ONE_WEEK = dt.timedelta(days=7)


def visit_rows(book: Book) -> pl.DataFrame:
    return book.touches_of("visit").select("rep", num=pl.lit(1.0))


def onsite_rows(book: Book) -> pl.DataFrame:
    return _visits_by(book, "onsite")


def online_rows(book: Book) -> pl.DataFrame:
    return _visits_by(book, "online")


def _visits_by(book: Book, channel: str) -> pl.DataFrame:
    return book.touches_of("visit").filter(pl.col("channel") == channel).select("rep", num=pl.lit(1.0))


def effective_visit_rows(book: Book) -> pl.DataFrame:
    judged = book.touches_of("visit").drop_nulls("effective")
    return judged.select("rep", "deal_id", num=pl.col("effective").cast(pl.Float64), den=pl.lit(1.0))


def visit_coverage_rows(book: Book) -> pl.DataFrame:
    """Target accounts with a deal of the person that was open in the span; 1 where anybody visited them in it."""
    targets = book.past["accounts"].filter(pl.col("fit_grade") == TARGET_GRADE)["account_id"]
    was_open = pl.col("outcome").is_null() | (pl.col("closed_at") >= book.start)
    held = book.standing.filter(was_open & pl.col("account_id").is_in(targets.implode()))
    accounts = book.record.accounts.rename({"account_id": "_of_deal"})
    visits = book.touches.filter(pl.col("kind") == "visit")
    seen = visits.join(accounts, on="deal_id", how="left").select(pl.coalesce("account_id", "_of_deal")).to_series()
    visited = pl.col("account_id").is_in(seen.drop_nulls().unique().implode())
    return held.select("rep", "account_id").unique().select("rep", num=visited.cast(pl.Float64), den=pl.lit(1.0))


def effective_call_rows(book: Book) -> pl.DataFrame:
    return _long_calls(book).select("rep", num=pl.lit(1.0))


def call_minute_rows(book: Book) -> pl.DataFrame:
    return _long_calls(book).select("rep", num=pl.col("duration_minutes") / max(working_days(book), 1))


def _long_calls(book: Book) -> pl.DataFrame:
    return book.touches_of("call").filter(pl.col("duration_minutes") >= EFFECTIVE_CALL_MINUTES)


def working_days(book: Book) -> int:
    """Days from Monday to Friday of the span that have begun by `upto`."""
    first, days = book.period.first_day, book.period.days
    settings = book.past.settings
    every = (first + dt.timedelta(days=at) for at in range(days))
    return sum(1 for day in every if day.weekday() < 5 and settings.start_of(day) < book.upto)


def open_rate_rows(book: Book) -> pl.DataFrame:
    return _sent_mails(book, "opened")


def reply_rate_rows(book: Book) -> pl.DataFrame:
    return _sent_mails(book, "replied")


def _sent_mails(book: Book, mark: str) -> pl.DataFrame:
    sent = book.touches_of("email").filter(pl.col("direction") == "out").drop_nulls(mark)
    return sent.select("rep", "deal_id", num=pl.col(mark).cast(pl.Float64), den=pl.lit(1.0))


def touch_rate_rows(book: Book) -> pl.DataFrame:
    """Two-way touches of the span on deals, and the weeks for which each deal was open in it, by the deal's owner."""
    two_way = (
        (pl.col("direction") == "in")
        | pl.col("kind").is_in(TWO_WAY_KINDS)
        | pl.col("replied")
        | ((pl.col("kind") == "call") & (pl.col("duration_minutes") >= EFFECTIVE_CALL_MINUTES))
    )
    touches = book.touches.filter(two_way.fill_null(False)).drop_nulls("owner")
    made = touches.select(rep="owner", num=pl.lit(1.0), den=pl.lit(0.0), n=pl.lit(1))
    until = pl.min_horizontal(pl.col("closed_at").fill_null(book.upto), pl.lit(book.upto))
    weeks = (until - pl.max_horizontal("created_at", pl.lit(book.start))) / ONE_WEEK
    held = book.standing.select("rep", num=pl.lit(0.0), den=weeks, n=pl.lit(0)).filter(pl.col("den") > 0)
    return pl.concat([made, held])


def demo_rows(book: Book) -> pl.DataFrame:
    """Demos held in the span, and those already booked for the rest of it."""
    demos = book.record.touched(book.start, book.end).filter(pl.col("kind") == "demo")
    rows = demos.join(book.standing.select("deal_id", owner="rep"), on="deal_id", how="left")
    return rows.select(rep=pl.coalesce("rep_id", "owner"), num=pl.lit(1.0)).drop_nulls("rep")


def follow_up_rows(book: Book) -> pl.DataFrame:
    """What asked for a touch in the span; 1 where one went out within `ANSWER_WITHIN`. Told once that time is over."""
    asks = pl.concat([_inbound(book), _moves(book)]).join(book.standing.select("deal_id", "rep"), on="deal_id")
    made = book.record.touched(book.start, book.end + ANSWER_WITHIN)
    sent = made.filter(pl.col("direction") == "out").select("deal_id", "happened_at").drop_nulls()
    found = asks.sort("at").join_asof(
        sent.sort("happened_at"),
        left_on="at",
        right_on="happened_at",
        by="deal_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    done = (pl.col("happened_at") <= pl.col("at") + ANSWER_WITHIN).fill_null(False)
    over = pl.col("at") + ANSWER_WITHIN < book.record.as_of
    judged = found.filter(done | over)
    return judged.select("rep", "deal_id", num=done.cast(pl.Float64), den=pl.lit(1.0)).filter(pl.col("rep") != NONE)


def _inbound(book: Book) -> pl.DataFrame:
    came = book.touches.filter(pl.col("direction") == "in")
    return came.select("deal_id", at="happened_at").drop_nulls()


def _moves(book: Book) -> pl.DataFrame:
    """Entries into an open stage other than a deal's first, an offer going out among them."""
    return book.record.once(_later_entries).filter(pl.col("at").is_between(book.start, book.upto, closed="left"))


def _later_entries(record: Record) -> pl.DataFrame:
    ledger = record.ledger
    later = ledger.spells.filter(pl.col("number") == pl.col("number").shift(1))
    return later.join(ledger.deals.select("number", "deal_id"), on="number").select("deal_id", at="entered_at")


DIRECTION = Need("activities", "direction")

TOUCHES = (
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
        "期间内的客户拜访次数，含线上与现场。",
        "sum",
        visit_rows,
    ),
    Indicator(
        "visits_onsite",
        "visits on site",
        "现场拜访量",
        "visits",
        "up",
        "process",
        True,
        "W",
        (VISITS, Need("activities", "channel", "onsite")),
        "Visits made on site in the period.",
        "期间内的现场拜访次数。",
        "sum",
        onsite_rows,
    ),
    Indicator(
        "visits_online",
        "visits online",
        "线上拜访量",
        "visits",
        "up",
        "process",
        True,
        "W",
        (VISITS, Need("activities", "channel", "online")),
        "Visits made online in the period.",
        "期间内的线上拜访次数。",
        "sum",
        online_rows,
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
        "visit_coverage",
        "target accounts visited",
        "拜访覆盖率",
        "fraction",
        "up",
        "process",
        True,
        "M",
        (VISITS, Need("accounts", "fit_grade", TARGET_GRADE)),
        f"Target accounts visited in the period divided by target accounts: those of fit grade {TARGET_GRADE} with a "
        "deal of the person that was open in the period.",
        "期间内拜访过的目标客户数 ÷ 目标客户数；"
        f"目标客户指画像等级为 {TARGET_GRADE} 且该人员在期间内有在谈商机的客户。",
        "ratio",
        visit_coverage_rows,
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
        (CALLS, Need("activities", "duration_minutes")),
        f"Calls in the period that lasted at least {EFFECTIVE_CALL_MINUTES:.0f} minutes.",
        f"期间内时长不少于 {EFFECTIVE_CALL_MINUTES:.0f} 分钟的通话次数。",
        "sum",
        effective_call_rows,
    ),
    Indicator(
        "effective_call_minutes",
        "minutes of effective calls",
        "有效通话时长",
        "minutes a working day",
        "up",
        "process",
        True,
        "W",
        (CALLS, Need("activities", "duration_minutes")),
        "The minutes of those calls divided by the days from Monday to Friday of the period that have begun.",
        "上述有效通话的总分钟数 ÷ 期间内已开始的工作日（周一至周五）天数。",
        "sum",
        call_minute_rows,
    ),
    Indicator(
        "email_open_rate",
        "mails opened",
        "邮件打开率",
        "fraction",
        "up",
        "process",
        True,
        "W",
        (MAILS, Need("activities", "opened")),
        "Mails sent in the period that were opened divided by mails sent of which that is known.",
        "期间内发出且可追踪的邮件中被打开者所占比例。",
        "ratio",
        open_rate_rows,
    ),
    Indicator(
        "email_reply_rate",
        "mails replied to",
        "邮件回复率",
        "fraction",
        "up",
        "process",
        True,
        "W",
        (MAILS, Need("activities", "replied")),
        "Mails sent in the period that were replied to divided by mails sent of which that is known.",
        "期间内发出且可追踪的邮件中得到回复者所占比例。",
        "ratio",
        reply_rate_rows,
    ),
    Indicator(
        "touch_rate",
        "two-way touches",
        "互动频率",
        "touches a deal and week",
        "up",
        "process",
        True,
        "W",
        (DIRECTION,),
        "Two-way touches on the person's deals in the period divided by the weeks for which those deals were open in "
        "it: whatever came from the buyer, mails replied to, meetings, visits, demos and calls of at least "
        f"{EFFECTIVE_CALL_MINUTES:.0f} minutes.",
        "期间内该人员商机上的双向互动次数 ÷ 这些商机在期间内的在谈周数；双向互动指客户来信来电、得到回复的邮件、"
        f"会议、拜访、演示，以及不少于 {EFFECTIVE_CALL_MINUTES:.0f} 分钟的通话。",
        "ratio",
        touch_rate_rows,
    ),
    Indicator(
        "demos_booked",
        "demos held and booked",
        "预约演示数",
        "demos",
        "up",
        "process",
        True,
        "W",
        (Need("activities", "kind", "demo"),),
        "Demos held in the period; while it runs, those already booked for the rest of it as well.",
        "期间内已举行的演示数；期间进行中时另含已预约在剩余时间内的演示。",
        "sum",
        demo_rows,
    ),
    Indicator(
        "follow_up_timeliness",
        "follow-up in time",
        "跟进及时率",
        "fraction",
        "up",
        "process",
        True,
        "W",
        (DIRECTION,),
        "Of what asks for a touch in the period (a touch from the buyer, a change of stage such as an offer going "
        f"out), the share after which one went out within {ANSWER_WITHIN.days} days, by the deal's owner at the end.",
        f"期间内需要跟进的事件（客户来访来信、阶段变更如发出报价）中，{ANSWER_WITHIN.days} 天内已对外跟进者所占比例，"
        "归属期末负责人。",
        "ratio",
        follow_up_rows,
    ),
)
