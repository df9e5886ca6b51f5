"""Rep: the owner's record, load and tenure, as known on the day."""

from __future__ import annotations

import polars as pl

from features.account import win_rate, won
from features.aggregate import count, days_between, days_since, last, total
from features.context import closings, loads, of_known
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
        of_known("rep", win_rate("rep", 365, win_rate("team", 365))),
        unit="share",
        group="rep",
        en="the owner's share won of deals closed in 365 days, shrunk to the team's",
        zh="负责人近 365 天赢单率（向团队水平收缩）",
        reason_en="The owner won about {value:.0%} of deals closed in a year",
        reason_zh="负责人近一年赢单率约 {value:.0%}",
        none_en="No owner on record",
        none_zh="没有负责人记录",
    ),
    feature(
        "team_win_rate",
        of_known("team", win_rate("team", 365)),
        unit="share",
        group="rep",
        en="the team's share won of deals closed in 365 days, shrunk to the company's",
        zh="团队近 365 天赢单率（向公司水平收缩）",
        reason_en="The team won about {value:.0%} of deals closed in a year",
        reason_zh="团队近一年赢单率约 {value:.0%}",
        none_en="The owner's team is not on record",
        none_zh="没有负责人所属团队的记录",
    ),
    feature(
        "rep_closings_90d",
        of_known("rep", count(closings["rep"], None, 90)),
        unit="deals",
        group="rep",
        en="deals of the owner that were won or lost in 90 days",
        zh="负责人近 90 天关单数",
        reason_en="{value:.0f} deals of the owner closed in 90 days",
        reason_zh="负责人近 90 天关单 {value:.0f} 个",
        zero_en="No deal of the owner closed in 90 days",
        zero_zh="负责人近 90 天没有关单",
        none_en="No owner on record",
        none_zh="没有负责人记录",
    ),
    feature(
        "rep_wins_30d",
        of_known("rep", count(closings["rep"], won, 30)),
        unit="deals",
        group="rep",
        en="deals the owner won in 30 days",
        zh="负责人近 30 天赢单数",
        reason_en="The owner won {value:.0f} deals in 30 days",
        reason_zh="负责人近 30 天赢单 {value:.0f} 个",
        zero_en="The owner won no deal in 30 days",
        zero_zh="负责人近 30 天没有赢单",
        none_en="No owner on record",
        none_zh="没有负责人记录",
    ),
    feature(
        "rep_load",
        of_known("rep", total(loads["rep"], "step")),
        unit="deals",
        group="rep",
        en="open deals of the owner, this one included",
        zh="负责人在谈商机数（含本商机）",
        reason_en="The owner has {value:.0f} deals open",
        reason_zh="负责人在谈商机 {value:.0f} 个",
        none_en="No owner on record",
        none_zh="没有负责人记录",
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
        negative_en="The owner joins in {value:.0f} days",
        negative_zh="负责人将于 {value:.0f} 天后入职",
        none_en="When the owner joined is not on record",
        none_zh="没有负责人入职时间的记录",
    ),
    feature(
        "rep_slip_days",
        pl.when(dated_closings > 0).then(total(closings["rep"], "slip_days", dated, 365) / (dated_closings + 5)),
        unit="days",
        group="rep",
        en="mean days by which the owner's deals closed after the date stated 30 days before, shrunk to 0 by 5 deals",
        zh="负责人商机实际关单日较 30 天前所报日期的平均偏差天数（按 5 单向 0 收缩）",
        reason_en="The owner's deals close about {value:.0f} days after the stated date on average",
        reason_zh="负责人的商机平均比所报日期约晚 {value:.0f} 天关单",
        zero_en="The owner's deals close about on the stated date on average",
        zero_zh="负责人的商机平均大致按所报日期关单",
        negative_en="The owner's deals close about {value:.0f} days before the stated date on average",
        negative_zh="负责人的商机平均比所报日期约早 {value:.0f} 天关单",
        none_en="No closed deal of the owner with a stated date in 365 days",
        none_zh="负责人近 365 天没有报过日期的关单记录",
    ),
    feature(
        "rep_commit_rate",
        pl.when(commits > 0).then((count(closings["rep"], committed & won, 365) + 2) / (commits + 4)),
        unit="share",
        group="rep",
        en="share won of the owner's deals closed in a year that were called commit 30 days before, smoothed by 2 of 4",
        zh="负责人近 365 天关单中 30 天前所报承诺商机的赢单占比（加两赢两输）",
        reason_en="About {value:.0%} of the owner's commits were won",
        reason_zh="负责人承诺的商机约 {value:.0%} 最终赢单",
        none_en="No commit of the owner closed in 365 days",
        none_zh="负责人近 365 天没有承诺商机关单",
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
        zero_en="Never changed hands",
        zero_zh="从未更换负责人",
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
