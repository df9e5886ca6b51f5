"""What serves where few deals have closed: the stage x age table as a model, from no closed deal at all upwards.

Same questions, same answers' form as the deal model; its version reads `tables-<day>` and says how little it knows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import polars as pl
from scipy.stats import beta

from features.catalogue import feature_version
from features.matrix import Matrix
from history.record import History
from history.settings import Settings
from training.explain import Explanation, explanation
from training.flag_record import FlagRecord
from training.frames import checked_horizon, number_column, spine_of, stages_of
from training.health import HealthReference, band_of, health_reference
from training.labels import LOST, WON, closed_counts
from training.rates import Rates, cell_of, fit_rates
from training.splits import long_horizon_days

LEAST_WON, LEAST_LOST = 40, 40
"""With fewer deals won or lost than this the tables serve."""


@dataclass(frozen=True)
class TableModel:
    """The stage x age table; `deals_won` and `deals_lost` are what it was made from."""

    trained_as_of: dt.datetime
    settings: Settings
    rates: Rates
    long_days: int
    reference: HealthReference
    feature_version: str
    facts: Mapping[str, object] = field(default_factory=dict)
    flag_records: Mapping[str, FlagRecord] = field(default_factory=dict)
    version: str = "tables"

    def named(self, version: str) -> TableModel:
        """The same model under the version that the registry gave it."""
        return replace(self, version=version)

    def predict(self, matrix: Matrix, horizon_days: np.ndarray | float) -> pd.DataFrame:
        """As `DealModel.predict`: win_by_horizon, lose_by_horizon, open_at_horizon, win_probability."""
        asked = checked_horizon(matrix, horizon_days)
        win, lose = _held(self.rates.chance(self._cells(matrix), asked))
        long, _ = _held(self.rates.chance(self._cells(matrix), np.full(len(matrix), float(self.long_days))))
        columns = {"win_by_horizon": win, "lose_by_horizon": lose, "open_at_horizon": 1 - win - lose}
        return pd.DataFrame({**columns, "win_probability": long}, index=matrix.index)

    def explain(self, matrix: Matrix) -> Explanation:
        """The one reason that the table knows: the deal's age, against all open deals at its stage."""
        long = np.full(len(matrix), float(self.long_days))
        chance, _ = _held(self.rates.chance(self._cells(matrix), long))
        start, _ = _held(self.rates.chance(list(stages_of(matrix)), long))
        return explanation(matrix.index, ("age_days",), chance, start, (chance - start)[:, None])

    def answer(self, matrix: Matrix, horizon_days: np.ndarray | float) -> tuple[pd.DataFrame, Explanation]:
        """As `DealModel.answer`."""
        return self.predict(matrix, horizon_days), self.explain(matrix)

    def health(self, matrix: Matrix, win_probability: np.ndarray) -> pd.DataFrame:
        """As `DealModel.health`."""
        ages = number_column(matrix, "age_days")
        found = self.reference.health(np.asarray(win_probability), stages_of(matrix), ages)
        return pd.DataFrame({"health": found, "band": band_of(found)}, index=matrix.index)

    def evidence(self, matrix: Matrix, level: float = 0.8) -> pd.DataFrame:
        """How much each win probability rests on: n_deals that closed since they stood at that stage and age, and low
        and high of an interval of `level` (Jeffreys' for as many deals; rows of one deal are not counted twice).
        """
        chance = self.predict(matrix, float(self.long_days))["win_probability"].to_numpy()
        n = np.array([self.rates.deals.get(self.rates.nearest(cell), 0) for cell in self._cells(matrix)])
        shape = (chance * n + 0.5, (1 - chance) * n + 0.5)
        low, high = (beta.ppf((1 + side * level) / 2, *shape) for side in (-1, 1))
        low, high = np.minimum(low, chance), np.maximum(high, chance)
        return pd.DataFrame({"n_deals": n, "low": low, "high": high}, index=matrix.index)

    def _cells(self, matrix: Matrix) -> list[str]:
        ages = number_column(matrix, "age_days")
        return [cell_of(stage, age) for stage, age in zip(stages_of(matrix), ages, strict=True)]


def fit_table_model(matrix: pd.DataFrame, history: History, cut: dt.datetime) -> TableModel:
    """The table as it could have been made at `cut` (naive UTC) from the rows of `matrix` before it, none included."""
    spine = spine_of(matrix).filter(pl.col("as_of") < cut)
    rates = fit_rates(history, spine, cut, count_deals=True)
    long_days = long_horizon_days(spine, cut)
    counts = closed_counts(history, cut)
    computed = feature_version(history.settings.feature_fields)
    blank = TableModel(cut, history.settings, rates, long_days, HealthReference({}, {}), computed)
    past = matrix.iloc[spine["row"].to_numpy()]
    chance = blank.predict(past, float(long_days))["win_probability"].to_numpy()
    reference = health_reference(chance, stages_of(past), number_column(past, "age_days"))
    facts = {
        "deals_won": counts[WON],
        "deals_lost": counts[LOST],
        "deals": spine["deal_id"].n_unique(),
        "rows": spine.height,
    }
    day = history.settings.day_of(cut)
    return replace(blank, reference=reference, facts=facts, version=f"tables-{day.isoformat()}")


def too_few(history: History, cut: dt.datetime) -> bool:
    """Whether fewer deals had been won or lost by `cut` than a model can be trained on."""
    counts = closed_counts(history, cut)
    return counts[WON] < LEAST_WON or counts[LOST] < LEAST_LOST


def _held(chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Won and lost, each from 0.001 and together at most 0.999; both keep rising with the horizon."""
    won, lost = 0.001 + 0.997 * chances
    return won, lost
