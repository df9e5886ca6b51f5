"""The report of a retraining: one page that needs nothing but itself, in both languages."""

from __future__ import annotations

import base64
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import polars as pl

from training.gate import CHECKS
from training.gate.champion import GROUPS, gain_over_champion, gains_by_group
from training.gate.check import OUTCOMES
from training.metrics import Score, compare
from training.probes.beside import CHAMPION, Beside
from training.probes.reasons import heaviest
from training.report import NAMES, calibration_plot, figure, summary
from training.retraining.journal import read_json
from training.retraining.page_text import PAGE

if TYPE_CHECKING:
    from training.retraining.verdict import Decision
    from training.retraining.work import Work

MOST_MOVED = 12


def retraining_page(work: Work, decision: Decision) -> str:
    """The page of a retraining whose steps up to the decision are done; nothing is loaded from elsewhere."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(PAGE).render(context(work, decision), figure=figure, names=NAMES)


def context(work: Work, decision: Decision) -> dict[str, Any]:
    """What the page is made from."""
    place, replay = work.journal.place, work.plain_replay
    beside = work.beside()
    frozen, reasons = work.frozen, read_json(place("probe") / "reasons.json")
    checks = {check.code: check for check in CHECKS}
    return {
        "name": work.name,
        "day": work.past.settings.day_of(work.plan.as_of),
        "decision": decision,
        "frozen": frozen,
        "surprises": read_json(place("validate") / "surprises.json"),
        "drift": [one for one in read_json(place("probe") / "drift.json") or [] if one["drifted"]],
        "summary": summary(replay) if replay is not None else None,
        "plot": base64.b64encode(calibration_plot(replay)).decode() if replay is not None else None,
        "champion": _against(beside),
        "importance": heaviest(reasons["importance"]),
        "gate": [
            {**one, "said": OUTCOMES[one["outcome"]], "check": checks[one["code"]]}
            for one in read_json(place("gate") / "gate.json")
        ],
        "moved": _moved(place("probe") / "unchanged.parquet"),
        "forecasts": _forecasts(place("forecast") / "forecasts.parquet"),
    }


def _against(beside: Beside | None) -> dict[str, Any] | None:
    """Champion and candidate on the same rows, overall and by group; None where there is nothing to compare."""
    if beside is None or beside.rows.is_empty():
        return None
    rows = beside.rows
    chances = {name: rows[name].to_numpy() for name in ("model", CHAMPION)}
    won = (rows["label"] == "won").to_numpy().astype(float)
    return {
        "version": beside.version,
        "rows": rows.height,
        "metrics": compare(chances, won, rows["deal_id"].to_numpy()),
        "gain": _shown(gain_over_champion(rows)),
        "groups": [
            {"kind": kind, "zh": GROUPS[kind], "name": name, "n": n, "gain": _shown(gain)}
            for kind, name, n, gain in gains_by_group(beside)
        ],
    }


def _shown(score: Score) -> str:
    if math.isnan(score.low):
        return figure(score.value)
    return f"{score.value:+.4f} ({score.low:+.4f} – {score.high:+.4f})"


def _moved(path: Path) -> list[dict[str, Any]]:
    """The deals whose chance moved most with the model alone, with the reasons of both."""
    if not path.is_file():
        return []
    rows = pl.read_parquet(path).with_columns(by=pl.col("after") - pl.col("before"))
    return rows.sort([pl.col("by").abs(), "deal_id"], descending=[True, False]).head(MOST_MOVED).to_dicts()


def _forecasts(path: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(path).to_dicts() if path.is_file() else []
