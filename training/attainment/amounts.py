"""What an open deal will be worth when it is won: today's amount most often, else a multiple of it.

Learnt from earlier periods' wins, by what the CRM had for them at the same point. A deal without an amount may come to
anything that wins came to, so its range is that of all wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from history.scopes import NONE
from training.attainment.course import Course
from training.attainment.position import LEAST_WON_AMOUNTS

LEAST_WINS = 30
POINTS_AROUND = 2
CHANGED_PARTS, UNKNOWN_PARTS = 3, 5
PRIOR_WINS = 20.0
SAME = 1e-3


@dataclass(frozen=True)
class Outcomes:
    """Multiples of an amount and their chances; (parts,) each."""

    ratios: np.ndarray
    weights: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.ratios @ self.weights)

    @property
    def mean_square(self) -> float:
        return float(self.ratios**2 @ self.weights)


UNCHANGED = Outcomes(np.ones(1), np.ones(1))


@dataclass(frozen=True)
class AmountModel:
    """`known`: amount when won / today's amount; `unknown`: amount when won / the norm that fills a missing amount."""

    known: Outcomes = UNCHANGED
    unknown: Outcomes = UNCHANGED
    wins: int = 0

    def outcomes(self, deals: pl.DataFrame, measure: str) -> tuple[np.ndarray, np.ndarray]:
        """(deals, parts) what each deal may come to, and with what chance; a count is one deal for certain."""
        if measure == "count":
            return np.ones((deals.height, 1)), np.ones((deals.height, 1))
        parts = max(len(self.known.ratios), len(self.unknown.ratios))
        unknown = deals["amount_unknown"].to_numpy()
        ratios, weights = np.ones((deals.height, parts)), np.zeros((deals.height, parts))
        for outcome, here in ((self.known, ~unknown), (self.unknown, unknown)):
            ratios[here, : len(outcome.ratios)] = outcome.ratios
            weights[here, : len(outcome.weights)] = outcome.weights
        return deals["amount"].to_numpy()[:, None] * ratios, weights


def amount_model(course: Course, share: float) -> AmountModel:
    """The amount model at a point at which about `share` of the period has passed; no change below 30 known wins."""
    if course.open.is_empty():
        return AmountModel()
    point = course.nearest_point(share)
    won = course.open.filter(
        pl.col("won") & ((pl.col("point") - point).abs() <= POINTS_AROUND) & (pl.col("amount") > 0)
    )
    seen = won.filter(~pl.col("amount_unknown") & (pl.col("won_amount") > 0)).unique(["age", "deal_id"], keep="first")
    sizes = _against_norms(course.wins.filter(~pl.col("amount_unknown") & (pl.col("amount") > 0)))
    unknown = _unknown(sizes) if len(sizes) >= LEAST_WINS else UNCHANGED
    if seen.height < LEAST_WINS:
        return AmountModel(UNCHANGED, unknown, seen.height)
    return AmountModel(_known(seen["won_amount"].to_numpy() / seen["amount"].to_numpy()), unknown, seen.height)


def _against_norms(wins: pl.DataFrame) -> np.ndarray:
    """(wins,) each amount as a multiple of the norm that would fill it: its segment's median, else its team's."""
    parts = [_norm(pl.col("amount"), kind) for kind in ("segment", "team")]
    return wins.select(pl.col("amount") / pl.coalesce(*parts, pl.col("amount").median())).to_series().to_numpy()


def _norm(amount: pl.Expr, kind: str) -> pl.Expr:
    enough = (amount.count().over(kind) >= LEAST_WON_AMOUNTS) & (pl.col(kind) != NONE)
    return pl.when(enough).then(amount.median().over(kind))


def _unknown(multiples: np.ndarray) -> Outcomes:
    """Any win's size against its norm, the rarest giants cut to size."""
    return _parted(np.clip(np.sort(multiples), None, np.quantile(multiples, 0.98)), UNKNOWN_PARTS)


def _known(ratios: np.ndarray) -> Outcomes:
    """Unchanged with its chance, else one of a few multiples; few changes are drawn to no change."""
    changed = np.sort(ratios[np.abs(ratios - 1.0) > SAME])
    if not len(changed):
        return UNCHANGED
    moves = len(changed) / (len(ratios) + PRIOR_WINS)
    parts = _parted(np.clip(changed, *np.quantile(changed, [0.02, 0.98])), CHANGED_PARTS)
    return Outcomes(np.concatenate([[1.0], parts.ratios]), np.concatenate([[1.0 - moves], moves * parts.weights]))


def _parted(ordered: np.ndarray, parts: int) -> Outcomes:
    """Sorted values as the means of equal parts of them, so that their mean is kept."""
    split = [part for part in np.array_split(ordered, parts) if len(part)]
    return Outcomes(np.array([part.mean() for part in split]), np.array([len(part) / len(ordered) for part in split]))
