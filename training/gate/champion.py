"""Checks of a candidate beside the champion: not worse, in no group worse, and not another word on the same facts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from training.gate.check import Verdict, found, not_applicable, not_measured, passed, verdict
from training.gate.evidence import Beside, Evidence
from training.labels import WON
from training.metrics import Score, log_loss_gain

LEAST_ROWS, LEAST_DEALS = 200, 30
MARGIN = 0.02
"""How much more log loss than the champion's the interval must rule out."""
GROUP_MARGIN = 0.03
GROUPS = {"stage": "阶段", "region": "区域", "segment": "细分市场"}
LEAST_UNCHANGED = 20
LEAST_SAME_REASONS = 0.5
MOST_MIDDLE_MOVE, MOST_TAIL_MOVE = 0.05, 0.25
"""The middle and the 95th percentile of how far chances may move without any new fact."""


def _no_champion(evidence: Evidence) -> Verdict | None:
    beside = evidence.beside
    if beside is None:
        return not_applicable("there is no champion yet", "尚无现役模型")
    if beside.refused:
        return found(
            f"champion {beside.version} cannot be replayed: {beside.refused}",
            f"无法回放现役模型 {beside.version}：{beside.refused}",
        )
    if beside.rows.height < LEAST_ROWS or beside.rows["deal_id"].n_unique() < LEAST_DEALS:
        return not_applicable(
            f"{beside.rows.height:,} rows that champion {beside.version} had not learned from; {LEAST_ROWS} are needed",
            f"现役模型 {beside.version} 未学过的行仅 {beside.rows.height:,}，至少需要 {LEAST_ROWS}",
        )
    return None


def gain_over_champion(rows: pl.DataFrame) -> Score:
    """By how much the candidate's log loss is smaller than the champion's, with a 90 % interval over deals."""
    won = (rows["label"] == WON).to_numpy().astype(float)
    return log_loss_gain(rows["model"].to_numpy(), rows["champion"].to_numpy(), won, rows["deal_id"].to_numpy())


def not_worse(evidence: Evidence) -> Verdict:
    """G05."""
    if unfit := _no_champion(evidence):
        return unfit
    assert evidence.beside is not None
    rows = evidence.beside.rows
    gain = gain_over_champion(rows)
    en = f"log loss smaller than champion {evidence.beside.version}'s by {gain.value:.4f} "
    zh = f"对数损失比现役模型 {evidence.beside.version} 小 {gain.value:.4f}"
    return verdict(
        gain.low > -MARGIN,
        f"{en}(90 % interval {gain.low:.4f} to {gain.high:.4f}, {rows.height:,} rows)",
        f"{zh}（90 % 区间 {gain.low:.4f} 至 {gain.high:.4f}，{rows.height:,} 行）",
    )


def gains_by_group(beside: Beside) -> Iterator[tuple[str, str, int, Score]]:
    """(kind, name, rows, gain) of every stage, region and segment with rows and deals enough, sorted."""
    for kind in GROUPS:
        for (name,), rows in sorted(beside.rows.drop_nulls(kind).group_by(kind), key=lambda pair: str(pair[0][0])):
            if rows.height >= LEAST_ROWS and rows["deal_id"].n_unique() >= LEAST_DEALS:
                yield kind, str(name), rows.height, gain_over_champion(rows.sort("as_of", "deal_id"))


def no_group_worse(evidence: Evidence) -> Verdict:
    """G06."""
    if unfit := _no_champion(evidence):
        return unfit
    assert evidence.beside is not None
    groups = list(gains_by_group(evidence.beside))
    if not groups:
        return not_applicable(
            f"no stage, region or segment has {LEAST_ROWS} rows of {LEAST_DEALS} deals",
            f"没有任何阶段、区域或细分市场达到 {LEAST_DEALS} 个商机的 {LEAST_ROWS} 行",
        )
    worse = [(kind, name, n, gain) for kind, name, n, gain in groups if gain.value < -GROUP_MARGIN and gain.high < 0]
    if not worse:
        return passed(f"none of {len(groups)} groups is worse", f"{len(groups)} 个分组均未变差")
    return found(
        "worse than the champion in " + ", ".join(f"{k} {name} by {-g.value:.3f} (n {n:,})" for k, name, n, g in worse),
        "比现役模型差：" + "，".join(f"{GROUPS[k]} {name} 差 {-g.value:.3f}（n {n:,}）" for k, name, n, g in worse),
    )


def _too_few_unchanged(evidence: Evidence) -> Verdict | None:
    if evidence.unchanged is None:
        return not_measured(evidence, "there is no champion to compare with", "没有可比较的现役模型")
    if (n := evidence.unchanged.height) < LEAST_UNCHANGED:
        return not_applicable(
            f"{n} open deals; {LEAST_UNCHANGED} are needed", f"在途商机仅 {n} 个，至少需要 {LEAST_UNCHANGED}"
        )
    return None


def same_reasons(evidence: Evidence) -> Verdict:
    """G09."""
    if unfit := _too_few_unchanged(evidence):
        return unfit
    assert evidence.unchanged is not None
    share = float(evidence.unchanged["same_reasons"].mean() or 0.0)  # type: ignore[arg-type]
    n = evidence.unchanged.height
    return verdict(
        share >= LEAST_SAME_REASONS,
        f"of each deal's three largest reasons {share:.0%} stay among the five largest ({n:,} deals, same facts)",
        f"各商机的三大原因中有 {share:.0%} 仍在前五（{n:,} 个商机，事实相同）",
    )


def small_moves(evidence: Evidence) -> Verdict:
    """G10."""
    if unfit := _too_few_unchanged(evidence):
        return unfit
    assert evidence.unchanged is not None
    moved = np.abs(evidence.unchanged["after"].to_numpy() - evidence.unchanged["before"].to_numpy())
    middle, tail = float(np.median(moved)), float(np.quantile(moved, 0.95))
    return verdict(
        middle <= MOST_MIDDLE_MOVE and tail <= MOST_TAIL_MOVE,
        f"on the same facts half of {len(moved):,} deals move by up to {100 * middle:.1f} points, "
        f"95 % by up to {100 * tail:.1f}",
        f"事实不变时，{len(moved):,} 个商机中一半变动不超过 {100 * middle:.1f} 个百分点，95 % 不超过 {100 * tail:.1f}",
    )
