"""The last steps of a retraining: decide, tell, register, promote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.attainment.record import document_hash
from training.bundle_files import bundle_bytes
from training.card import model_card
from training.evidence import ATTAINMENT_HASH
from training.gate import passes
from training.model_version import RETRAINING
from training.pipeline import TrainReport, held_out_metrics
from training.report import calibration_plot, evidence_text
from training.retraining.journal import read_json, write_json
from training.retraining.measures import LEARNED
from training.retraining.page import retraining_page
from training.retraining.verdict import Decision, read_decision, results_of
from training.retraining.work import Work


def tell(work: Work, folder: Path) -> None:
    """Step: the model card and the report, as it stood when the gate had spoken."""
    decision = read_decision(read_json(work.journal.place("decide") / "decision.json"))
    replay = work.plain_replay
    report = report_of(work, decision)
    (folder / "model_card.md").write_text(model_card(report, work.past.settings), encoding="utf-8")
    if replay is not None:
        (folder / "calibration.png").write_bytes(calibration_plot(replay))
    told = evidence_text(replay, report.held_out, [asdict(result) for result in report.gate])
    (folder / "told.json").write_text(told, encoding="utf-8")
    (folder / "report.html").write_text(retraining_page(work, decision), encoding="utf-8")


def report_of(work: Work, decision: Decision) -> TrainReport:
    """What the model card tells of."""
    told = read_json(work.journal.place("train") / "trained.json")
    return TrainReport(
        version="",
        kind=told["kind"],
        trained_as_of=work.plan.as_of,
        content_hash=work.frozen["content_hash"],
        promoted=decision.promoted,
        why=decision.why,
        gate=results_of(work),
        held_out=work.held_out,
        facts=told["facts"],
    )


def register(work: Work, folder: Path) -> None:
    """Step: a version with its bundle and all the evidence; the one that was registered before, if it was."""
    known = work.registry.version_of(work.name)
    if known is None:
        work.registry.sweep(work.name)
        version = _registered(work)
    else:
        version = known.version
    work.registry.challenge(version)
    write_json(folder / "version.json", {"version": version})


def _registered(work: Work) -> str:
    told = read_json(work.journal.place("train") / "trained.json")
    metrics = {**held_out_metrics(work.held_out), "bundle_bytes": bundle_bytes(work.bundle)}
    params = {**told["facts"], "kind": told["kind"], "content_hash": work.frozen["content_hash"]}
    return work.registry.log(work.bundle, work.plan.as_of, params, metrics, _evidence(work), _tags(work, told))


def _tags(work: Work, told: Mapping[str, Any]) -> dict[str, str]:
    return {
        "kind": told["kind"],
        "content_hash": work.frozen["content_hash"],
        "feature_version": work.plan.features,
        "gate": "passed" if passes(results_of(work)) else "found",
        "compared_with": work.plan.champion or "",
        RETRAINING: work.name,
        **_attainment_tag(work),
    }


def _attainment_tag(work: Work) -> dict[str, str]:
    """The hash of what forecasts have learned, by which it is verified when it is read back."""
    kept = work.journal.place("forecast") / LEARNED
    return {ATTAINMENT_HASH: document_hash(read_json(kept))} if kept.is_file() else {}


def _evidence(work: Work) -> dict[str, Path]:
    """The files that are kept with the version, by the name they are kept under."""
    place = work.journal.place
    files = {
        "card": place("tell") / "model_card.md",
        "report": place("tell") / "report.html",
        "told": place("tell") / "told.json",
        "calibration": place("tell") / "calibration.png",
        "gate": place("gate") / "gate.json",
        "frozen": place("freeze") / "frozen.json",
        "surprises": place("validate") / "surprises.json",
        "replay": place("replay") / "rows.parquet",
        "forecasts": place("forecast") / "forecasts.parquet",
        "attainment": place("forecast") / LEARNED,
        "drift": place("probe") / "drift.json",
        "reasons": place("probe") / "reasons.json",
        "unchanged": place("probe") / "unchanged.parquet",
        "timings": place("probe") / "timings.json",
    }
    return {name: path for name, path in files.items() if path.is_file()}


def hand_over(work: Work, folder: Path) -> None:
    """Step: promote the version if it was decided so."""
    decision = read_decision(read_json(work.journal.place("decide") / "decision.json"))
    if decision.promoted:
        promote(work, decision)
    write_json(folder / "handed_over.json", asdict(decision))


def version_of(work: Work) -> str:
    """The number of the version that the retraining registered."""
    return str(read_json(work.journal.place("register") / "version.json")["version"])


def promote(work: Work, decision: Decision) -> None:
    """Let the retraining's version serve, by the gate or a person."""
    work.registry.promote(version_of(work), decision.by, decision.why, work.now)
