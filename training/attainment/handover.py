"""Deals change hands: whom an open deal's win will count for, learnt from the wins of earlier periods.

At each level a share of the wins still counts for the scope that had the deal; the rest goes to a pool, out of which
every scope gets its part. So the means of a level go on adding up to the company's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from training.attainment.course import Course

PRIOR_WINS = 10.0
KEPT_PER_PERIOD = 0.5
POINTS_AROUND = 1


@dataclass(frozen=True)
class Level:
    """One level: the share of wins that stays with the scope that had the deal, by scope and where a scope is not
    known; and the part of what moves that each scope gets (adds up to one).
    """

    stays: Mapping[str, float] = field(default_factory=dict)
    usually: float = 1.0
    gets: Mapping[str, float] = field(default_factory=dict)

    def share_kept(self, scopes: pl.Series) -> np.ndarray:
        """(deals,) the chance that a win counts for the deal's own scope of now."""
        return np.array([self.stays.get(scope, self.usually) for scope in scopes.to_list()], dtype=float)


STAYS_PUT = Level()


def handovers(course: Course, share: float) -> dict[str, Level]:
    """Per level what became of deals open when about `share` of earlier periods had passed."""
    if course.open.is_empty():
        return dict.fromkeys(course.kinds, STAYS_PUT)
    point = course.nearest_point(share)
    near = course.open.filter(pl.col("won") & ((pl.col("point") - point).abs() <= POINTS_AROUND))
    near = near.with_columns(weight=KEPT_PER_PERIOD ** pl.col("age").cast(pl.Float64))
    return {kind: _level(near, kind) for kind in course.kinds}


def _level(won: pl.DataFrame, kind: str) -> Level:
    moved = won.filter(pl.col(kind) != pl.col(f"won_{kind}"))
    if moved.is_empty():
        return STAYS_PUT
    total = float(won["weight"].sum())
    usually = 1.0 - float(moved["weight"].sum()) / total
    same = pl.col("weight").filter(pl.col(kind) == pl.col(f"won_{kind}")).sum()
    own = won.group_by(kind, maintain_order=True).agg(
        kept=(same + PRIOR_WINS * usually) / (pl.col("weight").sum() + PRIOR_WINS)
    )
    pool = moved.group_by(f"won_{kind}", maintain_order=True).agg(pl.col("weight").sum()).sort(f"won_{kind}")
    parts = pool["weight"] / float(pool["weight"].sum())
    return Level(dict(own.sort(kind).iter_rows()), usually, dict(zip(pool[f"won_{kind}"], parts, strict=True)))
