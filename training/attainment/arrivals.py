"""Still to come: wins of the rest of the period from deals that are not in the pipeline yet.

Learnt from how earlier periods of the same kind went on from the same point: their number, as a Gamma-Poisson count
with the spread seen between periods, and their amounts, as they were won. Where no earlier period was seen from that
point there is nothing to learn from and nothing is added; `periods` says how many there were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from history.scopes import NONE
from training.attainment.position import Position
from training.attainment.recency import period_weights, periods_per_year
from training.attainment.replay import PastPeriod

KEPT_PER_PERIOD, KEPTS = 0.6, (0.5, 0.7, 0.9)
LEAST_JUDGED = 3
DEFAULT_SPREAD = 0.2
PRIOR_PERIODS = 3.0
MOST_SPREAD = 1.0
"""The variance of a period's rate relative to its mean that one odd period may at most suggest: beyond it the count is
told to be nothing, most of the time, in order to be very large now and then."""
PRIOR_DEALS = 5.0
OWN_AMOUNTS = 0.5


@dataclass(frozen=True)
class Arrivals:
    """What is still to come in the company, and the past wins ("donors") by which it is shared among scopes.

    `count_mean` deals are expected; the count's variance is mean + `dispersion` × mean². `donors`: the scope columns,
    amount (at least 0) and weight, which adds up to one. `evidence` is the donors' number, recency-weighted.
    """

    count_mean: float
    dispersion: float
    donors: pl.DataFrame
    evidence: float
    periods: int
    _rows: dict[str, dict[str, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)

    def rows_of(self, kind: str, scope_id: str) -> np.ndarray:
        """The donors' rows of one scope."""
        if kind not in self._rows:
            numbered = self.donors.select(kind).with_row_index("row").partition_by(kind, as_dict=True)
            self._rows[kind] = {str(key[0]): frame["row"].to_numpy() for key, frame in numbered.items()}
        return self._rows[kind].get(scope_id, np.zeros(0, dtype=np.int64))


@dataclass(frozen=True)
class ScopeArrivals:
    """Still to come in one scope: a count and the sizes that each of its deals may have, with their chances."""

    count_mean: float
    dispersion: float
    sizes: np.ndarray
    weights: np.ndarray

    @property
    def mean(self) -> float:
        return self.count_mean * float(self.sizes @ self.weights)

    @property
    def variance(self) -> float:
        second = float(self.sizes**2 @ self.weights)
        return self.count_mean * second + self.dispersion * self.mean**2


NOTHING = ScopeArrivals(0.0, 0.0, np.zeros(0), np.zeros(0))


def arrivals(now: Position, periods: Sequence[PastPeriod]) -> Arrivals:
    """What `periods`, earlier ones seen from the same point, say is still to come after `now`."""
    counts = np.array([float(len(period.arrived)) for period in periods])
    length = now.end - now.start
    per_year = periods_per_year(length)
    back = np.array([round((now.start.date() - period.period.first_day) / length) for period in periods], dtype=int)
    kept = kept_per_period(counts, per_year)
    recency = period_weights(back, kept, per_year)
    if not len(counts) or counts.sum() == 0:
        return Arrivals(0.0, 0.0, now.deals.head(0).with_columns(weight=pl.lit(0.0)), 0.0, len(periods))
    mean = float(recency @ counts / recency.sum())
    donors, evidence = _donors(now, periods, recency)
    between = between_periods(counts, kept, per_year)
    return Arrivals(mean, _dispersion(between, recency, mean), donors, evidence, len(periods))


def kept_per_period(counts: np.ndarray, per_year: int) -> float:
    """How much a period counts against the one after it: what would have foretold past `counts` (newest first) best.

    With too few periods to tell the newest count most, since a young pipeline changes.
    """
    judged = range(len(counts) - 2)
    if len(judged) < LEAST_JUDGED:
        return KEPT_PER_PERIOD
    missed = [sum(abs(_average(counts[age + 1 :], kept, per_year) - counts[age]) for age in judged) for kept in KEPTS]
    return KEPTS[int(np.argmin(missed))]


def _average(counts: np.ndarray, kept: float, per_year: int) -> float:
    weights = period_weights(np.arange(1, len(counts) + 1), kept, per_year)
    return float(weights @ counts / weights.sum())


def between_periods(counts: np.ndarray, kept: float, per_year: int) -> float:
    """By how much the rate of `counts` (newest first) differs between periods beyond what seasons and chance explain.

    The variance of the rate relative to its mean, `MOST_SPREAD` at most: each period is told from all others, nearer
    ones and those of its season counting most; what chance and the uncertainty of that explain is taken off.
    """
    if len(counts) < 2:
        return 0.0
    found = []
    for place, count in enumerate(counts):
        others = np.delete(np.arange(len(counts)), place)
        weights = period_weights(np.abs(others - place), kept, per_year)
        usual = max(float(weights @ counts[others] / weights.sum()), 0.5)
        known = 1.0 + float((weights**2).sum() / weights.sum() ** 2)
        found.append(((count - usual) ** 2 / known - usual) / usual**2)
    return float(np.clip(np.mean(found), 0.0, MOST_SPREAD))


