"""Rep: the owner's record, load and tenure, as known on the day."""

from __future__ import annotations

import polars as pl

from features.account import win_rate, won
from features.aggregate import count, days_between, days_since, last, total
from features.context import closings, loads
from features.feature import feature
from features.streams import changes, field, rep_facts

owner_changed = (field == "owner_id") & pl.col("old").is_not_null()
dated = pl.col("slip_days").is_not_null()
committed = pl.col("was_commit")
dated_closings = count(closings["rep"], dated, 365)
commits = count(closings["rep"], committed, 365)

FEATURES = (
    feature(
        "rep_win_rate",
        win_rate("rep", 365, win_rate("team", 365)),
        unit="share",
        group="rep",
        en="the owner's share won of deals closed in 365 days, shrunk to the team's",
        zh="负责人近 365 天赢单率(向团队水平收缩)",
        reason_en="The owner won {value:.0%} of deals closed in a year",
        reason_zh="负责人近一年赢单率 {value:.0%}",
    ),
    feature(
        "team_win_rate",
        win_rate("team", 365),
        unit="share",
        group="rep",
        en="the team's share won of deals closed in 365 days, shrunk to the company's",
        zh="团队近 365 天赢单率(向公司水平收缩)",
        reason_en="The team won {value:.0%} of deals closed in a year",
        reason_zh="团队近一年赢单率 {value:.0%}",
    ),
    feature(
        "rep_closings_90d",
        count(closings["rep"], None, 90),
        unit="deals",
        group="rep",
        en="deals the owner closed in 90 days",
        zh="负责人近 90 天关单数",
        reason_en="The owner closed {value:.0f} deals in 90 days",
        reason_zh="负责人近 90 天关单 {value:.0f} 个",
    ),
    feature(
        "rep_wins_30d",
        count(closings["rep"], won, 30),
        unit="deals",
        group="rep",
        en="deals the owner won in 30 days",
        zh="负责人近 30 天赢单数",
        reason_en="The owner won {value:.0f} deals in 30 days",
        reason_zh="负责人近 30 天赢单 {value:.0f} 个",
    ),
    feature(
        "rep_load",
        total(loads["rep"], "step"),
        unit="deals",
        group="rep",
        en="open deals of the owner",
        zh="负责人在谈商机数",
        reason_en="The owner has {value:.0f} deals open",
        reason_zh="负责人在谈商机 {value:.0f} 个",
    ),
    feature(
        "rep_tenure_days",
        days_between(pl.col("as_of"), last(rep_facts, "hired_at")),
        unit="days",
        group="rep",
        en="days since the owner was hired",
        zh="负责人入职天数",
        reason_en="The owner joined {value:.0f} days ago",
        reason_zh="负责人入职 {value:.0f} 天",
    ),
    feature(
        "rep_slip_days",
        total(closings["rep"], "slip_days", dated, 365) / (dated_closings + 5),
        unit="days",
        group="rep",
        en="mean days by which the owner's deals closed after the date stated 30 days before, shrunk to 0 by 5 deals",
        zh="负责人商机实际关单日较 30 天前所报日期的平均偏差天数(按 5 单向 0 收缩)",
        reason_en="The owner's deals closed {value:+.0f} days from the stated date",
        reason_zh="负责人商机实际关单较所报日期偏差 {value:+.0f} 天",
    ),
    feature(
        "rep_commit_rate",
        (count(closings["rep"], committed & won, 365) + 2) / (commits + 4),
        unit="share",
        group="rep",
        en="share won of what the owner called commit 30 days before it closed, with two won and two lost added",
        zh="负责人承诺商机的赢单占比(加两赢两输)",
        reason_en="{value:.0%} of the owner's commits were won",
        reason_zh="负责人承诺商机赢单占比 {value:.0%}",
    ),
    feature(
        "owner_changes",
        count(changes, owner_changed),
        unit="times",
        group="rep",
        en="times the deal changed hands",
        zh="负责人变更次数",
        reason_en="Changed hands {value:.0f} times",
        reason_zh="负责人变更过 {value:.0f} 次",
    ),
    feature(
        "days_with_owner",
        days_since(changes, field == "owner_id"),
        unit="days",
        group="rep",
        en="days with the current owner",
        zh="现任负责人接手天数",
        reason_en="With the current owner for {value:.0f} days",
        reason_zh="现任负责人接手 {value:.0f} 天",
        none_en="No owner on record",
        none_zh="没有负责人记录",
    ),
)
