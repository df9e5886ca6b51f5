"""Risk flags: plain conditions over features, each with an editable threshold, each said in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from history.errors import ConfigInvalid


@dataclass(frozen=True)
class Flag:
    """One risk flag: raised where `feature` stands on the wrong side of `threshold`.

    `above` says that values at or above the threshold raise it; otherwise values at or below. `stand_in` names the
    feature that counts where there is no value: a deal never touched has gone without touch since it began.
    A flag applies to deals that have passed a share of `from_place` to below `to_place` of the open stages. `needs`
    names what a company must record for the flag to mean anything (see `features.silence`).
    """

    code: str
    feature: str
    threshold: float
    above: bool
    unit: str
    en: str
    zh: str
    from_place: float = 0.0
    to_place: float = 1.0
    stand_in: str = ""
    needs: str = ""

    def sentence(self, language: str = "en") -> str:
        """What the flag says, in "en" or "zh-CN"."""
        return self.zh if language.lower().startswith("zh") else self.en

    def rule(self, threshold: float, language: str = "en") -> str:
        """When it is raised, in short.

        >>> FLAGS["overdue"].rule(1), FLAGS["amount_cut"].rule(0.8, "zh-CN"), FLAGS["no_next_step"].rule(0)
        ('≥ 1 days', '≤ 0.8 倍', 'none')
        """
        chinese = language.lower().startswith("zh")
        if self.unit == "1 yes, 0 no":
            return "无" if chinese else "none"
        unit = UNITS[self.unit][chinese]
        return f"{'≥' if self.above else '≤'} {threshold:g} {unit}"


UNITS = {"days": ("days", "天"), "times": ("times", "次"), "people": ("people", "人"), "ratio": ("×", "倍")}
HALFWAY = 0.5
"""Stages in the first half of the open stages are early, those in the second half late."""


def _above(code: str, feature: str, threshold: float, unit: str, en: str, zh: str, **rest: Any) -> Flag:
    return Flag(code, feature, threshold, True, unit, en, zh, **rest)


def _below(code: str, feature: str, threshold: float, unit: str, en: str, zh: str, **rest: Any) -> Flag:
    return Flag(code, feature, threshold, False, unit, en, zh, **rest)


_LIST = (
    _above(
        *("no_recent_touch", "days_since_touch", 21, "days", "No touch with the buyer for a while", "近期未与客户互动"),
        stand_in="age_days",
        needs="touches",
    ),
    _above(
        *("no_reply", "days_since_inbound", 30, "days", "Buyer has not replied", "客户未回复"),
        stand_in="days_since_first_outbound",
        needs="replies",
    ),
    _above(
        *("gone_quiet", "days_since_touch", 14, "days", "Gone quiet after the proposal", "报价后沉寂"),
        from_place=HALFWAY,
        needs="touches",
    ),
    _above("overdue", "days_overdue", 1, "days", "Close date has passed", "预计成交日已过"),
    _above("pushed_repeatedly", "pushes", 3, "times", "Close date pushed repeatedly", "多次推迟成交日"),
    _above("stuck_in_stage", "stage_pace", 2.5, "ratio", "Stuck in stage", "阶段停滞"),
    _below("moved_backward", "days_since_backward_move", 45, "days", "Moved backward lately", "近期阶段后退"),
    _below(
        *("single_threaded", "contacts", 1, "people", "No more than one person known", "单线联系"),
        from_place=0.4,
        needs="people",
    ),
    _below(
        *("decision_maker_missing", "has_decision_maker", 0, "1 yes, 0 no"),
        *("No decision maker on the deal", "缺少决策人"),
        from_place=0.4,
        needs="people",
    ),
    _below(
        *("no_next_step", "has_next_step", 0, "1 yes, 0 no", "No next step written down", "未填写下一步"),
        needs="next_step",
    ),
    _below("amount_cut", "amount_against_30d_ago", 0.8, "ratio", "Amount cut lately", "近期金额下调"),
    _above(
        *("amount_above_norm", "amount_against_segment", 5, "ratio"),
        *("Amount far above the segment's usual", "金额远高于同类商机"),
    ),
    _below(
        *("closing_soon_early_stage", "days_to_close_date", 14, "days"),
        *("Due soon but still at an early stage", "临近成交日但阶段尚早"),
        to_place=HALFWAY,
    ),
)
FLAGS: dict[str, Flag] = {flag.code: flag for flag in _LIST}
Columns = pd.DataFrame | Mapping[str, np.ndarray]
"""Features by name, row for row: a matrix, or its columns."""


def thresholds_of(raw: Mapping[str, Any]) -> dict[str, float | None]:
    """Thresholds from the `[flags]` table of a dealcast.toml over the shipped ones; `false` switches a flag off.

    Raises ConfigInvalid for a flag of no such name or a threshold that is neither a number nor false.
    """
    thresholds: dict[str, float | None] = {code: flag.threshold for code, flag in FLAGS.items()}
    for code, value in raw.get("flags", {}).items():
        if code not in FLAGS:
            raise ConfigInvalid(f"dealcast.toml: flag {code!r} is not known; expected one of {', '.join(FLAGS)}.")
        if value is not False and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ConfigInvalid(
                f"dealcast.toml: flag {code} has threshold {value!r}; expected a number, or false to switch it off."
            )
        thresholds[code] = None if value is False else float(value)
    return thresholds


def applies(flag: Flag, matrix: Columns, open_stages: int) -> np.ndarray:
    """Whether the flag asks anything of the deal where it stands, per row; a deal at no open stage is always asked."""
    place = _numbers(matrix, "stage_place") / max(1, open_stages)
    if flag.from_place == 0 and flag.to_place == 1:
        return np.isnan(place) | ((place >= 0) & (place < 1))
    return (place >= flag.from_place) & (place < flag.to_place)


def raised(flag: Flag, matrix: Columns, threshold: float, open_stages: int) -> np.ndarray:
    """Whether `flag` is raised, per row of the matrix. A deal without a value, or one to stand in, is never flagged."""
    own = _numbers(matrix, flag.feature)
    value = np.where(np.isnan(own), _numbers(matrix, flag.stand_in), own) if flag.stand_in else own
    hit = value >= threshold if flag.above else value <= threshold
    if flag.code == "no_reply":
        # A buyer whose word stands last waits for ours; only what we asked since can be without a reply.
        hit &= np.isnan(own) | (_numbers(matrix, "reply_lag_days") < 0)
    if flag.code == "closing_soon_early_stage":
        hit &= value >= 0
    if flag.code == "amount_cut":
        hit &= value < 1
    return hit & applies(flag, matrix, open_stages)


def _numbers(matrix: Columns, name: str) -> np.ndarray:
    return np.asarray(matrix[name], np.float64)


def raise_flags(
    rows: Columns,
    open_stages: int,
    thresholds: Mapping[str, float | None] | None = None,
    silent: frozenset[str] = frozenset(),
) -> list[str]:
    """The codes of the flags raised for each row, separated by spaces, in the order of FLAGS.

    `silent` names flags that the history cannot speak to (see `features.silence`).
    """
    used = {code: flag.threshold for code, flag in FLAGS.items()} if thresholds is None else thresholds
    codes: list[list[str]] = [[] for _ in range(len(rows["stage_place"]))]
    for code, flag in FLAGS.items():
        threshold = used.get(code)
        if threshold is None or code in silent:
            continue
        for place in np.flatnonzero(raised(flag, rows, threshold, open_stages)):
            codes[place].append(code)
    return [" ".join(of_row) for of_row in codes]
