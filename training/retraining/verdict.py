"""The steps of a retraining that judge and tell: evidence, gate, decision, model card and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from history.expectations import Surprise
from training.gate import FOUND, Evidence, Result, passes, run_gate
from training.pipeline import learned_until
from training.probes.cost import Cost
from training.probes.drift import Drift
from training.probes.future import Future
from training.retraining.approval import Approval
from training.retraining.journal import read_json, write_json
from training.retraining.work import Work

BY_GATE = "gate"


@dataclass(frozen=True)
class Decision:
    """Whether the candidate is promoted, by whom ("gate" or a person) and why."""

    promoted: bool
    by: str
    why: str


def evidence_of(work: Work) -> Evidence:
    """All that the steps before have measured."""
    place = work.journal.place
    told = read_json(place("train") / "trained.json")
    replay = work.plain_replay
    future, drifts = read_json(place("probe") / "future.json"), read_json(place("probe") / "drift.json")
    reasons, surprises = read_json(place("probe") / "reasons.json"), read_json(place("validate") / "surprises.json")
    return Evidence(
        kind=told["kind"],
        replay=replay,
        learned_until=learned_until(replay),
        beside=work.beside,
        future=None if future is None else Future(**future),
        attainment=_table(place("forecast") / "forecasts.parquet"),
        importance=reasons["importance"],
        unchanged=_table(place("probe") / "unchanged.parquet"),
        fingerprints=tuple(told["fingerprints"]),
        cost=Cost(**read_json(place("probe") / "timings.json")),
        sums=reasons["sums"],
        drift=None if drifts is None else [Drift(**one) for one in drifts],
        surprises=None if surprises is None else [Surprise(**one) for one in surprises],
    )


def _table(path: Path) -> pl.DataFrame | None:
    return pl.read_parquet(path) if path.is_file() else None


def judge(work: Work, folder: Path) -> None:
    """Step: every check of the gate."""
    results = run_gate(evidence_of(work))
    write_json(folder / "gate.json", [asdict(result) for result in results])


def results_of(work: Work) -> list[Result]:
    """What the gate said."""
    return [Result(**one) for one in read_json(work.journal.place("gate") / "gate.json")]


def decision_of(results: Sequence[Result], approval: Approval | None) -> Decision:
    """Promote if every check that applies passes; else only if a named person approves, with the reason given."""
    codes = ", ".join(result.code for result in results if result.outcome == FOUND)
    if passes(results):
        return Decision(True, BY_GATE, "the gate found nothing")
    if approval is None:
        return Decision(False, BY_GATE, f"the gate found {codes}")
    return Decision(True, approval.by, f"{approval.reason} (the gate found {codes})")


def read_decision(document: Mapping[str, Any]) -> Decision:
    """The decision that was written as JSON."""
    return Decision(document["promoted"], document["by"], document["why"])
