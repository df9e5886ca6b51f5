"""Reasons: what moves a deal's chance away from that of a typical open deal at its stage, in percentage points.

The booster's SHAP values (log odds) are set against their mean over open deals of the same stage and scaled by the
secant between the two chances, so that baseline + points = the chance shown; exactly, and again in the rounded figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

ALL_STAGES = ""
"""The key of the baseline of all stages together, for a stage that was hardly seen in training."""


@dataclass(frozen=True)
class StageBaselines:
    """Per stage the mean contribution of each booster column (log odds, without the expected value) and the row count.

    `expected` is the booster's expected value. A stage seen in fewer than `least_rows` rows uses all stages together.
    """

    expected: float
    means: Mapping[str, tuple[float, ...]]
    rows: Mapping[str, int]
    least_rows: int = 30

    def of(self, stages: np.ndarray) -> np.ndarray:
        """The mean contributions per row (rows x columns)."""
        fallback = self._known[ALL_STAGES]
        found = [self._known.get(str(stage), fallback) for stage in stages]
        return np.array(found).reshape(len(stages), len(fallback))

    @cached_property
    def _known(self) -> dict[str, np.ndarray]:
        """The means of stages seen often enough, and of all together, as arrays."""
        often = {stage for stage, n in self.rows.items() if n >= self.least_rows} | {ALL_STAGES}
        return {stage: np.array(mean) for stage, mean in self.means.items() if stage in often}


def stage_baselines(contributions: np.ndarray, stages: np.ndarray) -> StageBaselines:
    """Baselines from the contributions (rows x columns + 1) of typical open deals at `stages`."""
    names = np.array([str(stage) for stage in stages])
    means = {ALL_STAGES: contributions[:, :-1].mean(axis=0)}
    rows = {ALL_STAGES: len(names)}
    for stage in sorted(set(names)):
        means[stage] = contributions[names == stage, :-1].mean(axis=0)
        rows[stage] = int((names == stage).sum())
    rounded = {stage: tuple(round(float(x), 9) for x in mean) for stage, mean in means.items()}
    return StageBaselines(float(contributions[0, -1]), rounded, rows)


@dataclass(frozen=True)
class Explanation:
    """Why each row's win probability is not that of a typical deal: figures in percentage points, to 0.1.

    `points` (rows x codes) and `baseline` (rows) add up to `shown` (rows), the win probability in percent. `index` is
    the matrix's (deal_id, as_of); codes are feature names.
    """

    index: pd.Index
    codes: tuple[str, ...]
    baseline: np.ndarray
    points: np.ndarray
    shown: np.ndarray

    def top(self, row: int, most: int = 5) -> list[tuple[str, float]]:
        """The largest reasons of one row, by size: (code, points), none of 0.0."""
        order = np.lexsort((np.arange(len(self.codes)), -np.abs(self.points[row])))
        return [(self.codes[i], float(self.points[row, i])) for i in order[:most] if self.points[row, i] != 0]

    def by_group(self, groups: Mapping[str, str]) -> pd.DataFrame:
        """Points summed by reason group (code -> group), one column per group that has a code; they add up as well."""
        names = sorted({groups[code] for code in self.codes})
        sums = {
            name: self.points[:, [i for i, code in enumerate(self.codes) if groups[code] == name]].sum(axis=1).round(1)
            for name in names
        }
        return pd.DataFrame(sums, index=self.index)


def points_from(away: np.ndarray, chance: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """`away` (log odds from the baseline, rows x columns) as parts of `chance - baseline` (rows), adding up exactly.

    Each part is in proportion to its log odds, scaled by the secant of the chance. What the log odds leave over (the
    win chance is held below what the chance of a loss leaves room for) is shared in proportion to the parts' size, so
    that no part explodes where the log odds cancel out.
    """
    total = away.sum(axis=1)
    gap = chance - baseline
    slope = np.clip(baseline * (1 - baseline), 1e-4, None)
    moved = np.abs(total) > 1e-9
    secant = np.where(moved, np.divide(gap, total, out=np.zeros_like(gap), where=moved), slope)
    steepest = 0.5
    secant = np.where((secant > 0) & (secant < steepest), secant, slope)
    parts = away * secant[:, None]
    size = np.abs(parts)
    whole = size.sum(axis=1, keepdims=True)
    share = np.where(whole > 0, size / np.where(whole > 0, whole, 1), 1 / max(away.shape[1], 1))
    return parts + share * (gap - parts.sum(axis=1))[:, None]


def rounded_to_tenths(parts: np.ndarray, totals_tenths: np.ndarray) -> np.ndarray:
    """`parts` (rows x columns, in points) in whole tenths that sum to `totals_tenths` per row, by largest remainder.

    >>> rounded_to_tenths(np.array([[0.26, 0.26, 0.08]]), np.array([6])).tolist()
    [[3, 2, 1]]
    """
    tenths = parts * 10
    low = np.floor(tenths + 1e-9).astype(int)
    order = np.argsort(-(tenths - low), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    missing = totals_tenths - low.sum(axis=1)
    columns = max(parts.shape[1], 1)
    whole, rest = np.divmod(missing, columns)
    return low + whole[:, None] + (rank < rest[:, None])


def explanation(
    index: pd.Index, codes: tuple[str, ...], chance: np.ndarray, baseline: np.ndarray, parts: np.ndarray
) -> Explanation:
    """The figures as shown, from chances and parts of one (0 to 1): rounded to 0.1 point so that they still add up."""
    shown, start = np.rint(chance * 1000).astype(int), np.rint(baseline * 1000).astype(int)
    tenths = rounded_to_tenths(parts * 100, shown - start)
    return Explanation(index, codes, start / 10, tenths / 10, shown / 10)


def summed_by_code(
    parts: np.ndarray, columns: tuple[str, ...], told_as: Mapping[str, str]
) -> tuple[tuple[str, ...], np.ndarray]:
    """`parts` (rows x columns) summed where several columns are told as one code; codes keep the columns' order."""
    told = [told_as.get(column, column) for column in columns]
    codes = {code: place for place, code in enumerate(dict.fromkeys(told))}
    sums = np.zeros((len(codes), len(parts)))
    np.add.at(sums, [codes[code] for code in told], parts.T)
    return tuple(codes), sums.T
