"""What the correction of a scope's forecast goes by, as numbers that mean the same in a small and in a large scope.

Money and counts stand as shares of the scope's own scale, which is what is expected there and a little of what is
usual anywhere, so that a scope with next to nothing does not rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

TYPICAL_PART = 0.25
LOWEST, HIGHEST = -1.0, 1.5


@dataclass(frozen=True)
class Clue:
    """One number the correction goes by, in the words of the people who read it."""

    name: str
    en: str
    zh: str


CLUES = (
    Clue("reps_say", "what the reps say, freed of their usual bias", "销售本人的预测（已扣除惯常偏差）"),
    Clue("reps_say_late", "what the reps say, by how far the period has run", "销售本人的预测 × 期间进度"),
    Clue("managers_say", "what the manager says, freed of the usual bias", "经理的预测（已扣除惯常偏差）"),
    Clue("managers_say_late", "what the manager says, by how far the period has run", "经理的预测 × 期间进度"),
    Clue("passed", "how much of the period has passed", "期间已过去的比例"),
    Clue("booked", "how much is booked already", "已签的比重"),
    Clue("from_open", "how much hangs on open deals", "在途商机的比重"),
    Clue("from_new", "how much hangs on deals yet to come", "尚未出现的商机的比重"),
    Clue("last_time", "what the rest of the last period brought", "上一期间同一时点之后的成果"),
    Clue("run_rate", "the pace of the period so far", "本期至今的速度"),
    Clue("open_deals", "how many deals are open", "在途商机数"),
    Clue("fresh", "how many of the open deals are new", "在途商机中新建的比重"),
)


@dataclass(frozen=True)
class Read:
    """Rows read for the correction: `values` (rows x clues), `base` (the forecast before it) and `scale`."""

    values: np.ndarray
    base: np.ndarray
    scale: np.ndarray


def read(rows: pl.DataFrame, typical: float) -> Read:
    """Snapshot rows as clues. `typical` is what a scope usually comes to in a period, in the measure's unit."""
    column = {name: rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in _READ}
    base = column["booked"] + column["open_expected"] + column["new_expected"]
    scale = base + TYPICAL_PART * max(typical, 1e-9)
    reps, managers = (_apart(column[name], base, scale) for name in ("by_reps", "by_managers"))
    share = column["share"]
    last = np.nan_to_num(column["booked"] + column["last_rest"] - base, nan=0.0) / scale
    pace = np.where(share > 0, column["booked"] / np.maximum(share, 0.15) - base, 0.0) / scale
    values = (
        reps,
        reps * (share - 0.5),
        managers,
        managers * (share - 0.5),
        share,
        column["booked"] / scale,
        column["open_expected"] / scale,
        column["new_expected"] / scale,
        np.clip(last, LOWEST, HIGHEST),
        np.clip(pace, LOWEST, HIGHEST),
        np.log1p(column["open_deals"]),
        column["created"] / (column["open_deals"] + 1.0),
    )
    return Read(np.column_stack(values), base, scale)


_READ = (
    "share",
    "booked",
    "open_expected",
    "new_expected",
    "last_rest",
    "open_deals",
    "created",
    "by_reps",
    "by_managers",
)


def _apart(said: np.ndarray, base: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """How far a statement lies from the forecast; nothing where nobody has said anything."""
    return np.nan_to_num(np.clip((said - base) / scale, LOWEST, HIGHEST), nan=0.0)
