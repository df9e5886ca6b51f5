"""The part of the models page from which who may lets another version serve, or rolls back to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.pages.format import day
from serving.pages.table import Choices, choices
from serving.promoting import LONGEST_REASON, withdrawn_by
from serving.standing import Standing
from serving.texts import Translator, joined, translator
from training.model_version import ModelVersion

MOST_OFFERED = 12
PROMOTE, ROLL_BACK = "promote", "roll_back"
"""What the two buttons of the form send as `did`."""


@dataclass(frozen=True)
class PromotionForm:
    """The version that is offered and the others that could be; what the gate found of it, in sentences; what letting
    it serve and rolling back to it would do ("" where it would do nothing), and the word to confirm with."""

    version: str
    versions: Choices
    gate: str
    findings: list[str]
    promotes: str
    rolls_back: str
    longest_reason: int


def offered(versions: Sequence[ModelVersion]) -> list[ModelVersion]:
    """The versions that may be let serve or rolled back to, the newest first: all but the champion."""
    return [one for one in versions if not one.champion][:MOST_OFFERED]


def promotion_form(
    versions: Sequence[ModelVersion], entry: ModelVersion, told: Mapping[str, Any], standing: Standing, language: str
) -> PromotionForm:
    """The form about the version `entry`, one of those `offered`; `told` is what was kept with it."""
    t = translator(language)
    names = {one.version: t("models.version_of", version=one.version) for one in offered(versions)}
    gone = withdrawn_by(versions, entry)
    findings = found_by_gate(told, language)
    return PromotionForm(
        version=entry.version,
        versions=choices(t("models.which"), "/models", "version", names, entry.version),
        gate=t(_gate_word(told, findings), count=len(findings)),
        findings=findings,
        promotes=_promotes(entry, gone, standing, t, language),
        rolls_back=_rolls_back(entry, gone, t),
        longest_reason=LONGEST_REASON,
    )


def _rolls_back(entry: ModelVersion, gone: Sequence[str], t: Translator) -> str:
    """What going back to the version would do; "" where it never served or serves last."""
    return t("models.rolls_back", version=entry.version, gone=", ".join(gone)) if gone and _served(entry) else ""


def _served(version: ModelVersion) -> bool:
    """Whether it was ever promoted: one goes back to what has served."""
    return version.promoted or "promoted_by" in version.tags


def _gate_word(told: Mapping[str, Any], findings: list[str]) -> str:
    if not told.get("gate"):
        return "models.gate_unknown"
    return "models.gate_refused" if findings else "models.gate_let_pass"


def found_by_gate(told: Mapping[str, Any], language: str) -> list[str]:
    """Why the gate said no, check by check, in the reader's words."""
    end = "_zh" if language == "zh-CN" else ""
    colon = "：" if end else ": "
    found = [one for one in told.get("gate", []) if one["outcome"] == "found"]
    return [
        f"{one.get(f'title{end}') or one['title']}{colon}{one.get(f'sentence{end}') or one['sentence']}"
        for one in found
    ]


def _promotes(entry: ModelVersion, later: Sequence[str], standing: Standing, t: Translator, language: str) -> str:
    """What promoting the version would do beside promoted ones trained `later`; "" where it may serve already."""
    if entry.promoted and later:
        return ""
    trained = day(standing.history.settings.day_of(entry.trained_as_of), language)
    parts = [t("models.promotes", version=entry.version, day=trained)]
    parts.append(t("models.stays_behind", later=", ".join(later)) if later else t("models.becomes_champion"))
    return joined(parts, language)
