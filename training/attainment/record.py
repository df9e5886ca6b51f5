"""What forecasts of a period have learned, as a document that is kept with a version: parameters, trials, trees.

Forecasts learn anew whenever they are asked (docs/decisions/0011); this shows what was in force on a day, and its hash
shows whether the same is learned again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.attainment.amounts import AmountModel, Outcomes
from training.attainment.arrivals import Arrivals
from training.attainment.clues import CLUES
from training.attainment.correction import Correction, Fit
from training.attainment.lessons import Lessons

FORMAT = 1
MEASURES_ZH = {"amount": "金额", "count": "单数"}
WORDS_ZH = {"none": "不修正", "linear": "线性", "trees": "树模型", "usual": "惯常"}


def learned_document(
    period: str, as_of: dt.datetime, lessons: Lessons, new: Arrivals, shock: float, shock_periods: int
) -> dict[str, Any]:
    """All that a forecast of `period` made at `as_of` (naive UTC) rests on beside the deal model; plain data.

    `new` is what is to come after the lessons. Numbers have nine significant digits, so that the same is learned again.
    """
    inflow = lessons.inflow
    told = {
        "format": FORMAT,
        "period": period,
        "as_of": as_of.isoformat(),
        "base": lessons.base,
        "shock": {"size": shock, "periods": shock_periods},
        "new": {
            "count": new.count_mean,
            "dispersion": new.dispersion,
            "periods": new.periods,
            "by": "trees" if inflow.used else "usual",
            "scores": inflow.scores,
            "tested": inflow.tested,
            "factors": inflow.factors,
        },
        "amounts": _amounts(lessons.amounts),
        "handovers": {kind: vars(level) for kind, level in lessons.handovers.items()},
        "drawn": lessons.drawn,
        "corrections": {measure: _correction(done) for measure, done in lessons.corrections.items()},
        "scales": {f"{measure} {kind}": vars(scale) for (measure, kind), scale in lessons.scales.items()},
        "scatters": {
            measure: {"trees": one.trees.model_to_string(), "scores": one.scores, "tested": one.tested}
            for measure, one in lessons.scatters.items()
        },
    }
    plain: dict[str, Any] = _plain(told)
    return plain


def document_text(document: Mapping[str, Any]) -> str:
    """The document as it is kept; the same document, the same bytes."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"


def document_hash(document: Mapping[str, Any]) -> str:
    """The SHA-256 of the document's text."""
    return hashlib.sha256(document_text(document).encode()).hexdigest()


@dataclass(frozen=True)
class Shown:
    """One figure of what was learned: its name and its value in both languages."""

    en: str
    zh: str
    value: str
    value_zh: str


def shown(document: Mapping[str, Any]) -> list[Shown]:
    """The figures that people read and compare."""
    shock, new, amounts = (document[name] for name in ("shock", "new", "amounts"))
    size, periods = f"{shock['size']:.3g}", shock["periods"]
    rows = [
        Shown("forecasts of", "预测期间", document["period"], document["period"]),
        Shown("common shock", "共同波动", f"{size} (periods: {periods})", f"{size}（期间数 {periods}）"),
        _shown_trial("deals still to come", "尚待新增的商机", new["by"], new, f"{new['count']:.4g}, "),
        Shown(
            "amount when won / amount now", "赢单金额与当前金额之比", *_shown_amounts(amounts["known"], amounts["wins"])
        ),
        Shown(
            "amount when won / usual, where unknown", "金额未知时与惯常金额之比", *_shown_amounts(amounts["unknown"])
        ),
    ]
    for measure, done in document["corrections"].items():
        rows.append(_shown_trial(f"correction: {measure}", f"修正：{MEASURES_ZH[measure]}", done["used"], done))
    for name, scale in document["scales"].items():
        measure, _, kind = name.partition(" ")
        used, cells = scale["asked"] if scale["helps"] else 1.0, scale["cells"]
        value = (f"× {used:.3g} (n {cells})", f"× {used:.3g}（n {cells}）")
        rows.append(Shown(f"width of ranges: {measure}, {kind}", f"区间宽度：{MEASURES_ZH[measure]}，{kind}", *value))
    return rows


def _shown_trial(en: str, zh: str, used: str, trial: Mapping[str, Any], before: str = "") -> Shown:
    """What is used, and the miss (WAPE) of each that was tried in periods it had not seen."""
    tried = sorted(trial["scores"].items())
    scores = ", ".join(f"{kind} {score:.3f}" for kind, score in tried) or "too few periods to try"
    scores_zh = "，".join(f"{WORDS_ZH[kind]} {score:.3f}" for kind, score in tried) or "期间太少，未试"
    n = trial["tested"]
    return Shown(
        en, zh, f"{before}{used} (WAPE: {scores}; n {n})", f"{before}{WORDS_ZH[used]}（WAPE：{scores_zh}；n {n}）"
    )


def _shown_amounts(outcomes: Mapping[str, Any], wins: int | None = None) -> tuple[str, str]:
    mean = f"{float(np.dot(outcomes['ratios'], outcomes['weights'])):.3f}"
    return (mean, mean) if wins is None else (f"{mean} (wins: {wins:,})", f"{mean}（赢单 {wins:,}）")


def _amounts(model: AmountModel) -> dict[str, Any]:
    return {"known": _outcomes(model.known), "unknown": _outcomes(model.unknown), "wins": model.wins}


def _outcomes(outcomes: Outcomes) -> dict[str, Any]:
    return {"ratios": outcomes.ratios.tolist(), "weights": outcomes.weights.tolist()}


def _correction(done: Correction) -> dict[str, Any]:
    plain = {name: getattr(done, name) for name in ("by", "used", "scores", "tested", "factors")}
    return {**plain, "fit": None if done.fit is None else _fit(done.fit)}


def _fit(fit: Fit) -> dict[str, Any]:
    clues = [clue.name for clue in CLUES]
    return {
        "level": fit.level,
        "means": dict(zip(clues, fit.mean.tolist(), strict=True)),
        "slopes": dict(zip(clues, fit.slopes.tolist(), strict=True)),
        "trees": None if fit.trees is None else fit.trees.model_to_string(),
    }


def _plain(value: Any) -> Any:
    """`value` as JSON takes it; what is not finite is null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    return [_plain(entry) for entry in value] if isinstance(value, list) else value
