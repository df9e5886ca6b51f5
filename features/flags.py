"""Risk flags: plain conditions over features, each with an editable threshold, each said in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from history.errors import ConfigInvalid


@dataclass(frozen=True)
class Flag:
    """One risk flag: raised where `feature` stands on the wrong side of `threshold`.

    `above` says that values at or above the threshold raise it; otherwise values at or below. `stand_in` names the
    feature that counts where there is no value: a deal never touched has gone without touch since it began.
    `from_place` is the share of open stages a deal must have passed for the flag to apply.
    """

    code: str
    feature: str
    threshold: float
    above: bool
    unit: str
    en: str
    zh: str
    from_place: float = 0.0
    stand_in: str = ""

    def sentence(self, language: str = "en") -> str:
        """What the flag says, in "en" or "zh-CN"."""
        return self.zh if language.lower().startswith("zh") else self.en


FLAGS: dict[str, Flag] = {
    flag.code: flag
    for flag in (
        Flag(
            "no_recent_touch",
            "days_since_touch",
            21,
            True,
            "days",
            "No touch for a while",
            "近期无互动",
            stand_in="age_days",
        ),
        Flag("no_reply", "days_since_inbound", 30, True, "days", "Buyer has not replied", "客户未回复"),
        Flag("overdue", "days_overdue", 1, True, "days", "Close date has passed", "预计成交日已过"),
        Flag("pushed_repeatedly", "pushes", 3, True, "times", "Close date pushed repeatedly", "多次推迟成交日"),
        Flag("stuck_in_stage", "stage_pace", 2.5, True, "times", "Stuck in stage", "阶段停滞"),
        Flag("moved_backward", "days_since_backward_move", 45, False, "days", "Moved backward lately", "近期阶段后退"),
        Flag(
            "single_threaded",
            "contacts",
            1,
            False,
            "people",
            "No more than one person known",
            "单线联系",
            from_place=0.4,
        ),
        Flag(
            "decision_maker_missing",
            "has_decision_maker",
            0,
            False,
            "1 yes, 0 no",
            "No decision maker on the deal",
            "缺少决策人",
            from_place=0.4,
        ),
        Flag("no_next_step", "has_next_step", 0, False, "1 yes, 0 no", "No next step written down", "未填写下一步"),
        Flag("amount_cut", "amount_against_30d_ago", 0.8, False, "ratio", "Amount cut lately", "近期金额下调"),
        Flag(
            "amount_above_norm",
            "amount_against_segment",
            5,
            True,
            "times",
            "Amount far above the segment's usual",
            "金额远高于同类",
        ),
        Flag(
            "closing_soon_early_stage",
            "days_to_close_date",
            14,
            False,
            "days",
            "Due soon but still at an early stage",
            "临近成交日但阶段尚早",
        ),
    )
}
EARLY_PLACE = 0.5
"""A stage in the first half of the open stages is early."""


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


def raised(
    flag: Flag, matrix: pd.DataFrame, threshold: float, open_stages: int, known: pd.Series | None = None
) -> pd.Series:
    """Whether `flag` is raised, per row of the matrix. A deal without a value, or one to stand in, is never flagged.

    `known` may name the rows in which the data can speak at all (a history without next steps says nothing).
    """
    value = matrix[flag.feature].fillna(matrix[flag.stand_in]) if flag.stand_in else matrix[flag.feature]
    hit = value >= threshold if flag.above else value <= threshold
    place = matrix["stage_place"] / max(1, open_stages)
    if flag.from_place:
        hit &= place >= flag.from_place
    if flag.code == "closing_soon_early_stage":
        hit &= (place < EARLY_PLACE) & (value >= 0)
    if flag.code == "amount_cut":
        hit &= value < 1
    return hit & value.notna() & (True if known is None else known)


def raise_flags(
    matrix: pd.DataFrame,
    open_stages: int,
    thresholds: Mapping[str, float | None] | None = None,
    silent: frozenset[str] = frozenset(),
) -> pd.Series:
    """The codes of the flags raised for each row, separated by spaces, in the order of FLAGS.

    `silent` names flags that the history cannot speak to (see `silent_flags`).
    """
    used = {code: flag.threshold for code, flag in FLAGS.items()} if thresholds is None else thresholds
    codes = pd.Series("", index=matrix.index)
    for code, flag in FLAGS.items():
        threshold = used.get(code)
        if threshold is None or code in silent:
            continue
        hit = raised(flag, matrix, threshold, open_stages)
        codes = codes.where(~hit, (codes + " " + code).str.strip())
    return codes


def silent_flags(tables: Mapping[str, int], fields: frozenset[str]) -> frozenset[str]:
    """The flags that a history cannot speak to: `tables` counts its rows by table, `fields` names its fields.

    A company that records no people is not single-threaded in every deal; its data does not say.
    """
    quiet: set[str] = set()
    if not tables.get("activities"):
        quiet |= {"no_recent_touch", "no_reply"}
    if not tables.get("contacts"):
        quiet |= {"single_threaded", "decision_maker_missing"}
    if "next_step" not in fields:
        quiet.add("no_next_step")
    return frozenset(quiet)
