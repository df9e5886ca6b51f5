"""Fitting the deal model at a cut: from rows whose horizon had ended by then, calibrated on later rows than it learned.

A first pair of boosters learns from the earlier part of the window and is judged on the later part: that gives the
number of trees and the calibration, from rows it had not seen. The boosters that are kept are then grown anew, with
that number of trees, from all rows, so that they know the latest outcomes; the calibration is carried over to them.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import polars as pl

from features.catalogue import feature_version
from history.record import History
from training.booster import BoostOptions, Design, fit_booster, fit_with_rounds, margins
from training.calibration import Calibration, fit_calibration, with_steps
from training.deal_model import DealModel, Outcome
from training.design import values_at
from training.encoding import Encoding, learn_encoding
from training.explain import StageBaselines, stage_baselines
from training.frames import number_column, spine_of, stages_of
from training.health import HealthReference, health_reference
from training.labels import LOST, WON, outcomes_by
from training.splits import DAY, Sampling, calibration_start, long_horizon_days, sample_horizons, thin

SEARCHED = ("num_leaves", "min_data_in_leaf", "lambda_l2", "feature_fraction")
"""The settings of the trees that a search may change, and that a model's facts tell."""
LEAST_ROWS = 200
"""Fewer rows than this on either side of the middle are no ground for choosing a number of trees or a calibration."""
_PLAIN_ROUNDS, _LEAST_ROUNDS = 100, 40
_TYPICAL_ROWS = 4_000


@dataclass(frozen=True)
class FitOptions:
    """How the model is fitted. A row whose horizon ended `half_life_days` earlier counts half (None: as long as suits
    the history). With `trials` that many settings are tried inside the window before the fit.
    """

    boost: BoostOptions = field(default_factory=BoostOptions)
    sampling: Sampling = field(default_factory=Sampling)
    half_life_days: float | None = None
    trials: int = 0

    def half_life(self, history_days: float) -> float:
        """The half-life in days for a history of a length; a third of it, from two months to a year.

        >>> FitOptions().half_life(300), FitOptions().half_life(60), FitOptions(half_life_days=45.0).half_life(300)
        (100.0, 60.0, 45.0)
        """
        third = round(history_days / 3, 1)
        return min(max(third, 60.0), 365.0) if self.half_life_days is None else self.half_life_days


@dataclass(frozen=True)
class Window:
    """What was known at `cut`: open deals on their days, and the same with horizons and labels.

    `spine` has row (its place in `matrix`), deal_id, as_of, stage, age_days. `rows` repeats it with horizon_end,
    horizon_days and label, `values` and `weight` go with `rows`. The calibration's rows begin at `middle`.
    """

    matrix: pd.DataFrame
    spine: pl.DataFrame
    rows: pl.DataFrame
    encoding: Encoding
    values: np.ndarray
    weight: np.ndarray
    half_life_days: float
    history: History
    cut: dt.datetime
    middle: dt.datetime
    long_days: int

    def with_half_life(self, days: float) -> Window:
        """The same rows, a row whose horizon ended `days` before the cut counting half."""
        return replace(self, weight=recency(self.rows, self.cut, days), half_life_days=days)

    @property
    def earlier(self) -> np.ndarray:
        """Rows whose horizon had ended by the middle."""
        return (self.rows["horizon_end"] <= self.middle).to_numpy()

    @property
    def later(self) -> np.ndarray:
        """Rows that begin at or after the middle."""
        return (self.rows["as_of"] >= self.middle).to_numpy()

    def design(self, outcome: str, here: np.ndarray) -> Design:
        """The rows of `here` with what happened."""
        happened = (self.rows["label"] == outcome).to_numpy().astype(float)
        weight = self.weight[here]
        return Design(self.values[here], happened[here], weight / max(float(weight.mean()), 1e-12))

    def recent(self) -> pd.DataFrame:
        """The open deals from the middle on (all where there are none), thinned to a few thousand rows."""
        chosen = self.spine.filter(pl.col("as_of") >= self.middle)
        rows = (chosen if chosen.height else self.spine)["row"].to_numpy()
        return self.matrix.iloc[rows[np.unique(np.linspace(0, len(rows) - 1, _TYPICAL_ROWS).astype(int))]]


@dataclass(frozen=True)
class Fitted:
    """An outcome's booster, grown from all rows, with its calibration; and its number of trees."""

    kept: Outcome
    rounds: int


def fit_deal_model(matrix: pd.DataFrame, history: History, cut: dt.datetime, options: FitOptions) -> DealModel:
    """The model that could have been trained at `cut` (naive UTC) with labelled rows of wins and of losses.

    `matrix` may hold later rows and `history` later facts; neither is looked at. Its rows are open deals on days.
    """
    return fit_window(window_at(matrix, history, cut, options), options)


def fit_window(window: Window, options: FitOptions) -> DealModel:
    """The model of a window, which must hold rows won and rows lost."""
    # One thread each: LightGBM's own threads spin while they wait, which is slower where cores are shared.
    with ThreadPoolExecutor(max_workers=2) as pool:
        win, lose = pool.map(lambda outcome: _fit_outcome(window, outcome, options), (WON, LOST))
    model = DealModel(
        trained_as_of=window.cut,
        settings=window.history.settings,
        encoding=window.encoding,
        win=win.kept,
        lose=lose.kept,
        long_days=window.long_days,
        longest_days=_longest_days(window),
        baselines=_baselines(window, win.kept),
        reference=HealthReference({}, {}),
        feature_version=feature_version(window.history.settings.feature_fields),
        facts=_facts(window, win, lose, options),
    )
    return _with_reference(model, window)


