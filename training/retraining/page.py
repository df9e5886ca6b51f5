"""The report of a retraining: one page that needs nothing but itself, in both languages."""

from __future__ import annotations

import base64
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import polars as pl

from features.catalogue import feature_of, is_feature
from history.tables import TABLES
from training.attainment.record import shown
from training.backtest import MODEL, Replay
from training.calibration import reliability_by_range
from training.gate import CHECKS
from training.gate.champion import GROUPS, gain_over_champion, gains_by_group
from training.gate.check import OUTCOMES
from training.metrics import Score, compare
from training.probes.beside import CHAMPION, Beside
from training.probes.reasons import heaviest
from training.report import NAMES, PLOT_CAPTION, calibration_plot, figure
from training.retraining.journal import read_json
from training.retraining.page_text import PAGE
from training.retraining.verdict import BY_GATE, Decision

if TYPE_CHECKING:
    from training.retraining.work import Work

MOST_MOVED, MOST_DRIFTED = 12, 5
_FACTS = (
    ("feature_version", "feature version", "特征版本"),
    ("rows", "rows learned from", "学习所用行数"),
    ("deals", "deals learned from", "学习所用商机数"),
    ("won", "deals won by then", "截至当日赢单"),
    ("lost", "deals lost by then", "截至当日丢单"),
    ("seed", "seed", "随机种子"),
)


def retraining_page(work: Work, decision: Decision) -> str:
    """The page of a retraining whose steps up to the decision are done; nothing is loaded from elsewhere."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    words = {"figure": figure, "named": named, "names": NAMES}
    return environment.from_string(PAGE).render(context(work, decision), **words)


def context(work: Work, decision: Decision) -> dict[str, Any]:
    """What the page is made from."""
    place, replay = work.journal.place, work.plain_replay
    drift = read_json(place("probe") / "drift.json")
    return {
        "name": work.name,
        "day": work.past.settings.day_of(work.plan.as_of),
        "decision": decision,
        "decided": decided(decision),
        "frozen": work.frozen,
        "facts": _facts(work),
        "table_words": {name: TABLES[name].zh for name in work.frozen["rows"]},
        "surprises": read_json(place("validate") / "surprises.json"),
        "drift_known": drift is not None,
        "drift": [one for one in drift or [] if one["drifted"]],
        "moved_features": sorted(drift or [], key=lambda one: (-one["psi"], one["feature"]))[:MOST_DRIFTED],
        "summary": work.held_out,
        "question_zh": question_zh(replay.question) if replay is not None else "",
        "plot": base64.b64encode(calibration_plot(replay)).decode() if replay is not None else None,
        "caption": PLOT_CAPTION,
        "reliability": _reliability(replay),
        "champion": _against(work.beside),
        "importance": heaviest(read_json(place("probe") / "reasons.json")["importance"]),
        "gate": _gate(read_json(place("gate") / "gate.json")),
        "learned": shown(read_json(learned)) if (learned := place("forecast") / "attainment.json").is_file() else [],
        "moved": _moved(place("probe") / "unchanged.parquet"),
        **_forecasts(place("forecast") / "forecasts.parquet"),
    }


def named(code: str) -> str:
    """A feature in both languages; a code that is no feature stands as it is.

    >>> named("age_days")
    'days since the deal began · 商机建立至今天数'
    """
    if not is_feature(code):
        return code
    feature = feature_of(code)
    return f"{feature.en} · {feature.zh}"


def question_zh(question: str) -> str:
    """
    >>> question_zh("won before the end of 2026Q1 or 2026Q2")
    '于 2026Q1 或 2026Q2 结束前赢单'
    """
    return f"于 {question.removeprefix('won before the end of ').replace(' or ', ' 或 ')} 结束前赢单"


def decided(decision: Decision) -> dict[str, str]:
    """Who decided and why, in both languages; what a person wrote stands as written."""
    if decision.by != BY_GATE:
        return {"by": decision.by, "by_zh": decision.by, "why": decision.why, "why_zh": decision.why}
    found = decision.why.removeprefix("the gate found ")
    why_zh = "上线检验未发现问题" if found == "nothing" else f"上线检验发现问题：{found.replace(', ', '、')}"
    return {"by": "the gate", "by_zh": "上线检验", "why": decision.why, "why_zh": why_zh}


def _facts(work: Work) -> list[tuple[str, str, str]]:
    """What the candidate was made from: the name of each in both languages, and the value."""
    told = {**read_json(work.journal.place("train") / "trained.json")["facts"], "feature_version": work.plan.features}
    rows = [(en, zh, _value(told[key])) for key, en, zh in _FACTS if key in told]
    champion = work.champion_version
    if champion is not None:
        day = work.past.settings.day_of(champion.trained_as_of)
        rows.append(("champion compared with", "对比的现役版本", f"{champion.version} ({day})"))
    return rows


def _value(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _gate(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    checks = {check.code: check for check in CHECKS}
    return [{**one, "said": OUTCOMES[one["outcome"]], "check": checks[one["code"]]} for one in results]


def _reliability(replay: Replay | None) -> list[dict[str, Any]]:
    """Shown against came by ranges of the chance, with counts."""
    if replay is None:
        return []
    deal = replay.rows["deal_id"].to_numpy()
    return reliability_by_range(replay.rows[MODEL].to_numpy(), replay.won, deal).to_dicts()


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


def _forecasts(path: Path) -> dict[str, Any]:
    """What was said of past quarters and what came, with how many results lay within their range."""
    rows = pl.read_parquet(path).to_dicts() if path.is_file() else []
    for row in rows:
        row["held"] = row["p10"] <= row["actual"] <= row["p90"]
    return {"forecasts": rows, "held": sum(row["held"] for row in rows)}
