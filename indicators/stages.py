"""THE INDICATORS of stages: whether deals move on, how long they stay, how long the whole way takes."""

from __future__ import annotations

import datetime as dt

import polars as pl

from indicators.book import Book, Record
from indicators.credited import owner_at
from indicators.indicator import Indicator, Need
from indicators.needs import STAGE
from indicators.survival import LEFT, MOVED, MOVES_ON_WITHIN_DAYS, STAYS

COHORT = dt.timedelta(days=180)
ONE_DAY = dt.timedelta(days=1)


def stay_rows(book: Book) -> pl.DataFrame:
    return book.once(_stays)


def _stays(book: Book) -> pl.DataFrame:
    """Stays in open stages that began in the `COHORT` up to the end: days so far, and how they had ended by then."""
    upto = book.upto
    entered = book.record.once(_entries).filter(pl.col("entered_at").is_between(upto - COHORT, upto, closed="left"))
    return entered.select("rep", num=stayed_days(upto), event=ending(upto))


def _entries(record: Record) -> pl.DataFrame:
    """Every stay in an open stage with `rep`, the owner on entry."""
    stays = record.ledger.spells.select("number", "entered_at", "left_at", "move")
    return stays.with_columns(owner_at(record.ledger, stays, "entered_at").alias("rep"))


def stayed_days(upto: dt.datetime) -> pl.Expr:
    return (pl.min_horizontal("left_at", pl.lit(upto)) - pl.col("entered_at")) / ONE_DAY


def ending(upto: dt.datetime) -> pl.Expr:
    """How a stay had ended at `upto`: moved on, left otherwise, or still there."""
    over = pl.col("left_at") < upto
    moved = pl.col("move").is_in(["forward", "won"])
    return (
        pl.when(over & moved).then(MOVED).when(over & pl.col("move").is_not_null()).then(LEFT).otherwise(STAYS)
    ).cast(pl.Int8)


def cycle_rows(book: Book) -> pl.DataFrame:
    won = book.won.filter("from_open")
    return won.select("rep", num=(pl.col("closed_at") - pl.col("created_at")) / ONE_DAY)


def lead_cycle_rows(book: Book) -> pl.DataFrame:
    won = book.won.filter("from_open").join(book.record.once(_first_leads), on="deal_id")
    return won.select("rep", num=(pl.col("closed_at") - pl.col("came")) / ONE_DAY)


def _first_leads(record: Record) -> pl.DataFrame:
    """When the first lead of each deal came in: deal_id, came."""
    return record.past["leads"].drop_nulls("deal_id").group_by("deal_id").agg(came=pl.col("created_at").min())


STAGES = (
    Indicator(
        "stage_conversion",
        "stage conversion",
        "阶段转化率",
        "fraction",
        "up",
        "process",
        True,
        "M",
        (STAGE,),
        f"Of stays in an open stage that began in the {COHORT.days} days up to the end, the share that moves on to a "
        f"later stage or a win within {MOVES_ON_WITHIN_DAYS:.0f} days, losing or going back being other ways to end; "
        "stays that still last are censored (Aalen–Johansen). Credited to the owner on entry.",
        f"截至期末 {COHORT.days} 天内进入的在谈阶段停留中，{MOVES_ON_WITHIN_DAYS:.0f} 天内推进到更后阶段或赢单的比例，"
        "输单与退回为竞争结局；尚未结束的停留按删失处理（Aalen–Johansen 估计）。归属进入阶段时的负责人。",
        "incidence",
        stay_rows,
    ),
    Indicator(
        "stage_dwell",
        "days in a stage, median",
        "阶段停留时间（中位数）",
        "days",
        "down",
        "process",
        True,
        "M",
        (STAGE,),
        f"The median days of stays in an open stage that began in the {COHORT.days} days up to the end, stays that "
        "still last being censored (Kaplan–Meier).",
        f"截至期末 {COHORT.days} 天内进入的在谈阶段的停留天数中位数，尚未结束的按删失处理（Kaplan–Meier 估计）。",
        "median_stay",
        stay_rows,
    ),
    Indicator(
        "stage_dwell_p80",
        "days in a stage, 80th percentile",
        "阶段停留时间（80 分位）",
        "days",
        "down",
        "process",
        True,
        "M",
        (STAGE,),
        "The days within which four in five of the same stays end, by the same rule.",
        "同一批停留中 80% 结束所需的天数，规则相同。",
        "p80_stay",
        stay_rows,
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
        "期间内赢单（此前处于在谈状态）的商机从创建到赢单天数的中位数。",
        "median",
        cycle_rows,
    ),
    Indicator(
        "sales_cycle_from_lead",
        "sales cycle from the lead",
        "销售周期（自线索起）",
        "days",
        "down",
        "process",
        False,
        "M",
        (STAGE, Need("leads", "deal_id")),
        "The median days from the lead to the win, of the same deals that came from a lead.",
        "同一批赢单中来自线索者从线索进入到赢单天数的中位数。",
        "median",
        lead_cycle_rows,
    ),
)