def window_at(matrix: pd.DataFrame, history: History, cut: dt.datetime, options: FitOptions) -> Window:
    """The rows of `matrix` from before `cut` with sampled horizons that had ended by it, and their labels."""
    spine = thin(spine_of(matrix).filter(pl.col("as_of") < cut), options.sampling.most_rows)
    long_days = long_horizon_days(spine, cut)
    sampled = sample_horizons(spine, cut, history.settings, long_days, options.sampling)
    rows = outcomes_by(history, sampled, cut)
    encoding = learn_encoding(matrix.iloc[spine["row"].to_numpy()])
    place = rows["row"].to_numpy()
    own = matrix.iloc[place][[name for name in ("days_to_close_date",) if name in matrix.columns]]
    encoded = np.full((len(matrix), len(encoding.names)), np.nan)
    encoded[spine["row"].to_numpy()] = encoding.encode(matrix.iloc[spine["row"].to_numpy()])
    values = values_at(own, encoded[place], rows["horizon_days"].to_numpy(), history.settings)
    first = spine["as_of"].min() if spine.height else cut
    middle = calibration_start(first, cut)  # type: ignore[arg-type]
    half_life = options.half_life((cut - first) / DAY)  # type: ignore[operator]
    weight = recency(rows, cut, half_life)
    return Window(matrix, spine, rows, encoding, values, weight, half_life, history, cut, middle, long_days)


def recency(rows: pl.DataFrame, cut: dt.datetime, half_life_days: float) -> np.ndarray:
    """Recent outcomes weigh more: age counts from the horizon's end, so a long horizon is not old for being long."""
    age = (pl.lit(cut) - pl.col("horizon_end")).dt.total_seconds() / 86_400
    return rows.select((0.5 ** (age / half_life_days)).alias("weight"))["weight"].to_numpy()


def _fit_outcome(window: Window, outcome: str, options: FitOptions) -> Fitted:
    everything = window.design(outcome, np.ones(window.rows.height, bool))
    earlier, later = window.design(outcome, window.earlier), window.design(outcome, window.later)
    if not (enough(earlier) and enough(later)):
        kept = Outcome(fit_booster(everything, window.encoding, options.boost, _PLAIN_ROUNDS), Calibration())
        return Fitted(kept, _PLAIN_ROUNDS)
    booster, best = fit_with_rounds(earlier, later, window.encoding, options.boost)
    calibration = _calibrated(margins(booster, later.values), later, window.rows.filter(pl.Series(window.later)))
    more = (len(everything.happened) / len(earlier.happened)) ** 0.5
    rounds = max(round(best * more), _LEAST_ROUNDS)
    grown = fit_booster(everything, window.encoding, options.boost, rounds)
    return Fitted(Outcome(grown, calibration.halfway()), rounds)


def _calibrated(margin: np.ndarray, later: Design, rows: pl.DataFrame) -> Calibration:
    """The calibration of margins to what came of `rows`, common to all stages and then by stage."""
    resolved = rows.select("deal_id", "as_of").n_unique()
    found = fit_calibration(margin, later.happened, later.weight, resolved)
    stages, deals = rows["stage"].to_numpy(), rows["deal_id"].to_numpy()
    return with_steps(found, margin, later.happened, later.weight, stages, deals)


def enough(design: Design) -> bool:
    """Whether rows suffice to choose a number of trees or a calibration by."""
    return len(design.happened) >= LEAST_ROWS and 0 < design.happened.mean() < 1


def _longest_days(window: Window) -> float:
    longest = window.rows["horizon_days"].max()
    return max(float(longest) if isinstance(longest, float) else 0.0, float(window.long_days))


def _long_values(window: Window, recent: pd.DataFrame, days: float) -> np.ndarray:
    encoded = window.encoding.encode(recent)
    return values_at(recent, encoded, np.full(len(recent), days), window.history.settings)


def _baselines(window: Window, win: Outcome) -> StageBaselines:
    recent = window.recent()
    return stage_baselines(win.contributions(_long_values(window, recent, window.long_days)), stages_of(recent))


def _with_reference(model: DealModel, window: Window) -> DealModel:
    """With what the model says of past open deals; another model's level would call every deal ill or well."""
    recent = window.recent()
    chance = model.predict(recent, float(model.long_days))["win_probability"].to_numpy()
    return replace(model, reference=health_reference(chance, stages_of(recent), number_column(recent, "age_days")))


def _facts(window: Window, win: Fitted, lose: Fitted, options: FitOptions) -> dict[str, object]:
    labels = dict(window.rows["label"].value_counts().iter_rows())
    return {
        "rows": window.rows.height,
        "deals": window.rows["deal_id"].n_unique(),
        "rows_won": labels.get(WON, 0),
        "rows_lost": labels.get(LOST, 0),
        "first_as_of": str(window.spine["as_of"].min()),
        "last_horizon_end": str(window.rows["horizon_end"].max()),
        "calibration_from": str(window.middle),
        "calibration_rows": int(window.later.sum()),
        "calibration_win": win.kept.calibration.kind,
        "calibration_lose": lose.kept.calibration.kind,
        "rounds_win": win.rounds,
        "rounds_lose": lose.rounds,
        "features_used": len(window.encoding.names),
        "seed": options.boost.seed,
        "half_life_days": window.half_life_days,
        "trials": options.trials,
        **{name: getattr(options.boost, name) for name in SEARCHED},
    }
