"""How good chances were: AUC, log loss and Brier with intervals from resampling deals, not rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import rankdata

_RESAMPLES = 200


@dataclass(frozen=True)
class Score:
    """One figure with the interval that holds it in 90 % of resamplings of deals; NaN where it is not defined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Metrics:
    """`auc` (1 is best, 0.5 a coin), `log_loss` and `brier` (0 is best), over `n` rows of `deals` deals."""

    n: int
    deals: int
    share_won: float
    auc: Score
    log_loss: Score
    brier: Score

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def auc(chance: np.ndarray, won: np.ndarray) -> float:
    """The chance that a won row was ranked above one that was not, ties counted half; NaN with one class only.

    >>> auc(np.array([0.2, 0.7, 0.4]), np.array([0, 1, 1]))
    1.0
    """
    return _ranked_auc(_ranks(chance), won, np.ones(len(chance)))


def _ranks(chance: np.ndarray) -> np.ndarray:
    return rankdata(chance, method="dense") - 1


def _ranked_auc(rank: np.ndarray, won: np.ndarray, weight: np.ndarray) -> float:
    ones, zeros = np.bincount(rank, weight * won), np.bincount(rank, weight * (1 - won))
    pairs = ones.sum() * zeros.sum()
    return float((ones * (np.cumsum(zeros) - zeros / 2)).sum() / pairs) if pairs > 0 else float("nan")


def row_log_loss(chance: np.ndarray, won: np.ndarray) -> np.ndarray:
    """Minus the logarithm of the chance given to what came, per row."""
    return -np.log(np.clip(np.where(won == 1, chance, 1 - chance), 1e-15, 1))


def measure(
    chance: np.ndarray, won: np.ndarray, deal: np.ndarray, seed: int = 0, resamples: int = _RESAMPLES
) -> Metrics:
    """The metrics of chances (rows) against what came (0 or 1), with 90 % case-bootstrap intervals over `deal`."""
    number = np.unique(deal, return_inverse=True)[1]
    loss, brier, rank = row_log_loss(chance, won), (chance - won) ** 2, _ranks(chance)
    drawn = deal_weights(number, seed, resamples)
    aucs = [_ranked_auc(rank, won, weight[number]) for weight in drawn]
    return Metrics(
        n=len(won),
        deals=int(number.max()) + 1,
        share_won=float(won.mean()),
        auc=_score(_ranked_auc(rank, won, np.ones(len(won))), aucs),
        log_loss=_score(float(loss.mean()), _means(drawn, number, loss)),
        brier=_score(float(brier.mean()), _means(drawn, number, brier)),
    )


def log_loss_gain(
    chance: np.ndarray, other: np.ndarray, won: np.ndarray, deal: np.ndarray, seed: int = 0, resamples: int = _RESAMPLES
) -> Score:
    """How much smaller the log loss of `chance` is than that of `other` on the same rows; above 0 is better."""
    number = np.unique(deal, return_inverse=True)[1]
    gain = row_log_loss(other, won) - row_log_loss(chance, won)
    return _score(float(gain.mean()), _means(deal_weights(number, seed, resamples), number, gain))


def _means(drawn: np.ndarray, number: np.ndarray, values: np.ndarray) -> list[float]:
    """The mean of `values` (rows) in each drawing of deals, from each deal's sum: rows are many, deals fewer."""
    return list((drawn @ np.bincount(number, values)) / (drawn @ np.bincount(number)))


def compare(chances: Mapping[str, np.ndarray], won: np.ndarray, deal: np.ndarray, seed: int = 0) -> dict[str, Metrics]:
    """The metrics of several forecasts of the same rows."""
    return {name: measure(chance, won, deal, seed) for name, chance in chances.items()}


def deal_weights(number: np.ndarray, seed: int, resamples: int) -> np.ndarray:
    """How often each deal is drawn, resamples x deals: as many deals as there are, with repeats."""
    return _drawn(int(number.max()) + 1, seed, resamples)


@lru_cache(maxsize=2)
def _drawn(deals: int, seed: int, resamples: int) -> np.ndarray:
    """The same for many figures of the same deals, so it is drawn once."""
    drawn = np.random.default_rng(seed).multinomial(deals, np.full(deals, 1 / deals), size=resamples)
    drawn.flags.writeable = False
    return drawn


def _score(value: float, resampled: list[float]) -> Score:
    known = np.array(resampled)
    known = known[~np.isnan(known)]
    if len(known) == 0:
        return Score(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [0.05, 0.95])
    return Score(value, float(low), float(high))