def _dispersion(between: float, recency: np.ndarray, mean: float) -> float:
    """Variance of the period's rate relative to its mean, that of estimating the mean included."""
    rate = (PRIOR_PERIODS * DEFAULT_SPREAD**2 + len(recency) * between) / (PRIOR_PERIODS + len(recency))
    effective = recency.sum() ** 2 / (recency**2).sum()
    return float(rate + (rate + 1.0 / mean) / effective)


def _donors(now: Position, periods: Sequence[PastPeriod], recency: np.ndarray) -> tuple[pl.DataFrame, float]:
    """Past wins that arrived late, and with the weight of a few deals every past win, with today's scopes.

    The amounts of the second kind are scaled to the mean of the first, so that they shape shares and not the level.
    """
    arrived = _weighted(now, [period.arrived for period in periods], recency)
    every = _weighted(now, [period.won for period in periods], recency)
    evidence = float(arrived["weight"].sum())
    level = _mean_amount(arrived) / max(_mean_amount(every), 1e-12)
    every = every.with_columns(
        weight=pl.col("weight") * (PRIOR_DEALS / float(every["weight"].to_numpy().sum())),
        amount=pl.col("amount") * level,
    )
    both = _without_leavers(now, pl.concat([arrived, every]))
    return both.with_columns(weight=pl.col("weight") / float(both["weight"].to_numpy().sum())), evidence


def _weighted(now: Position, wins: Sequence[pl.DataFrame], recency: np.ndarray) -> pl.DataFrame:
    rows = [frame.with_columns(weight=pl.lit(float(kept))) for frame, kept in zip(wins, recency, strict=True)]
    return pl.concat(rows).join(now.deals, on="deal_id", how="inner", maintain_order="left")


def _mean_amount(rows: pl.DataFrame) -> float:
    return float(np.average(rows["amount"].to_numpy(), weights=rows["weight"].to_numpy()))


def corrected(company: Arrivals, base: str, factors: Mapping[str, float]) -> Arrivals:
    """`company` with the part of each scope of level `base` times its factor, one where it is not named."""
    if not factors or company.donors.is_empty():
        return company
    factor = pl.col(base).replace_strict(dict(factors), default=1.0, return_dtype=pl.Float64)
    donors = company.donors.with_columns(weight=pl.col("weight") * factor)
    total = float(donors["weight"].to_numpy().sum())
    donors = donors.with_columns(weight=pl.col("weight") / total)
    return Arrivals(company.count_mean * total, company.dispersion, donors, company.evidence, company.periods)


def _without_leavers(now: Position, donors: pl.DataFrame) -> pl.DataFrame:
    """The share of people who have left goes to those who remain in their team, where anyone does."""
    reps = now.past["reps"]
    left = reps.filter(pl.col("left_at") < now.as_of)["rep_id"].unique()
    stays = ~pl.col("rep").is_in(left.implode()) & (pl.col("rep") != NONE)
    staying = pl.col("weight").filter(stays).sum().over("team")
    moved = pl.when(stays).then(pl.col("weight") * pl.col("weight").sum().over("team") / staying).otherwise(0.0)
    return donors.with_columns(weight=pl.when(staying > 0).then(moved).otherwise(pl.col("weight")))


def scope_arrivals(company: Arrivals, kind: str, scope_id: str, measure: str) -> ScopeArrivals:
    """The part of one scope, by its share among the donors; the parts of a level add up to the company in the mean.

    A scope's count is less certain than the company's by the uncertainty of its share (a Dirichlet's). Amounts are
    drawn half from the scope's own donors, half from the company's.
    """
    here, every = company.rows_of(kind, scope_id), company.donors["weight"].to_numpy()
    share = float(every[here].sum()) if company.count_mean > 0 else 0.0
    if share <= 0:
        return NOTHING
    loose = (1.0 - share) / (share * (company.evidence + PRIOR_DEALS + 1.0))
    dispersion = (1.0 + company.dispersion) * (1.0 + loose) - 1.0
    if measure == "count":
        return ScopeArrivals(company.count_mean * share, dispersion, np.ones(1), np.ones(1))
    amounts = company.donors["amount"].to_numpy()
    sizes = np.concatenate([amounts[here], amounts])
    weights = np.concatenate([every[here] * (OWN_AMOUNTS / share), every * (1.0 - OWN_AMOUNTS)])
    return ScopeArrivals(company.count_mean * share, dispersion, sizes, weights)
