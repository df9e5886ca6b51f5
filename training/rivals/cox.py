"""Cause-specific Cox regression on a dozen plain features: what a survival analyst would try first.

One regression of winning and one of losing, days counted from the as-of date; their hazards together give the
cumulative incidence of winning (Prentice et al. 1978), so the chance by a horizon never falls as the horizon grows.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
from statsmodels.duration.hazard_regression import PHReg

from training.fitting import Window
from training.frames import number_column, stages_of
from training.labels import LOST, WON, first_closings
from training.rivals.rival import Baseline, open_interval

LOG = logging.getLogger("dealcast.training")
MOST_ROWS, MOST_DAYS, LEAST_EVENTS = 6_000, 365, 20
LOGGED = ("age_days", "days_in_stage", "pushes", "amount", "touches_30d")
"""Numbers from 0 on, taken by their logarithm."""
NUMBERS = (*LOGGED, "days_to_close_date")
_FARTHEST, _CHUNK_ROWS = 5.0, 4_000
_MOST_COEFFICIENT = 10.0
"""Of a standardised column; beyond it a search is on its way to infinity."""


@dataclass(frozen=True)
class PlainDesign:
    """How a matrix becomes standardised columns: stages one-hot, numbers, and which numbers are missing."""

    stages: tuple[str, ...]
    middle: np.ndarray
    spread: np.ndarray
    kept: tuple[int, ...]

    def values(self, matrix: pd.DataFrame) -> np.ndarray:
        """Rows x kept columns; a missing number stands at the mean."""
        standard = (_plain(matrix, self.stages) - self.middle) / self.spread
        return np.nan_to_num(np.clip(standard, -_FARTHEST, _FARTHEST))[:, list(self.kept)]


@dataclass(frozen=True)
class Hazards:
    """Coefficients (2 x columns) of winning and losing, and the step of each baseline hazard on each of `days`."""

    coefficients: np.ndarray
    days: np.ndarray
    steps: np.ndarray

    def won_within(self, values: np.ndarray, horizon_days: np.ndarray) -> np.ndarray:
        """The cumulative incidence of winning by each row's horizon in days; 0 before the first day with a closing."""
        counts = np.searchsorted(self.days, np.ceil(horizon_days - 1e-6), side="right")
        out = np.zeros(len(values))
        for start in range(0, len(values), _CHUNK_ROWS):
            here = slice(start, start + _CHUNK_ROWS)
            incidence = self._incidence(values[here])
            out[here] = incidence[np.arange(len(incidence)), counts[here]]
        return out

    def _incidence(self, values: np.ndarray) -> np.ndarray:
        """Rows x (days + 1): the chance to have been won after each number of the days."""
        scale = np.exp(np.clip(values @ self.coefficients.T, -20, 20))
        win, lose = (scale[:, [cause]] * self.steps[cause] for cause in (0, 1))
        both = win + lose
        open_before = np.exp(-(np.cumsum(both, axis=1) - both))
        came = open_before * -np.expm1(-both) * np.divide(win, both, out=np.zeros_like(both), where=both > 0)
        return np.hstack([np.zeros((len(values), 1)), np.cumsum(came, axis=1)])


def cox(window: Window, otherwise: Baseline) -> Baseline:
    """The chance to be won within a horizon by Cox regression; `otherwise` answers where it cannot be fitted."""
    rows = followed(window)
    seen = rows.filter(pl.col("days") > 0)
    cut_day = window.history.settings.day_of(window.cut)
    if (seen["outcome"] == WON).sum() < LEAST_EVENTS:
        LOG.info("fewer than %d rows were won by %s; Cox regression is left out", LEAST_EVENTS, cut_day)
        return otherwise
    design = learn_design(window.matrix.iloc[seen["row"].to_numpy()])
    values = design.values(window.matrix.iloc[seen["row"].to_numpy()])
    fitted = fit_hazards(seen["days"].to_numpy().astype(float), seen["outcome"].to_numpy(), values)
    if fitted is None:
        LOG.warning("Cox regression of what was known on %s did not converge; another rule stands in for it", cut_day)
        return otherwise

    def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
        return open_interval(fitted.won_within(design.values(matrix), horizon_days))

    return chance


