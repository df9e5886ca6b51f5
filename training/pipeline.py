"""One training, in one readable function: known history, frozen; features; held-out replay; model; gate; registry."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from history.as_of import known
from history.errors import NoHistory
from history.fiscal import Period, bounds, period_of, previous
from history.freeze import Frozen, freeze
from history.record import History
from training.backtest import Fit, Replay, backtest, period_end, training_matrix
from training.bundle import Model, save_bundle
from training.bundle_files import bundle_bytes
from training.card import model_card
from training.choice import fit_model, kind_of
from training.fitting import FitOptions
from training.flag_record import flag_records
from training.gate import Evidence, Result, passes, run_gate
from training.labels import closed_counts
from training.probes.champion import Champion
from training.registry import Registry
from training.report import calibration_plot, evidence_text, page, summary
from training.rivals.rival import Rival
from training.splits import weekly_instants

Say = Callable[[str], object]
Clock = Callable[[], dt.datetime]
FIRST = "the first version"
LEAST_DAYS_BEFORE = 45
"""A held-out period needs at least so many days of history before it."""


@dataclass(frozen=True)
class TrainReport:
    """What came of a training. `promoted` says whether the version serves, `why` and `why_zh` for what reason;
    `held_out` is None for a short history.
    """

    version: str
    kind: str
    trained_as_of: dt.datetime
    content_hash: str
    promoted: bool
    why: str
    gate: Sequence[Result]
    held_out: dict[str, Any] | None
    facts: dict[str, Any] = field(default_factory=dict)
    card: str = ""
    why_zh: str = ""

    def __str__(self) -> str:
        return self.card


def train(
    history: History,
    as_of: dt.datetime,
    registry: Registry,
    frozen_folder: Path,
    promote: bool = False,
    progress: Say | None = None,
    options: FitOptions | None = None,
    by: str = "by hand",
    clock: Clock | None = None,
) -> TrainReport:
    """Train on what was known at `as_of` (naive UTC), register the version with its evidence, promote it if it may.

    The first version becomes champion; a later one if the gate finds nothing, or with `promote`, recorded as by hand.
    When it was promoted is what `clock` says then (naive UTC); without one it is not on record. Nothing recorded at or
    after `as_of` is used. The history used is kept under its hash in `frozen_folder`. Raises `NoHistory` when nothing
    was known at `as_of`.
    """
    say, options = progress or (lambda _: None), options or FitOptions()
    past = known(history, as_of)
    if past["deal_changes"].is_empty():
        raise NoHistory(
            f"nothing was known of any deal before {history.settings.day_of(as_of)}; expected a day after the first "
            "record. Give a later --as-of or import data."
        )
    say("freezing the history")
    frozen = keep_frozen(past, frozen_folder)
    say("replaying a held-out period")
    champion = Champion.of(registry, past)
    replay, beside_champion = champion.judged(held_out_replay(past, as_of, options, champion.rivals), past)
    say("training")
    matrix = training_matrix(past, as_of)
    model, _ = fit_model(matrix, past, as_of, options)
    model = replace(model, flag_records=flag_records(matrix, past, as_of, model.long_days))
    results = run_gate(Evidence(kind_of(model), replay, learned_until(replay), beside_champion, probed=False))
    say("registering")
    return _registered(model, past, frozen, replay, results, registry, promote, by, clock)


def keep_frozen(past: History, folder: Path) -> Frozen:
    """Freeze `past` into a folder named by its content hash below `folder`; the same history is kept once."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".freezing-") as draft:
        frozen = freeze(past, Path(draft) / "history")
        place = folder / frozen.content_hash[:16]
        if not place.exists():
            shutil.move(frozen.path, place)
    return Frozen(place, frozen.content_hash)


def held_out_period(past: History, as_of: dt.datetime) -> Period | None:
    """The last whole quarter before `as_of` with history enough before it, else the last whole month, else None."""
    first = past.first_recorded
    for cadence in ("quarter", "month"):
        period = previous(period_of(past.settings.day_of(as_of), past.settings, cadence), past.settings)
        start, _ = bounds(period, past.settings)
        if first is not None and start - first >= dt.timedelta(days=LEAST_DAYS_BEFORE):
            return period
    return None


