"""Plain boosters for the rivals: the deal model's own options and calibration, no constraint on any column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from scipy.special import expit

from training.booster import BoostOptions, margins
from training.calibration import Calibration, fit_calibration
from training.encoding import Encoding
from training.fitting import LEAST_ROWS

_PLAIN_ROUNDS, _LEAST_ROUNDS, _PATIENCE = 100, 40, 50


@dataclass(frozen=True)
class Rows:
    """`values` (rows x columns), what `happened` (0 or 1), `weight`; `earlier` and `later` choose the number of trees.

    The columns are the encoding's features, then `added`, what the rival adds to them. `place` numbers the open deals
    on days that stand behind the rows.
    """

    values: np.ndarray
    happened: np.ndarray
    weight: np.ndarray
    earlier: np.ndarray
    later: np.ndarray
    place: np.ndarray
    encoding: Encoding
    added: Sequence[str]

    def data(self, here: np.ndarray, reference: lgb.Dataset | None = None) -> lgb.Dataset:
        return lgb.Dataset(
            self.values[here],
            self.happened[here],
            weight=self.weight[here] / max(float(self.weight[here].mean()), 1e-12),
            feature_name=[*self.encoding.names, *self.added],
            categorical_feature=self.encoding.categorical,
            reference=reference,
            params={"max_bin": 127, "verbose": -1},
        )

    def enough(self, here: np.ndarray) -> bool:
        """Whether `here` holds rows enough of both outcomes to learn from or to judge by."""
        return int(here.sum()) >= LEAST_ROWS and 0 < float(self.happened[here].mean()) < 1


@dataclass(frozen=True)
class Grown:
    """A booster of all rows and the calibration of its margins, learned from rows that an earlier one had not seen."""

    booster: lgb.Booster
    calibration: Calibration

    def chance(self, values: np.ndarray) -> np.ndarray:
        """The chance of what the booster learned, per row of values, not yet held away from 0 and 1."""
        margin = margins(self.booster, values)
        return expit(self.calibration.margin(margin, np.zeros(len(margin), dtype=str)))


def grow(rows: Rows, options: BoostOptions) -> Grown:
    """A booster of all rows, with as many trees as gave the least log loss on the later ones, grown as data grew.

    A plain number of trees and no calibration where the earlier or the later rows are too few to choose by.
    """
    every = np.ones(len(rows.happened), bool)
    given = {name: value for name, value in options.parameters(rows.encoding).items() if "monotone" not in name}
    if not (rows.enough(rows.earlier) and rows.enough(rows.later)):
        return Grown(lgb.train(given, rows.data(every), _PLAIN_ROUNDS), Calibration())
    data = rows.data(rows.earlier)
    stop = lgb.early_stopping(_PATIENCE, verbose=False)
    first = lgb.train(given, data, options.most_rounds, [rows.data(rows.later, data)], callbacks=[stop])
    more = (len(every) / int(rows.earlier.sum())) ** 0.5
    rounds = max(round(first.best_iteration * more), _LEAST_ROUNDS)
    return Grown(lgb.train(given, rows.data(every), rounds), _calibration(first, rows).halfway())


def _calibration(first: lgb.Booster, rows: Rows) -> Calibration:
    """How the margins of the earlier rows' booster stand to what came of the later rows."""
    later = rows.later
    resolved = len(np.unique(rows.place[later]))
    return fit_calibration(margins(first, rows.values[later]), rows.happened[later], rows.weight[later], resolved)