def followed(window: Window) -> pl.DataFrame:
    """Open deals on days, thinned evenly to `MOST_ROWS`: row, days followed (whole, at most `MOST_DAYS`), outcome.

    Day 1 is the first after the as-of instant. A deal that closed on day n has n days and its outcome; one still open
    has the days that were seen whole by the cut and "open". A closing entered late falls on day 1.
    """
    ordered = window.spine.sort("deal_id", "as_of")
    few = ordered.gather_every(max(1, -(-ordered.height // MOST_ROWS)))
    rows = first_closings(window.history, few, window.cut)
    closing = (pl.col("closed_at") - pl.col("as_of")).dt.total_days().clip(lower_bound=0) + 1
    seen = (pl.lit(window.cut) - pl.col("as_of")).dt.total_days().clip(upper_bound=MOST_DAYS)
    came = closing.is_not_null() & (closing <= seen)
    return rows.select(
        "row",
        days=pl.when(came).then(closing).otherwise(seen),
        outcome=pl.when(came).then("outcome").otherwise(pl.lit("open")),
    )


def fit_hazards(days: np.ndarray, outcome: np.ndarray, values: np.ndarray) -> Hazards | None:
    """Both regressions of rows followed for `days`; None where one does not converge.

    An outcome that came less than `LEAST_EVENTS` times has the same hazard for all rows.
    """
    times = np.unique(days)
    coefficients, steps = [], []
    for cause in (WON, LOST):
        happened = (outcome == cause).astype(float)
        found = np.zeros(values.shape[1])
        if happened.sum() >= LEAST_EVENTS and values.shape[1]:
            fitted = fit_cause(days, happened, values)
            if fitted is None:
                return None
            found = fitted
        coefficients.append(found)
        steps.append(baseline_steps(days, happened, values @ found, times))
    return Hazards(np.stack(coefficients), times, np.stack(steps))


def fit_cause(days: np.ndarray, happened: np.ndarray, values: np.ndarray) -> np.ndarray | None:
    """The coefficients of one outcome by partial likelihood, ties after Breslow; None where no maximum is reached.

    A column that is the same wherever the outcome came has no maximum and takes no part (0).
    """
    found = np.zeros(values.shape[1])
    told = values[happened == 1].std(axis=0) > 1e-9
    if not told.any():
        return found
    model = PHReg(days, values[:, told], status=happened, ties="breslow")
    # Newton's whole steps may overshoot from 0; a search with steps of its own does not, and is slower.
    for method in ("newton", "bfgs"):
        coefficients = _climbed(model, method)
        if coefficients is not None and _is_maximum(model, coefficients, happened.sum()):
            found[told] = coefficients
            return found
    return None


def _climbed(model: PHReg, method: str) -> np.ndarray | None:
    # On its way to infinity a search divides by nothing; what comes of that is judged afterwards.
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        try:
            return np.asarray(model.fit(method=method, maxiter=50, warn_convergence=False).params)
        except ValueError:
            return None


def _is_maximum(model: PHReg, coefficients: np.ndarray, events: float) -> bool:
    """At a maximum the score is 0; it is judged beside the size it would have by chance alone."""
    if not np.isfinite(coefficients).all() or np.abs(coefficients).max() > _MOST_COEFFICIENT:
        return False
    return bool(np.abs(model.score(coefficients)).max() / np.sqrt(events) < 1e-2)


def baseline_steps(days: np.ndarray, happened: np.ndarray, linear: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Breslow's estimate: on each of `times` (ascending) the events over the summed risk of rows still followed."""
    risk = np.exp(np.clip(linear, -20, 20))
    place = np.searchsorted(times, days)
    at_risk = np.cumsum(np.bincount(place, risk, len(times))[::-1])[::-1]
    return np.bincount(place, happened, len(times)) / np.maximum(at_risk, 1e-12)


def learn_design(matrix: pd.DataFrame) -> PlainDesign:
    """The design of a training matrix: columns that vary and do not follow from those before them."""
    stages = tuple(sorted(set(stages_of(matrix))))
    columns = _plain(matrix, stages)
    known = ~np.isnan(columns)
    n = np.maximum(known.sum(axis=0), 1)
    middle = np.where(known, columns, 0).sum(axis=0) / n
    spread = np.sqrt(np.where(known, (columns - middle) ** 2, 0).sum(axis=0) / n)
    spread = np.where(spread > 1e-9, spread, 1.0)
    standard = np.nan_to_num((columns - middle) / spread)
    return PlainDesign(stages, middle, spread, independent(standard))


def independent(columns: np.ndarray, least_share: float = 0.01) -> tuple[int, ...]:
    """The places of the columns of which at least `least_share` of the spread does not follow from earlier ones.

    >>> independent(np.array([[1.0, 0, 2, 5], [0, 1, 1, 5], [0, 0, 0, 5]]))
    (0, 1)
    """
    basis = [np.ones(len(columns)) / np.sqrt(max(1, len(columns)))]
    kept = []
    for place in range(columns.shape[1]):
        left = columns[:, place].copy()
        for _ in range(2):
            for axis in basis:
                left -= axis * (axis @ left)
        size = float(np.linalg.norm(left))
        if size > least_share * max(float(np.linalg.norm(columns[:, place])), 1e-9) and size > 1e-6:
            basis.append(left / size)
            kept.append(place)
    return tuple(kept)


def _plain(matrix: pd.DataFrame, stages: tuple[str, ...]) -> np.ndarray:
    numbers = np.column_stack([number_column(matrix, name) for name in NUMBERS])
    missing = np.isnan(numbers).astype(float)
    logged = len(LOGGED)
    numbers[:, :logged] = np.log1p(np.maximum(numbers[:, :logged], 0))
    numbers[:, logged:] = np.clip(numbers[:, logged:], -MOST_DAYS, MOST_DAYS)
    here = (stages_of(matrix)[:, None] == np.array(stages, dtype=str)[None, :]).astype(float)
    return np.column_stack([here, numbers, missing])