def held_out_replay(
    past: History,
    as_of: dt.datetime,
    options: FitOptions,
    rivals: Mapping[str, Rival] | None = None,
    fit: Fit = fit_model,
) -> Replay | None:
    """Weekly days of the held-out period, scored by a model trained at its start: "won before its end".

    `rivals` and `fit` are as in `backtest`.
    """
    period = held_out_period(past, as_of)
    if period is None:
        return None
    start, end = bounds(period, past.settings)
    cadence = "quarter" if "Q" in period.name else "month"
    days = [day for day in weekly_instants(start - dt.timedelta(seconds=1), end, past.settings) if day >= start]
    try:
        question = f"won before the end of {period.name}"
        return backtest(
            past,
            days,
            period_end(past.settings, cadence),
            cadence,
            question,
            options,
            seen_until=as_of,
            rivals=rivals,
            fit=fit,
        )
    except NoHistory:
        return None


def learned_until(replay: Replay | None) -> dt.datetime | None:
    """The latest instant that the replayed models learned from, by their own account."""
    ends = [str(fit.get("last_horizon_end", fit["cut"])) for fit in replay.fits] if replay else []
    return max(map(dt.datetime.fromisoformat, ends)) if ends else None


def _registered(
    model: Model,
    past: History,
    frozen: Frozen,
    replay: Replay | None,
    results: list[Result],
    registry: Registry,
    promote: bool,
    by: str,
    clock: Clock | None,
) -> TrainReport:
    found = summary(replay) if replay else None
    first = registry.champion() is None
    why, why_zh = _why(first, promote, results)
    report = TrainReport(
        version="",
        kind=kind_of(model),
        trained_as_of=model.trained_as_of,
        content_hash=frozen.content_hash,
        promoted=first or promote or passes(results),
        why=why,
        why_zh=why_zh,
        gate=results,
        held_out=found,
        facts={**model.facts, **closed_counts(past, model.trained_as_of), "long_days": model.long_days},
    )
    card = model_card(report, past.settings)
    with tempfile.TemporaryDirectory() as draft:
        bundle = save_bundle(model, Path(draft) / "bundle")
        params = {**report.facts, "kind": report.kind, "content_hash": frozen.content_hash}
        metrics = {**held_out_metrics(found), "bundle_bytes": bundle_bytes(bundle)}
        tags = {
            "kind": report.kind,
            "content_hash": frozen.content_hash,
            "feature_version": model.feature_version,
            "gate": "passed" if passes(results) else "found",
        }
        figures = _evidence(Path(draft), card, replay, found)
        figures["told"] = Path(draft) / "told.json"
        figures["told"].write_text(evidence_text(replay, found, [vars(result) for result in results]), encoding="utf-8")
        version = registry.log(bundle, model.trained_as_of, params, metrics, figures, tags)
    if report.promoted:
        who = by if promote and not passes(results) else "gate"
        registry.promote(version, who, report.why, clock() if clock else None)
    return TrainReport(**{**vars(report), "version": version, "card": card.replace("{version}", version)})


def _why(first: bool, promote: bool, results: Sequence[Result]) -> tuple[str, str]:
    """Why the version serves or does not, in both languages."""
    found = [result.code for result in results if result.outcome == "found"]
    codes, codes_zh = ", ".join(found), "、".join(found)
    if not codes:
        return "the gate found nothing", "上线检验未发现问题"
    if promote:
        return f"promoted by hand although the gate found {codes}", f"人工决定上线，虽然上线检验发现问题：{codes_zh}"
    if first:
        return f"{FIRST}, although the gate found {codes}", f"首个版本，虽然上线检验发现问题：{codes_zh}"
    return f"the gate found {codes}", f"上线检验发现问题：{codes_zh}"


def held_out_metrics(found: dict[str, Any] | None) -> dict[str, float]:
    """The held-out figures by "forecast.figure", those that are defined."""
    if found is None:
        return {}
    named = {
        f"{name}.{key}": entry[key]["value"]
        for name, entry in found["forecasts"].items()
        for key in ("auc", "log_loss", "brier")
    }
    named |= {key: found[key] for key in ("n", "share_won", "calibration_slope", "calibration_intercept")}
    return {key: float(value) for key, value in named.items() if value is not None}


def _evidence(folder: Path, card: str, replay: Replay | None, found: dict[str, Any] | None) -> dict[str, Path]:
    files = {"card": folder / "model_card.md"}
    files["card"].write_text(card, encoding="utf-8")
    if replay is not None and found is not None:
        files["calibration"] = folder / "calibration.png"
        files["calibration"].write_bytes(calibration_plot(replay))
        files["report"] = folder / "report.html"
        files["report"].write_text(page(replay, found), encoding="utf-8")
    return files
