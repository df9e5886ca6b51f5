"""A challenger in the champion's shadow: it scores the same live deals, both are stored, and what came decides.

Nobody is shown the challenger's scores. Which version is the challenger is the registry's to say.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit, logit
from scipy.stats import norm

from history.as_of import known
from history.errors import ModelUnavailable
from history.record import History
from history.store import Store
from serving.scoring import record_scores, score
from training.labels import WON, outcomes_by
from training.metrics import Metrics, Score, log_loss_gain, measure
from training.registry import Registry
from training.watching.calibration import regression

_SAID = ("deal_id", "as_of", "horizon")
LEVEL = 0.9


@dataclass(frozen=True)
class Shadowed:
    """What became of a challenger's scoring: its version and how many scores were stored, or why there are none."""

    version: str
    stored: int = 0
    refused: str = ""


@dataclass(frozen=True)
class Side:
    """One version on the matured statements: how good, and its calibration (slope 1 and intercept 0 are right)."""

    version: str
    metrics: Metrics
    slope: Score
    intercept: Score


@dataclass(frozen=True)
class Comparison:
    """Champion and challenger on what both said of the same deals on the same days for the same horizon.

    `gain` is by how much the challenger's log loss is smaller, with the interval that holds 90 % of resamplings of
    deals. Without a matured statement `champion`, `challenger` and `gain` are None. `days` counts the days on which
    both spoke, `waiting` the statements whose horizon had not ended, `next_end` the first of those horizons.
    """

    champion: Side | None
    challenger: Side | None
    gain: Score | None
    days: int
    waiting: int
    next_end: dt.datetime | None

    def frame(self) -> pl.DataFrame:
        """One row per version: who, version, n, deals, share_won and each figure with low and high."""
        told = {"champion": self.champion, "challenger": self.challenger}
        return pl.DataFrame([_row(who, side) for who, side in told.items() if side is not None])


def record_challenger(
    store: Store, history: History, registry: Registry, as_of: dt.datetime, horizon: dt.datetime
) -> Shadowed | None:
    """Store what the challenger says of the deals open at `as_of`; None where there is no challenger.

    One that was trained after `as_of` or cannot be loaded stores nothing and says why.
    """
    entry = registry.challenger()
    if entry is None:
        return None
    if entry.trained_as_of > as_of:
        day = history.settings.day_of(entry.trained_as_of)
        return Shadowed(entry.version, refused=f"trained as of {day}, after the day that is scored")
    try:
        model = registry.load(entry, history.settings.feature_fields)
    except ModelUnavailable as error:
        return Shadowed(entry.version, refused=str(error))
    return Shadowed(entry.version, record_scores(store, score(history, model, as_of, horizon)).inserted)


def compare_shadow(
    history: History, champion: str, challenger: str, as_of: dt.datetime, weeks: int | None = None, seed: int = 0
) -> Comparison:
    """The stored scores of two versions against what was known at `as_of` (naive UTC) to have come.

    `weeks` takes the statements of so many weeks before `as_of` alone. Scores of a version on days before its own
    training do not count.
    """
    past = known(history, as_of)
    both = paired(past["scores"], champion, challenger)
    if weeks is not None:
        both = both.filter(pl.col("as_of") >= as_of - dt.timedelta(days=7 * weeks))
    labelled = outcomes_by(past, both.with_columns(horizon_end="horizon"), as_of)
    ended, open_ = labelled.drop_nulls("label"), labelled.filter(pl.col("label").is_null())
    days, next_end = both["as_of"].n_unique(), open_["horizon"].min()
    end = next_end if isinstance(next_end, dt.datetime) else None
    if ended.is_empty():
        return Comparison(None, None, None, days, open_.height, end)
    won, deal = (ended["label"] == WON).to_numpy().astype(float), ended["deal_id"].to_numpy()
    now, rival = ended["champion"].to_numpy(), ended["challenger"].to_numpy()
    return Comparison(
        champion=side(champion, now, won, deal, seed),
        challenger=side(challenger, rival, won, deal, seed),
        gain=log_loss_gain(rival, now, won, deal, seed),
        days=days,
        waiting=open_.height,
        next_end=end,
    )


def paired(scores: pl.DataFrame, champion: str, challenger: str) -> pl.DataFrame:
    """deal_id, as_of, horizon of what both versions spoke of, with the chances to be won by then, sorted."""
    fair = scores.filter(~pl.col("in_sample").fill_null(False))
    sides = [
        fair.filter(pl.col("model_version") == version).select(*_SAID, pl.col("win_by_horizon").alias(name))
        for version, name in ((champion, "champion"), (challenger, "challenger"))
    ]
    return sides[0].join(sides[1], on=_SAID).sort("as_of", "deal_id", "horizon")


def side(version: str, chance: np.ndarray, won: np.ndarray, deal: np.ndarray, seed: int) -> Side:
    """One version's figures; calibration intervals by the sandwich over deals (Liang and Zeger 1986), 90 %."""
    shown = logit(np.clip(chance, 1e-6, 1 - 1e-6))
    theta, bread = regression(shown, won)
    left = won - expit(theta[0] * shown + theta[1])
    number = np.unique(deal, return_inverse=True)[1]
    by_deal = np.column_stack([np.bincount(number, left * shown), np.bincount(number, left)])
    spread = norm.isf((1 - LEVEL) / 2) * np.sqrt(np.diag(bread @ (by_deal.T @ by_deal) @ bread))
    slope, intercept = (
        Score(float(value), float(value - half), float(value + half)) for value, half in zip(theta, spread, strict=True)
    )
    return Side(version, measure(chance, won, deal, seed), slope, intercept)


def _row(who: str, one: Side) -> dict[str, object]:
    found = one.metrics
    figures = {"auc": found.auc, "log_loss": found.log_loss, "brier": found.brier}
    figures |= {"slope": one.slope, "intercept": one.intercept}
    told = {
        f"{name}{end}": value
        for name, figure in figures.items()
        for end, value in (("", figure.value), ("_low", figure.low), ("_high", figure.high))
    }
    counts = {"n": found.n, "deals": found.deals, "share_won": found.share_won}
    return {"who": who, "version": one.version, **counts, **told}
