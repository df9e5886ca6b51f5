"""THE INDICATORS of contracts: delivered when promised, and made by the rules."""

from __future__ import annotations

import datetime as dt

import polars as pl

from indicators.book import Book
from indicators.indicator import Indicator, Need

ONE_DAY = dt.timedelta(days=1)


def fulfilment_rows(book: Book) -> pl.DataFrame:
    on_time = (pl.col("delivered_at") < pl.col("deadline")).fill_null(False)
    return _due(book).select("rep", "deal_id", num=on_time.cast(pl.Float64), den=pl.lit(1.0))


def days_late_rows(book: Book) -> pl.DataFrame:
    until = pl.col("delivered_at").fill_null(book.record.as_of)
    late = pl.max_horizontal((until - pl.col("deadline")) / ONE_DAY, pl.lit(0.0))
    return _due(book).select("rep", num=late)


def _due(book: Book) -> pl.DataFrame:
    """Contracts promised for a day of the span that is over, and the end of that day as `deadline`."""
    rows = book.with_owner(book.within("contracts", "promised_at")).with_columns(
        deadline=pl.col("promised_at") + ONE_DAY
    )
    return rows.filter((pl.col("deadline") <= book.record.as_of) | pl.col("delivered_at").is_not_null())


def compliance_rows(book: Book) -> pl.DataFrame:
    told = book.with_owner(book.within("contracts", "delivered_at")).drop_nulls("compliant")
    return told.select("rep", "deal_id", num=pl.col("compliant").cast(pl.Float64), den=pl.lit(1.0))


CONTRACTS = (
    Indicator(
        "contract_fulfilment",
        "contracts delivered in time",
        "合同履约率",
        "fraction",
        "up",
        "process",
        False,
        "Q",
        (Need("contracts"),),
        "Contracts promised for a day of the period and delivered by its end, divided by contracts promised.",
        "承诺在期间内交付的合同中，按期（承诺日当天结束前）交付者所占比例。",
        "ratio",
        fulfilment_rows,
    ),
    Indicator(
        "contract_days_late",
        "days late on contracts",
        "合同延误天数",
        "days",
        "down",
        "process",
        False,
        "Q",
        (Need("contracts"),),
        "The mean days by which the same contracts were late, 0 for those in time; until the as-of day for those not "
        "yet delivered.",
        "同一批合同的平均延误天数，按期者计 0；尚未交付者计至截至日。",
        "mean",
        days_late_rows,
    ),
    Indicator(
        "process_compliance",
        "contracts by the rules",
        "流程合规性",
        "fraction",
        "up",
        "process",
        True,
        "M",
        (Need("contracts", "compliant"),),
        "Contracts delivered in the period that were made by the rules, divided by those of which it is known. A "
        "template may make it a veto: below its limit the sheet shows no total.",
        "期间内交付且已知是否合规的合同中合规者所占比例。模板可将其设为一票否决项：低于限值时不显示综合得分。",
        "ratio",
        compliance_rows,
    ),
)
