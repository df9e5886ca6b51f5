"""Checks of what is around a candidate: forecasts made with it, the drift of its features, the history it read."""

from __future__ import annotations

import polars as pl

from training.gate.check import Verdict, found, not_measured, passed, verdict
from training.gate.evidence import Evidence

LEAST_FORECASTS = 12
LEAST_COVERED = 0.6
LEAST_WEIGHT = 0.01
MOST_TOLD = 5


def covers(evidence: Evidence) -> Verdict:
    """G07."""
    rows = evidence.attainment
    if rows is None or rows.height < LEAST_FORECASTS:
        n = 0 if rows is None else rows.height
        return not_measured(
            evidence,
            f"{n} forecasts of past periods; {LEAST_FORECASTS} are needed",
            f"过去期间的预测仅 {n} 个，至少需要 {LEAST_FORECASTS}",
        )
    inside = rows.select(pl.col("actual").is_between(pl.col("p10"), pl.col("p90"))).to_series()
    share = float(inside.mean() or 0.0)  # type: ignore[arg-type]
    return verdict(
        share >= LEAST_COVERED,
        f"{share:.0%} of {rows.height:,} results lay within p10 to p90, where 80 % should",
        f"{rows.height:,} 个结果中 {share:.0%} 落在 p10 至 p90 之间（应为 80 %）",
    )


def drift_named(evidence: Evidence) -> Verdict:
    """G14."""
    if evidence.drift is None:
        return not_measured(
            evidence, "too few deals to compare with earlier quarters", "商机太少，无法与更早的季度比较"
        )
    weights = evidence.importance or {}
    heavy = [one for one in evidence.drift if one.drifted and weights.get(one.feature, 0.0) >= LEAST_WEIGHT]
    drifted = sorted(heavy, key=lambda one: (-one.psi, one.feature))
    if not drifted:
        light = sorted(one.feature for one in evidence.drift if one.drifted)
        beside = f"; of little weight: {', '.join(light)}" if light else ""
        return passed(
            f"none of {len(evidence.drift)} features drifted that carries {LEAST_WEIGHT:.0%} of the reasons{beside}",
            f"{len(evidence.drift)} 个特征中占原因 {LEAST_WEIGHT:.0%} 以上的均无漂移"
            + (f"；权重很小的有：{'、'.join(light)}" if light else ""),
        )
    told, more = drifted[:MOST_TOLD], len(drifted) - MOST_TOLD
    return found(
        "; ".join(one.en for one in told) + (f"; and {more} more" if more > 0 else ""),
        "；".join(one.zh for one in told) + (f"；另有 {more} 个" if more > 0 else ""),
    )


def as_expected(evidence: Evidence) -> Verdict:
    """G16."""
    if evidence.surprises is None:
        return not_measured(evidence, "no earlier freeze to learn expectations from", "没有更早的冻结历史可供比对")
    if not evidence.surprises:
        return passed("the history is as the last freeze led to expect", "历史数据与上次冻结的预期一致")
    told, more = evidence.surprises[:MOST_TOLD], len(evidence.surprises) - MOST_TOLD
    return found(
        "; ".join(one.en for one in told) + (f"; and {more} more" if more > 0 else ""),
        "；".join(one.zh for one in told) + (f"；另有 {more} 项" if more > 0 else ""),
    )
