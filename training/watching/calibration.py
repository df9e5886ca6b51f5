"""Was the model right of the deals whose horizon has ended? Slope and intercept, and whether they are off by chance.

Days are taken whose horizons do not overlap, one horizon apart. What comes is then, given what was said before, one
coin per row whichever deal it belongs to, and the likelihood ratio of the recalibrated chances is about a chi-squared
variable of two degrees of freedom where the chances are right (Cox 1958; Miller, Hui and Tierney 1991).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit, logit
from scipy.stats import chi2, norm

from history.record import History
from training.labels import WON, outcomes_by
from training.metrics import row_log_loss
from training.watching.course import Course
from training.watching.deals import HORIZON_DAYS, OpenDeals
from training.watching.thresholds import level

LEAST_ROWS, LEAST_WON = 100, 10
MOST_DAYS = 182
LEVEL = 0.9


@dataclass(frozen=True)
class Fit:
    """Slope and intercept of outcomes on log odds (1 and 0 are right), with 90 % intervals, and what they are worth.

    `gain` is the likelihood ratio, twice the log likelihood that the recalibration gains over the chances as they are.
    """

    slope: float
    intercept: float
    slope_low: float
    slope_high: float
    intercept_low: float
    intercept_high: float
    gain: float
    log_loss: float
    n: int
    won: int


def matured(history: History, deals: OpenDeals, since: dt.datetime, as_of: dt.datetime) -> pl.DataFrame:
    """deal_id, week, chance, won (0 or 1) of rows from `since` on whose horizon had ended by `as_of`, as known then."""
    rows = deals.spine.with_columns(week=pl.Series(deals.week), chance=pl.Series(deals.chance))
    rows = rows.filter(pl.col("as_of") >= since)
    ended = rows.with_columns(horizon_end=pl.col("as_of") + dt.timedelta(days=HORIZON_DAYS))
    labelled = outcomes_by(history, ended.filter(pl.col("horizon_end") <= as_of), as_of)
    return labelled.select("deal_id", "week", "chance", won=(pl.col("label") == WON).cast(pl.Float64))


def apart(rows: pl.DataFrame, seen_from: int) -> pl.DataFrame:
    """The rows of weeks a horizon apart whose horizons had ended as seen from a week, half a year back at most."""
    step = HORIZON_DAYS // 7
    weeks = range(seen_from - step, seen_from - MOST_DAYS // 7, -step)
    return rows.filter(pl.col("week").is_in(list(weeks)))


def fitted(rows: pl.DataFrame) -> Fit | None:
    """The calibration of some rows; None where there are too few."""
    chance, won = rows["chance"].to_numpy(), rows["won"].to_numpy()
    if len(won) < LEAST_ROWS or min(won.sum(), len(won) - won.sum()) < LEAST_WON:
        return None
    shown = logit(chance)
    theta, covariance = regression(shown, won)
    spread = norm.isf((1 - LEVEL) / 2) * np.sqrt(np.diag(covariance))
    before, after = row_log_loss(chance, won), row_log_loss(expit(theta[0] * shown + theta[1]), won)
    limits = [(float(value - half), float(value + half)) for value, half in zip(theta, spread, strict=True)]
    return Fit(
        slope=float(theta[0]),
        intercept=float(theta[1]),
        slope_low=limits[0][0],
        slope_high=limits[0][1],
        intercept_low=limits[1][0],
        intercept_high=limits[1][1],
        gain=max(0.0, float(2 * (before.sum() - after.sum()))),
        log_loss=float(before.mean()),
        n=len(won),
        won=int(won.sum()),
    )


def regression(shown: np.ndarray, won: np.ndarray, pull: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Slope and intercept of a logistic regression on log odds and their covariance, by Newton's method.

    `pull` is the precision of a normal belief that they are 1 and 0.
    """
    design, start = np.column_stack([shown, np.ones(len(shown))]), np.array([1.0, 0.0])

    def loss(theta: np.ndarray) -> float:
        margin = design @ theta
        return float((np.logaddexp(0, margin) - won * margin).sum() + pull / 2 * ((theta - start) ** 2).sum())

    theta, bend = start, np.eye(2)
    for _ in range(60):
        chance = expit(design @ theta)
        bend = design.T @ (design * (chance * (1 - chance))[:, None]) + (pull + 1e-9) * np.eye(2)
        step = np.linalg.solve(bend, design.T @ (won - chance) - pull * (theta - start))
        # Far from the least loss a whole step may lead away from it.
        while loss(theta + step) > loss(theta) and np.abs(step).max() > 1e-10:
            step = step / 2
        theta = theta + step
        if np.abs(step).max() < 1e-9:
            break
    return theta, np.linalg.inv(bend)


def swing(rows: pl.DataFrame, usual: np.ndarray) -> float:
    """The likelihood ratio of the best fit of some rows over the `usual` slope and intercept; NaN where few matured."""
    own = fitted(rows)
    if own is None:
        return float("nan")
    shown, won = logit(rows["chance"].to_numpy()), rows["won"].to_numpy()
    losses = [
        row_log_loss(expit(theta[0] * shown + theta[1]), won).sum() for theta in (usual, (own.slope, own.intercept))
    ]
    return max(0.0, float(2 * (losses[0] - losses[1])))


def calibration_courses(rows: pl.DataFrame, weeks: int) -> tuple[list[Course], Fit | None]:
    """The course of the likelihood ratio, and the fit of the newest week; none where few matured.

    The newest is held against slope 1 and intercept 0, earlier weeks against what the model's have been on all matured
    rows: a model that was wrong all along is not excused by it, only how much calibration swings is learned.
    """
    newest = fitted(apart(rows, weeks - 1))
    if newest is None:
        return [], None
    usual, _ = regression(logit(rows["chance"].to_numpy()), rows["won"].to_numpy())
    value = np.array([*(swing(apart(rows, at), usual) for at in range(weeks - 1)), newest.gain])
    noise = np.full(weeks, float(chi2.isf(level(1), 2)))
    en = (
        f"slope {newest.slope:.2f} ({newest.slope_low:.2f} to {newest.slope_high:.2f}), intercept "
        f"{newest.intercept:+.2f} ({newest.intercept_low:+.2f} to {newest.intercept_high:+.2f}), {newest.won:,} won"
    )
    zh = (
        f"斜率 {newest.slope:.2f}（{newest.slope_low:.2f} 至 {newest.slope_high:.2f}），截距 {newest.intercept:+.2f}"
        f"（{newest.intercept_low:+.2f} 至 {newest.intercept_high:+.2f}），赢单 {newest.won:,}"
    )
    return [Course("calibration", "matured_deals", value, noise, newest.n, en, zh)], newest
