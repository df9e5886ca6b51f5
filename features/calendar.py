"""Calendar: where the date stands in the fiscal quarter. Only the date itself is read."""

from __future__ import annotations

import polars as pl

from features.aggregate import days_between
from features.commitment import close_date
from features.feature import feature

QUARTER_DAY = pl.col("quarter_day")
QUARTER_DAYS_LEFT = pl.col("quarter_days_left")

FEATURES = (
    feature(
        "quarter_day",
        QUARTER_DAY,
        unit="days",
        group="calendar",
        en="day of the fiscal quarter",
        zh="财季第几天",
        reason_en="Day {value:.0f} of the quarter",
        reason_zh="财季第 {value:.0f} 天",
    ),
    feature(
        "quarter_days_left",
        QUARTER_DAYS_LEFT,
        unit="days",
        group="calendar",
        en="days to the end of the fiscal quarter",
        zh="距财季末天数",
        reason_en="{value:.0f} days to the end of the quarter",
        reason_zh="距财季末 {value:.0f} 天",
    ),
    feature(
        "close_date_past_quarter",
        days_between(close_date, pl.col("quarter_end")),
        unit="days",
        group="calendar",
        en="days from the end of the fiscal quarter to the expected close date; negative when within the quarter",
        zh="预计成交日距财季末的天数，负数表示在季内",
        reason_en="Expected close lies {value:.0f} days after the end of the quarter",
        reason_zh="预计成交日在财季结束后 {value:.0f} 天",
        none_en="No expected close date",
        none_zh="没有预计成交日",
        zero_en="Expected close is the first day after the quarter",
        zero_zh="预计成交日为财季结束后首日",
        negative_en="Expected close lies {value:.0f} days before the end of the quarter",
        negative_zh="预计成交日在财季结束前 {value:.0f} 天",
    ),
    feature(
        "month_of_year",
        pl.col("month"),
        unit="month",
        group="calendar",
        en="month of the year",
        zh="月份",
        reason_en="Month {value:.0f} of the year",
        reason_zh="{value:.0f} 月",
    ),
)
