"""Checks of a candidate on deals and days it never saw: overlap in time, better than a table, calibrated, credible."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from training.backtest import MODEL, Replay
from training.baselines import GATE
from training.gate.check import Verdict, found, not_applicable, passed, verdict
from training.gate.evidence import Evidence

LEAST_HELD_OUT_ROWS = 200
SLOPE_FROM, SLOPE_TO = 0.7, 1.4
MOST_AUC = 0.95
"""Sales histories do not tell as much about the future as this; a replay that does has seen it."""


def no_time_overlap(evidence: Evidence) -> Verdict:
    """G01."""
    if evidence.replay is None or evidence.learned_until is None:
        return not_applicable("no earlier period to hold out", "没有可留出检验的更早期间")
    spans = _spans(evidence.replay, evidence.learned_until)
    late = evidence.replay.rows.filter(pl.col("cut") > pl.col("as_of")).height
    en, zh = _told(spans, evidence.replay)
    if late or any(learned > judged for learned, judged in spans):
        return found(
            f"{en}: the judged days lie within what was learned ({late} rows before their training)",
            f"{zh}：检验日落在学习期内（{late} 行早于其训练日）",
        )
    return passed(en, zh)


def _spans(replay: Replay, learned_until: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    """Of each replayed model until when it learned and the first of the days that it was judged by.

    Where models were trained at several cuts, each has days of its own, and what a later one learned is no overlap.
    """
    if not replay.fits:
        return [(learned_until, replay.rows["as_of"].min())]  # type: ignore[list-item]
    firsts = dict(replay.rows.group_by("cut").agg(pl.col("as_of").min()).iter_rows())
    ends = {dt.datetime.fromisoformat(str(fit["cut"])): _learned(fit) for fit in replay.fits}
    return [(ends[cut], day) for cut, day in sorted(firsts.items())]


def _told(spans: Sequence[tuple[dt.datetime, dt.datetime]], replay: Replay) -> tuple[str, str]:
    """The days of every model beside its own, so that what one learned is not read beside the days of another."""
    days = [(replay.settings.day_of(learned), replay.settings.day_of(judged)) for learned, judged in spans]
    en = "; ".join(f"learned until {learned}, judged from {judged}" for learned, judged in days)
    zh = "；".join(f"学习截至 {learned}，检验始于 {judged}" for learned, judged in days)
    if len(days) == 1:
        return en, zh
    return f"each of {len(days)} models on its own days: {en}", f"{len(days)} 个模型各用各的检验日：{zh}"


def _learned(fit: Mapping[str, object]) -> dt.datetime:
    """The latest instant that one of the replay's models learned from, by its own account."""
    return dt.datetime.fromisoformat(str(fit.get("last_horizon_end", fit["cut"])))


def _unfit(evidence: Evidence, of_tables: tuple[str, str]) -> Verdict | None:
    """Why the held-out rows cannot judge, if they cannot."""
    replay = evidence.replay
    if replay is None or replay.rows.height < LEAST_HELD_OUT_ROWS:
        return not_applicable(
            f"fewer than {LEAST_HELD_OUT_ROWS} held-out rows", f"留出检验的行少于 {LEAST_HELD_OUT_ROWS}"
        )
    if evidence.kind == "tables":
        return not_applicable(*of_tables)
    if not 0 < replay.won.mean() < 1:
        return not_applicable("every held-out deal came out the same", "留出的商机结果全部相同")
    return None


def better_than_stage_age(evidence: Evidence) -> Verdict:
    """G02."""
    if unfit := _unfit(evidence, ("the candidate is the stage x age table itself", "候选模型就是阶段×账龄表")):
        return unfit
    assert evidence.replay is not None
    gain = evidence.replay.gain_over(GATE)
    return verdict(
        gain.low > 0,
        f"log loss smaller by {gain.value:.4f} (90 % interval {gain.low:.4f} to {gain.high:.4f})",
        f"对数损失小 {gain.value:.4f}（90 % 区间 {gain.low:.4f} 至 {gain.high:.4f}）",
    )


def calibration_slope(evidence: Evidence) -> Verdict:
    """G03."""
    if unfit := _unfit(evidence, ("tables are not calibrated", "阶段×账龄表不做校准")):
        return unfit
    assert evidence.replay is not None
    slope, intercept = evidence.replay.slope_and_intercept()
    n = evidence.replay.rows.height
    return verdict(
        SLOPE_FROM <= slope <= SLOPE_TO,
        f"slope {slope:.2f}, intercept {intercept:+.2f} on {n:,} held-out rows",
        f"斜率 {slope:.2f}，截距 {intercept:+.2f}，留出 {n:,} 行",
    )


def credible(evidence: Evidence) -> Verdict:
    """G15."""
    if unfit := _unfit(evidence, ("tables know nothing but stage and age", "阶段×账龄表只知道阶段与账龄")):
        return unfit
    assert evidence.replay is not None
    auc = evidence.replay.metrics_of(MODEL).auc
    return verdict(
        auc.low < MOST_AUC,
        f"AUC {auc.value:.3f} (90 % interval {auc.low:.3f} to {auc.high:.3f})",
        f"AUC {auc.value:.3f}（90 % 区间 {auc.low:.3f} 至 {auc.high:.3f}）",
    )
