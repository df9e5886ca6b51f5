"""Momentum: how far a deal has come, how long it has stood, and in which direction it last moved."""

from __future__ import annotations

import polars as pl

from features.aggregate import count, days_between, days_since, first, last, total, value_ago
from features.context import dwells
from features.feature import feature
from features.streams import changes, entered_stage, field, touches

is_stage = field == "stage"
stage_name = last(changes, "new", is_stage)
stage_place = last(changes, "place", is_stage)
forward = is_stage & (pl.col("place") > pl.col("old_place"))
backward = is_stage & (pl.col("place") < pl.col("old_place"))
stage_days = days_since(changes, entered_stage)
won_dwell_days = (total(dwells, "log_days") / count(dwells)).exp() - 1

FEATURES = (
    feature(
        "stage",
        stage_name,
        unit="category",
        group="momentum",
        en="stage",
        zh="当前阶段",
        reason_en="In stage {value}",
        reason_zh="处于“{value}”阶段",
        categorical=True,
    ),
    feature(
        "stage_place",
        stage_place,
        unit="stages from the first",
        group="momentum",
        en="place of the stage in the sales process",
        zh="阶段在流程中的位置",
        reason_en="{value:.0f} steps past the first stage",
        reason_zh="已越过首个阶段 {value:.0f} 步",
    ),
    feature(
        "days_in_stage",
        stage_days,
        unit="days",
        group="momentum",
        en="days in the current stage",
        zh="当前阶段停留天数",
        reason_en="In this stage for {value:.0f} days",
        reason_zh="在当前阶段已停留 {value:.0f} 天",
    ),
    feature(
        "stage_pace",
        stage_days / pl.when(won_dwell_days > 0.5).then(won_dwell_days),
        unit="ratio",
        group="momentum",
        en="days in stage over what was typical of deals won by then",
        zh="阶段停留时长与已赢单商机典型时长之比",
        reason_en="In this stage {value:.1f} times as long as deals that were won",
        reason_zh="在当前阶段的时长是已赢单商机的 {value:.1f} 倍",
        none_en="No won deal to compare the time in stage with",
        none_zh="尚无赢单可比较阶段停留时长",
    ),
    feature(
        "age_days",
        days_between(pl.col("as_of"), first(changes, "happened_at")),
        unit="days",
        group="momentum",
        en="days since the deal began",
        zh="商机建立至今天数",
        reason_en="Open for {value:.0f} days",
        reason_zh="商机已建立 {value:.0f} 天",
    ),
    feature(
        "forward_moves",
        count(changes, forward),
        unit="moves",
        group="momentum",
        en="moves to a later stage",
        zh="阶段前进次数",
        reason_en="Moved forward {value:.0f} times",
        reason_zh="阶段前进 {value:.0f} 次",
    ),
    feature(
        "forward_moves_30d",
        count(changes, forward, days=30),
        unit="moves",
        group="momentum",
        en="moves to a later stage in 30 days",
        zh="近 30 天阶段前进次数",
        reason_en="Moved forward {value:.0f} times in 30 days",
        reason_zh="近 30 天阶段前进 {value:.0f} 次",
    ),
    feature(
        "backward_moves",
        count(changes, backward),
        unit="moves",
        group="momentum",
        en="moves to an earlier stage",
        zh="阶段后退次数",
        reason_en="Moved backward {value:.0f} times",
        reason_zh="阶段后退 {value:.0f} 次",
    ),
    feature(
        "days_since_backward_move",
        days_since(changes, backward),
        unit="days",
        group="momentum",
        en="days since the last move to an earlier stage",
        zh="距上次阶段后退的天数",
        reason_en="Moved backward {value:.0f} days ago",
        reason_zh="{value:.0f} 天前阶段后退",
        none_en="Never moved backward",
        none_zh="阶段从未后退",
    ),
    feature(
        "stages_gained_60d",
        stage_place - value_ago(changes, "place", 60, is_stage),
        unit="stages",
        group="momentum",
        en="stages gained in 60 days",
        zh="近 60 天推进的阶段数",
        reason_en="Stages gained in 60 days: {value:+.0f}",
        reason_zh="近 60 天推进 {value:+.0f} 个阶段",
        none_en="Began less than 60 days ago",
        none_zh="建立不足 60 天",
    ),
    feature(
        "first_stage_place",
        first(changes, "place", is_stage),
        unit="stages from the first",
        group="momentum",
        en="place of the stage in which the deal began",
        zh="商机起始阶段的位置",
        reason_en="Began {value:.0f} steps past the first stage",
        reason_zh="起始阶段在首个阶段之后 {value:.0f} 步",
    ),
    feature(
        "times_reopened",
        count(changes, is_stage & pl.col("outcome").is_not_null()),
        unit="times",
        group="momentum",
        en="times closed before",
        zh="此前关闭过的次数",
        reason_en="Had been closed {value:.0f} times before",
        reason_zh="此前曾关闭 {value:.0f} 次",
    ),
    feature(
        "days_since_any_event",
        pl.min_horizontal(days_since(changes), days_since(touches)),
        unit="days",
        group="momentum",
        en="days since anything happened on the deal",
        zh="商机距上次任何动态的天数",
        reason_en="Nothing happened for {value:.0f} days",
        reason_zh="{value:.0f} 天没有任何动态",
    ),
    feature(
        "changes_30d",
        count(changes, days=30),
        unit="changes",
        group="momentum",
        en="field changes in 30 days",
        zh="近 30 天字段变更次数",
        reason_en="{value:.0f} fields changed in 30 days",
        reason_zh="近 30 天有 {value:.0f} 处字段变更",
    ),
)
