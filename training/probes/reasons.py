"""What reasons rest on, whether they add up, and whether they and the chances stay when only the model is another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import polars as pl

from training.bundle import Model
from training.explain import Explanation

DAYS_AHEAD = 90.0
TOP_BEFORE, TOP_AFTER = 3, 5
MOVED_BY = pl.List(pl.Struct({"code": pl.String, "before": pl.Float64, "after": pl.Float64}))


def importance(told: Explanation) -> dict[str, float]:
    """The share (0 to 1) of all points that each feature carries, the largest first; nothing where there are none."""
    sums = np.abs(told.points).sum(axis=0)
    if sums.sum() == 0:
        return {}
    shares = {code: round(float(part), 6) for code, part in zip(told.codes, sums / sums.sum(), strict=True)}
    return dict(sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])))


def largest_gap(model: Model, matrix: pd.DataFrame, told: Explanation) -> float | None:
    """The most points by which a chance differs from the typical one plus its reasons; None where no deal is open."""
    if len(matrix) == 0:
        return None
    chance = 100 * model.predict(matrix, float(model.long_days))["win_probability"].to_numpy()
    sums = told.baseline + told.points.sum(axis=1)
    return round(float(np.abs(chance - sums).max()), 4)


def unchanged(matrix: pd.DataFrame, before: Model, after: Model) -> pl.DataFrame:
    """The open deals of `matrix` as two models see them, on the same facts.

    Columns: deal_id, stage, before and after (chance to be won within DAYS_AHEAD days), same_reasons (the part of the
    three largest reasons of `before` that are among the five largest of `after`, with the same sign; null where
    `before` had none), both models' three largest reasons, and moved_by: the three features whose points differ most
    between the two, with the points of each (to be won within the model's long horizon).
    """
    chances = [model.predict(matrix, DAYS_AHEAD)["win_by_horizon"].to_numpy() for model in (before, after)]
    told = (before.explain(matrix), after.explain(matrix))
    return pl.DataFrame(
        {
            "deal_id": pl.Series(matrix.index.get_level_values("deal_id").tolist(), dtype=pl.String),
            "stage": pl.Series([None if pd.isna(stage) else str(stage) for stage in matrix["stage"]], dtype=pl.String),
            "before": chances[0].round(9),
            "after": chances[1].round(9),
            "same_reasons": pl.Series([_same(told[0], told[1], row) for row in range(len(matrix))], dtype=pl.Float64),
            "reasons_before": pl.Series([_words(told[0].top(row, TOP_BEFORE)) for row in range(len(matrix))]),
            "reasons_after": pl.Series([_words(told[1].top(row, TOP_BEFORE)) for row in range(len(matrix))]),
            "moved_by": pl.Series([_moved_by(*told, row) for row in range(len(matrix))], dtype=MOVED_BY),
        }
    )


def _moved_by(before: Explanation, after: Explanation, row: int) -> list[dict[str, object]]:
    """What the two models see otherwise in one deal, the largest difference first."""
    was, now = (dict(zip(told.codes, told.points[row].tolist(), strict=True)) for told in (before, after))
    apart = {code: now.get(code, 0.0) - was.get(code, 0.0) for code in {*was, *now}}
    largest = sorted(apart, key=lambda code: (-abs(apart[code]), code))[:TOP_BEFORE]
    return [
        {"code": code, "before": round(was.get(code, 0.0), 1), "after": round(now.get(code, 0.0), 1)}
        for code in largest
    ]


def _same(before: Explanation, after: Explanation, row: int) -> float | None:
    first = [(code, points > 0) for code, points in before.top(row, TOP_BEFORE)]
    later = {(code, points > 0) for code, points in after.top(row, TOP_AFTER)}
    return sum(reason in later for reason in first) / len(first) if first else None


def _words(reasons: list[tuple[str, float]]) -> str:
    return ", ".join(f"{code} {points:+.1f}" for code, points in reasons)


def heaviest(shares: Mapping[str, float], most: int = 12) -> list[tuple[str, float]]:
    """The features that carry most, with their shares, the largest first in whatever order they are kept.

    >>> heaviest({"age_days": 0.1, "stage": 0.6, "amount": 0.3}, most=2)
    [('stage', 0.6), ('amount', 0.3)]
    """
    return sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
