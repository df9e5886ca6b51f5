"""CHECKS: every check of the gate in order, each with its title and threshold in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from training.gate import champion, held_out, making, surroundings
from training.gate.check import Check, Result
from training.gate.evidence import Evidence

CHECKS = (
    Check(
        "G01",
        "no time overlap",
        "时间不重叠",
        "every judged day lies after all that was learned",
        "检验日全部晚于学习所用的内容",
        held_out.no_time_overlap,
    ),
    Check(
        "G02",
        "better than stage x age",
        "优于阶段×账龄表",
        "log loss smaller than that of the stage x age table; 90 % case-bootstrap interval above 0",
        "对数损失小于阶段×账龄表；按商机重抽样的 90 % 区间大于 0",
        held_out.better_than_stage_age,
    ),
    Check(
        "G03",
        "calibration slope",
        "校准斜率",
        f"from {held_out.SLOPE_FROM} to {held_out.SLOPE_TO} on held-out rows",
        f"留出行上为 {held_out.SLOPE_FROM} 至 {held_out.SLOPE_TO}",
        held_out.calibration_slope,
    ),
    Check(
        "G04",
        "blind to the future",
        "看不到未来",
        "changing all that was recorded later moves no feature",
        "改动其后记录的内容不影响任何特征",
        making.blind_to_the_future,
    ),
    Check(
        "G05",
        "not worse than the champion",
        "不差于现役模型",
        f"the 90 % interval rules out more than {champion.MARGIN} of additional log loss",
        f"90 % 区间排除对数损失多出 {champion.MARGIN} 以上",
        champion.not_worse,
    ),
    Check(
        "G06",
        "no group worse",
        "各分组不变差",
        f"in no stage, region or segment of {champion.LEAST_ROWS} rows is log loss larger by {champion.GROUP_MARGIN} "
        "beyond chance",
        f"满 {champion.LEAST_ROWS} 行的阶段、区域、细分市场中，对数损失均未超出偶然地多出 {champion.GROUP_MARGIN}",
        champion.no_group_worse,
    ),
    Check(
        "G07",
        "forecast ranges cover",
        "预测区间覆盖",
        f"at least {surroundings.LEAST_COVERED:.0%} of results lie within p10 to p90",
        f"至少 {surroundings.LEAST_COVERED:.0%} 的结果落在 p10 至 p90 之间",
        surroundings.covers,
    ),
    Check(
        "G08",
        "no single pillar",
        "不依赖单一特征",
        f"no feature carries more than {making.MOST_SHARE:.0%} of all reasons",
        f"任何特征占全部原因不超过 {making.MOST_SHARE:.0%}",
        making.no_single_pillar,
    ),
    Check(
        "G09",
        "reasons stay",
        "原因稳定",
        f"on the same facts {champion.LEAST_SAME_REASONS:.0%} of the champion's three largest reasons stay in the five",
        f"事实相同时，现役模型三大原因中至少 {champion.LEAST_SAME_REASONS:.0%} 仍在前五",
        champion.same_reasons,
    ),
    Check(
        "G10",
        "chances stay",
        "概率稳定",
        f"on the same facts half of the deals move by {100 * champion.MOST_MIDDLE_MOVE:.0f} points at most, 95 % by "
        f"{100 * champion.MOST_TAIL_MOVE:.0f}",
        f"事实相同时，一半商机变动不超过 {100 * champion.MOST_MIDDLE_MOVE:.0f} 个百分点，95 % 不超过 "
        f"{100 * champion.MOST_TAIL_MOVE:.0f}",
        champion.small_moves,
    ),
    Check("G11", "reproducible", "可复现", "trained twice, the same bytes", "两次训练字节相同", making.reproducible),
    Check(
        "G12",
        "small and quick",
        "小而快",
        f"{making.MOST_BYTES / 1e6:.0f} MB at most; one deal with reasons in {making.MOST_ONE_DEAL_MS:.0f} ms "
        "of computing",
        f"不超过 {making.MOST_BYTES / 1e6:.0f} MB；单个商机连同原因计算 {making.MOST_ONE_DEAL_MS:.0f} 毫秒以内",
        making.small_and_quick,
    ),
    Check(
        "G13",
        "reasons add up",
        "原因相加一致",
        "each chance is the typical one plus its reasons, to a tenth of a point",
        "每个概率等于典型值加各原因，精确到 0.1 个百分点",
        making.adds_up,
    ),
    Check(
        "G14",
        "no drift unnamed",
        "特征漂移",
        f"no feature that carries {surroundings.LEAST_WEIGHT:.0%} of the reasons is distributed otherwise than in the "
        "quarters before, beyond noise and their usual differences",
        f"占原因 {surroundings.LEAST_WEIGHT:.0%} 以上的特征，其分布与此前各季度相比未超出噪声与通常差异",
        surroundings.drift_named,
    ),
    Check(
        "G15",
        "not too good to be true",
        "好得可信",
        f"the AUC's 90 % interval reaches below {held_out.MOST_AUC}",
        f"AUC 的 90 % 区间下限低于 {held_out.MOST_AUC}",
        held_out.credible,
    ),
    Check(
        "G16",
        "history as expected",
        "历史符合预期",
        "schema, stages, volumes, values, share missing and gaps as the last freeze led to expect",
        "表结构、阶段、数量、取值、缺失率与时间间隔符合上次冻结的预期",
        surroundings.as_expected,
    ),
)


def run_gate(evidence: Evidence, checks: Sequence[Check] = CHECKS) -> list[Result]:
    """Every check's result, in order."""
    return [check.run(evidence) for check in checks]
