"""Checks of how a candidate is made: no view of the future, no single pillar, twice the same, small, adding up."""

from __future__ import annotations

from training.gate.check import Verdict, found, not_applicable, not_measured, passed, verdict
from training.gate.evidence import Evidence

MOST_SHARE = 0.4
MOST_BYTES = 20_000_000
MOST_ONE_DEAL_MS = 150.0
MOST_GAP_POINTS = 0.051
"""Figures are shown to a tenth of a point."""
_TABLES = ("tables have one reason, the deal's age", "阶段×账龄表只有账龄一个原因")


def blind_to_the_future(evidence: Evidence) -> Verdict:
    """G04."""
    if evidence.future is None:
        return not_measured(evidence, "there was no open deal to look at", "没有可检验的在途商机")
    n, moved = evidence.future.rows, evidence.future.moved
    if not moved:
        return passed(
            f"all that was recorded later was changed; no feature of {n:,} rows moved",
            f"改动其后记录的全部内容，{n:,} 行的特征均未变化",
        )
    return found(
        f"changing what was recorded later moved {', '.join(moved)}",
        f"改动其后记录的内容后，以下特征变化：{'、'.join(moved)}",
    )


def no_single_pillar(evidence: Evidence) -> Verdict:
    """G08."""
    if evidence.kind == "tables":
        return not_applicable(*_TABLES)
    if not evidence.importance:
        return not_measured(evidence, "there was no open deal to explain", "没有可解释的在途商机")
    name, share = max(evidence.importance.items(), key=lambda pair: (pair[1], pair[0]))
    return verdict(
        share <= MOST_SHARE,
        f"the heaviest feature, {name}, carries {share:.0%} of all reasons",
        f"最重的特征 {name} 占全部原因的 {share:.0%}",
    )


def reproducible(evidence: Evidence) -> Verdict:
    """G11."""
    if evidence.fingerprints is None:
        return not_measured(evidence, "trained once only", "只训练了一次")
    first, second = evidence.fingerprints
    if first == second:
        return passed(f"trained twice, the same bytes ({first[:12]})", f"两次训练字节相同（{first[:12]}）")
    return found(
        f"trained twice, other bytes ({first[:12]} and {second[:12]})",
        f"两次训练字节不同（{first[:12]} 与 {second[:12]}）",
    )


def small_and_quick(evidence: Evidence) -> Verdict:
    """G12. A time that passes is not told to the millisecond, so that the same retraining says the same."""
    if evidence.cost is None:
        return not_measured(evidence, "no bundle was measured", "未测量模型包")
    size, taken = evidence.cost.bundle_bytes, evidence.cost.one_deal_ms
    slow = taken > MOST_ONE_DEAL_MS
    en = f"{taken:.0f} ms of computing" if slow else f"within {MOST_ONE_DEAL_MS:.0f} ms of computing"
    zh = f"需计算 {taken:.0f} 毫秒" if slow else f"计算在 {MOST_ONE_DEAL_MS:.0f} 毫秒以内"
    return verdict(
        not slow and size <= MOST_BYTES,
        f"the bundle takes {size:,} bytes; one deal with its reasons {en}",
        f"模型包 {size:,} 字节；单个商机连同原因{zh}",
    )


def adds_up(evidence: Evidence) -> Verdict:
    """G13."""
    if evidence.sums is None:
        return not_measured(evidence, "there was no open deal to explain", "没有可解释的在途商机")
    return verdict(
        evidence.sums <= MOST_GAP_POINTS,
        f"chances and the sums of their reasons differ by {evidence.sums:.2f} points at most",
        f"赢单概率与原因之和最多相差 {evidence.sums:.2f} 个百分点",
    )
