"""THE PROMOTION GATE: numbered checks of a candidate on rows it never saw; each passes, finds, or does not apply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from training.backtest import Replay
from training.baselines import GATE

PASSED, FOUND, NOT_APPLICABLE = "passed", "found", "not_applicable"
LEAST_HELD_OUT_ROWS = 200
SLOPE_FROM, SLOPE_TO = 0.7, 1.4


@dataclass(frozen=True)
class Evidence:
    """What the gate looks at: the candidate's kind ("deal_model" or "tables") and its replay of a later period.

    `learned_until` is the latest instant (naive UTC) that the replayed model's rows reach, horizons included. Both
    are None where the history is too short to hold a period out.
    """

    kind: str
    replay: Replay | None
    learned_until: dt.datetime | None


@dataclass(frozen=True)
class Result:
    """The outcome of one check ("passed", "found" or "not_applicable") with a sentence that says why."""

    code: str
    title: str
    outcome: str
    sentence: str


Judge = Callable[[Evidence], tuple[str, str]]


@dataclass(frozen=True)
class Check:
    """A declared check: its number, what it is about, its threshold in words, and the function that judges."""

    code: str
    title: str
    threshold: str
    judge: Judge

    def run(self, evidence: Evidence) -> Result:
        return Result(self.code, self.title, *self.judge(evidence))


def no_time_overlap(evidence: Evidence) -> tuple[str, str]:
    """G01."""
    if evidence.replay is None or evidence.learned_until is None:
        return NOT_APPLICABLE, "no earlier period to hold out"
    first, learned = evidence.replay.rows["as_of"].min(), evidence.replay.settings.day_of(evidence.learned_until)
    words = f"learned until {learned}, judged from {evidence.replay.days[0]}"
    late = evidence.replay.rows.filter(pl.col("cut") > pl.col("as_of")).height
    if evidence.learned_until > first or late:  # type: ignore[operator]
        return FOUND, f"{words}: the judged days lie within what was learned ({late} rows before their training)"
    return PASSED, words


def better_than_stage_age(evidence: Evidence) -> tuple[str, str]:
    """G02."""
    replay = evidence.replay
    if replay is None or replay.rows.height < LEAST_HELD_OUT_ROWS:
        return NOT_APPLICABLE, f"fewer than {LEAST_HELD_OUT_ROWS} held-out rows"
    if evidence.kind == "tables":
        return NOT_APPLICABLE, "the candidate is the stage x age table itself"
    if not 0 < replay.won.mean() < 1:
        return NOT_APPLICABLE, "every held-out deal came out the same"
    gain = replay.gain_over(GATE)
    words = f"log loss smaller by {gain.value:.4f} (90 % interval {gain.low:.4f} to {gain.high:.4f})"
    return (PASSED if gain.low > 0 else FOUND), words


def calibration_slope(evidence: Evidence) -> tuple[str, str]:
    """G03."""
    replay = evidence.replay
    if replay is None or replay.rows.height < LEAST_HELD_OUT_ROWS:
        return NOT_APPLICABLE, f"fewer than {LEAST_HELD_OUT_ROWS} held-out rows"
    if evidence.kind == "tables":
        return NOT_APPLICABLE, "tables are not calibrated"
    if not 0 < replay.won.mean() < 1:
        return NOT_APPLICABLE, "every held-out deal came out the same"
    slope, intercept = replay.slope_and_intercept()
    words = f"slope {slope:.2f}, intercept {intercept:+.2f} on {replay.rows.height:,} held-out rows"
    return (PASSED if SLOPE_FROM <= slope <= SLOPE_TO else FOUND), words


CHECKS = (
    Check("G01", "no time overlap", "every judged day lies after all that was learned", no_time_overlap),
    Check(
        "G02",
        "better than stage x age",
        "log loss smaller than that of the stage x age table; 90 % case-bootstrap interval above 0",
        better_than_stage_age,
    ),
    Check("G03", "calibration slope", f"from {SLOPE_FROM} to {SLOPE_TO} on held-out rows", calibration_slope),
)


def run_gate(evidence: Evidence, checks: Sequence[Check] = CHECKS) -> list[Result]:
    """Every check's result, in order."""
    return [check.run(evidence) for check in checks]


def passes(results: Sequence[Result]) -> bool:
    """Whether no check found anything; a check that does not apply does not stand in the way."""
    return all(result.outcome != FOUND for result in results)
