"""What a check is: a number, a title and a threshold in both languages, and a judge with three outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.gate.evidence import Evidence

PASSED, FOUND, NOT_APPLICABLE = "passed", "found", "not_applicable"
OUTCOMES = {PASSED: "通过", FOUND: "发现问题", NOT_APPLICABLE: "不适用"}
"""The three outcomes with their Chinese words."""


@dataclass(frozen=True)
class Verdict:
    """An outcome with the sentence that says why, in both languages."""

    outcome: str
    en: str
    zh: str


@dataclass(frozen=True)
class Result:
    """The outcome of one check ("passed", "found" or "not_applicable") with a sentence that says why."""

    code: str
    title: str
    outcome: str
    sentence: str
    title_zh: str = ""
    sentence_zh: str = ""


Judge = Callable[[Evidence], Verdict]


@dataclass(frozen=True)
class Check:
    """A declared check: its number, what it is about, its threshold in words, and the function that judges."""

    code: str
    title: str
    title_zh: str
    threshold: str
    threshold_zh: str
    judge: Judge

    def run(self, evidence: Evidence) -> Result:
        verdict = self.judge(evidence)
        return Result(self.code, self.title, verdict.outcome, verdict.en, self.title_zh, verdict.zh)


def passed(en: str, zh: str) -> Verdict:
    return Verdict(PASSED, en, zh)


def found(en: str, zh: str) -> Verdict:
    return Verdict(FOUND, en, zh)


def not_applicable(en: str, zh: str) -> Verdict:
    return Verdict(NOT_APPLICABLE, en, zh)


def not_measured(evidence: Evidence, en: str, zh: str) -> Verdict:
    """What is told where there is nothing to judge: that nobody looked, or else why there was nothing to see."""
    if not evidence.probed:
        return not_applicable(
            "not looked at by `dealcast train`; `dealcast retrain` does",
            "`dealcast train` 不检验此项，由 `dealcast retrain` 检验",
        )
    return not_applicable(en, zh)


def verdict(good: bool, en: str, zh: str) -> Verdict:
    """Passed where `good`, else found, with the same figures."""
    return Verdict(PASSED if good else FOUND, en, zh)


def passes(results: Sequence[Result]) -> bool:
    """Whether no check found anything; a check that does not apply does not stand in the way."""
    return all(result.outcome != FOUND for result in results)
