"""THE DEAL MODEL: the chance that an open deal is won, lost or still open at any horizon, with health and reasons.

Two boosters, one of winning and one of losing within a horizon, each never falling as the horizon grows. From the
horizon on at which both together would pass one, they stay as they are (`training.competing`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import lightgbm as lgb
import numpy as np
import pandas as pd

from features.matrix import Columns, Matrix
from history.settings import Settings
from training.booster import contributions, margins
from training.calibration import Calibration
from training.competing import LATTICE_DAYS, limits, too_much
from training.design import values_at_each
from training.encoding import Encoding
from training.explain import Explanation, StageBaselines, explanation, points_from, summed_by_code
from training.flag_record import FlagRecord
from training.frames import checked_horizon, number_column, stages_of
from training.health import HealthReference, band_of
from training.shapley import Trees, shap_values, trees_of

TOLD_AS = {
    "horizon_days": "quarter_days_left",
    "horizon_quarter_ends": "quarter_days_left",
    "horizon_busy_days": "quarter_days_left",
    "horizon_past_close_date": "days_to_close_date",
}
"""What a horizon's column says is told in the words of the feature that it is made of."""


@dataclass(frozen=True)
class Outcome:
    """One booster with its calibration; gives the chance of its outcome within a horizon."""

    booster: lgb.Booster
    calibration: Calibration

    def chance(self, values: np.ndarray, stages: np.ndarray, num_threads: int) -> np.ndarray:
        return self.calibration.chance(margins(self.booster, values, num_threads), stages)

    @cached_property
    def trees(self) -> Trees | None:
        """The booster laid out for fast explanation; None where its trees are too deep for that."""
        return trees_of(self.booster)

    def contributions(self, values: np.ndarray, num_threads: int = 1) -> np.ndarray:
        """SHAP values of the margin: rows x columns + 1, the expected margin last."""
        if self.trees is None:
            return contributions(self.booster, values, num_threads)
        return shap_values(self.trees, values, num_threads)


@dataclass(frozen=True)
class DealModel:
    """A trained model. `long_days` is the horizon of `win_probability`; horizons past `longest_days` count as that."""

    trained_as_of: dt.datetime
    settings: Settings
    encoding: Encoding
    win: Outcome
    lose: Outcome
    long_days: int
    longest_days: float
    baselines: StageBaselines
    reference: HealthReference
    feature_version: str
    facts: Mapping[str, object] = field(default_factory=dict)
    flag_records: Mapping[str, FlagRecord] = field(default_factory=dict)
    version: str = "unregistered"
    num_threads: int = 1

    def named(self, version: str) -> DealModel:
        """The same model under the version that the registry gave it."""
        return replace(self, version=version)

    def predict(self, matrix: Matrix, horizon_days: np.ndarray | float) -> pd.DataFrame:
        """Chances (0 to 1) per row of `matrix` at a horizon in days (one for all, or one per row).

        Columns win_by_horizon, lose_by_horizon, open_at_horizon (they sum to one) and win_probability (won within
        `long_days`). A longer horizon never has a smaller chance to be won or lost; none is ever 0 or 1. Raises
        `DateInvalid` for a horizon that does not lie after the as-of date.
        """
        asked = checked_horizon(matrix, horizon_days)
        win, lose = self._chances(matrix, self._values(matrix, [asked, self._long(matrix)]), stages_of(matrix))
        return _table(matrix.index, win, lose)

    def explain(self, matrix: Matrix) -> Explanation:
        """Reasons for each row's `win_probability`, against a typical open deal at its stage."""
        values = self._values(matrix, [self._long(matrix)])
        stages = stages_of(matrix)
        win, _ = self._chances(matrix, values, stages)
        return self._explained(matrix.index, values[0], stages, win[0])

    def answer(self, matrix: Matrix, horizon_days: np.ndarray | float) -> tuple[pd.DataFrame, Explanation]:
        """What `predict` and `explain` give, at once: what both need is worked out once."""
        asked = checked_horizon(matrix, horizon_days)
        values, stages = self._values(matrix, [asked, self._long(matrix)]), stages_of(matrix)
        win, lose = self._chances(matrix, values, stages)
        return _table(matrix.index, win, lose), self._explained(matrix.index, values[1], stages, win[1])

    def health(self, matrix: Matrix, win_probability: np.ndarray) -> pd.DataFrame:
        """health (0 to 100, 50 typical of the stage and age) and band per row."""
        ages = number_column(matrix, "age_days")
        found = self.reference.health(np.asarray(win_probability), stages_of(matrix), ages)
        return pd.DataFrame({"health": found, "band": band_of(found)}, index=matrix.index)

    def _explained(
        self, index: pd.Index, values: np.ndarray, stages: np.ndarray, win_probability: np.ndarray
    ) -> Explanation:
        """Why rows with these values (rows x columns, at the long horizon) have their win probability."""
        found = self.win.contributions(values, self.num_threads)
        typical = self.baselines.of(stages)
        start = self.win.calibration.chance(self.baselines.expected + typical.sum(axis=1), stages)
        parts = points_from(found[:, :-1] - typical, win_probability, start)
        codes, parts = summed_by_code(parts, self.encoding.columns, TOLD_AS)
        return explanation(index, codes, win_probability, start, parts)

    def _long(self, matrix: Matrix) -> np.ndarray:
        return np.full(len(matrix), float(self.long_days))

    def _values(self, matrix: Matrix, horizons: list[np.ndarray]) -> np.ndarray:
        """What the boosters read at each horizon and, last, at the longest one: horizons x rows x columns."""
        days = np.minimum([*horizons, np.full(len(matrix), self.longest_days)], self.longest_days)
        return values_at_each(matrix, self.encoding.encode(matrix), days, self.settings)

    def _chances(self, matrix: Matrix, values: np.ndarray, stages: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Win and lose chances, horizons x rows without the longest one, with room for each other at every horizon."""
        win, lose = self._apart(values, stages)
        if (full := too_much(win, lose)).any():
            frame = matrix.frame if isinstance(matrix, Columns) else matrix
            most = limits(*self._along(frame[full], stages[full]))
            for chance, limit in zip((win, lose), most, strict=True):
                chance[:, full] = np.minimum(chance[:, full], limit)
        return win[:-1], lose[:-1]

    def _along(self, matrix: Matrix, stages: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Win and lose chances as learned, at rising horizons up to the longest one."""
        nearer = [np.full(len(matrix), days) for days in LATTICE_DAYS if days < self.longest_days]
        return self._apart(self._values(matrix, nearer), stages)

    def _apart(self, values: np.ndarray, stages: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Win and lose chances as learned, horizons x rows."""
        stacked, repeated = values.reshape(-1, values.shape[2]), np.tile(stages, values.shape[0])
        win, lose = (outcome.chance(stacked, repeated, self.num_threads) for outcome in (self.win, self.lose))
        return win.reshape(values.shape[:2]), lose.reshape(values.shape[:2])


def _table(index: pd.Index, win: np.ndarray, lose: np.ndarray) -> pd.DataFrame:
    """Win and lose chances (horizons x rows: the one asked for, the long one) in the columns of `predict`."""
    columns = {"win_by_horizon": win[0], "lose_by_horizon": lose[0], "open_at_horizon": 1 - win[0] - lose[0]}
    return pd.DataFrame({**columns, "win_probability": win[1]}, index=index)
