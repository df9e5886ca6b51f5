"""Replay: for each past day, train on what was known by then, score the deals open that day, and see what came.

The model and every baseline answer the same question of the same rows: will this deal be won before the horizon?
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import polars as pl

from features.matrix import build_matrix
from features.spine import open_spine
from history.errors import NoHistory
from history.fiscal import bounds, period_of
from history.record import History
from history.settings import Settings
from training.baselines import GATE, fit_baselines, stage_table
from training.bundle import Model
from training.calibration import reliability, slope_and_intercept
from training.choice import fit_model, kind_of
from training.fitting import FitOptions, Window
from training.frames import spine_of
from training.labels import WON, outcomes_by
from training.metrics import Metrics, Score, compare, log_loss_gain, measure
from training.rivals.rival import HorizonOf, Rival
from training.splits import weekly_instants, with_horizon_days

Say = Callable[[str], object]
Fit = Callable[[pd.DataFrame, History, dt.datetime, FitOptions], tuple[Model, Window]]
"""Trains the model that could have been trained at a cut, as `training.choice.fit_model` does."""
MODEL = "model"
SHORT_HISTORY_DAYS = 200
_KEYS = ("deal_id", "as_of", "stage", "horizon_end", "horizon_days", "cut", "label")


@dataclass(frozen=True)
class Replay:
    """What was said of each open deal on each day, and what came.

    `rows`: deal_id, as_of, stage, horizon_end, horizon_days, cut (when the model was trained), label, then the chance
    to be won by the horizon from "model" and from each baseline. `fits`: one entry per cut, what was trained there.
    `settings` say on which days the instants fall.
    """

    rows: pl.DataFrame
    question: str
    fits: Sequence[dict[str, object]] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)

    @property
    def forecasts(self) -> list[str]:
        """The names of the forecast columns, the model first."""
        return [name for name in self.rows.columns if name not in _KEYS]

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """The first and the last day asked, in the workspace's time zone."""
        asked = self.rows["as_of"].sort()
        return self.settings.day_of(asked[0]), self.settings.day_of(asked[-1])

    @property
    def won(self) -> np.ndarray:
        """1 where the deal was won before its horizon, else 0."""
        return (self.rows["label"] == WON).to_numpy().astype(float)

    def metrics(self, seed: int = 0) -> dict[str, Metrics]:
        """Metrics of every forecast, with intervals from resampling deals."""
        chances = {name: self.rows[name].to_numpy() for name in self.forecasts}
        return compare(chances, self.won, self.rows["deal_id"].to_numpy(), seed)

    def metrics_of(self, name: str, seed: int = 0) -> Metrics:
        """Metrics of one forecast, the same as among all."""
        return measure(self.rows[name].to_numpy(), self.won, self.rows["deal_id"].to_numpy(), seed)

    def gain_over(self, other: str = GATE, seed: int = 0) -> Score:
        """By how much the model's log loss is smaller than that of another forecast; above 0 is better."""
        model, rival = self.rows[MODEL].to_numpy(), self.rows[other].to_numpy()
        return log_loss_gain(model, rival, self.won, self.rows["deal_id"].to_numpy(), seed)

    def slope_and_intercept(self) -> tuple[float, float]:
        """The model's calibration slope and intercept; 1 and 0 are perfect."""
        return slope_and_intercept(self.rows[MODEL].to_numpy(), self.won)

    def reliability(self, by: str = "stage") -> pl.DataFrame:
        """Shown against came, with counts, by bins of the model's chance within each value of column `by`."""
        deal = self.rows["deal_id"].to_numpy()
        return reliability(self.rows[MODEL].to_numpy(), self.won, self.rows[by].to_numpy(), deal)


def backtest(
    history: History,
    dates: Sequence[dt.datetime],
    horizon_of: HorizonOf,
    refit: str = "quarter",
    question: str = "won before the horizon",
    options: FitOptions | None = None,
    seen_until: dt.datetime | None = None,
    say: Say | None = None,
    rivals: Mapping[str, Rival] | None = None,
    fit: Fit = fit_model,
) -> Replay:
    """Replays `dates` (naive UTC instants).

    `horizon_of(date)` is the exclusive end of the horizon asked on that date. `refit` says when models are trained
    anew: "every" date, or at the start of each date's "month" or "quarter". Rows whose horizon had not ended by
    `seen_until` (the end of the last day on record) are left out. Each of `rivals` is fitted at the same cuts and adds
    a column of its name. `fit` trains the model of a cut. Raises `NoHistory` when no date has an open deal whose
    horizon has been seen.
    """
    options, say = options or FitOptions(), say or (lambda _: None)
    until = seen_until or last_day_end(history)
    asked = [date for date in sorted(set(dates)) if horizon_of(date) <= until]
    spine = open_spine(history, asked) if asked else pl.DataFrame()
    if spine.is_empty():
        raise NoHistory(
            f"no deal was open on any of the {len(dates)} dates with a horizon that had ended at the start of "
            f"{history.settings.day_of(until)}; expected dates within the history. Give other dates or a shorter "
            "horizon."
        )
    say("computing features")
    cuts = by_cut(asked, refit, history.settings)
    learned = _learned(history, list(cuts))
    matrix = build_matrix(history, spine)
    ends = pl.DataFrame({"as_of": asked, "horizon_end": [horizon_of(date) for date in asked]})
    ends = ends.with_columns(pl.col("as_of", "horizon_end").cast(pl.Datetime("us")))
    rows = with_horizon_days(spine_of(matrix).join(ends, on="as_of", how="left", maintain_order="left"))
    parts, fits = [], []
    for cut, days in cuts.items():
        say(f"training on what was known on {history.settings.day_of(cut)}")
        asked_then = rows.filter(pl.col("as_of").is_in(days))
        model, window = fit(learned[_step_days(history, cut)], history, cut, options)
        said, told = _said(model, window, matrix, asked_then, rivals or {}, horizon_of)
        parts.append(said)
        fits.append(told)
    labelled = outcomes_by(history, pl.concat(parts), until).drop("closed_at", "outcome", "row", "age_days")
    forecasts = [name for name in labelled.columns if name not in _KEYS]
    return Replay(labelled.select(*_KEYS, *forecasts).sort("as_of", "deal_id"), question, fits, history.settings)


def training_matrix(history: History, until: dt.datetime) -> pd.DataFrame:
    """Features of all deals open on evenly spaced days before `until`; what models at any earlier cut learn from.

    The days are a week apart; in a history shorter than SHORT_HISTORY_DAYS two days apart, since there every outcome
    has been seen from few days.
    """
    first = history.first_recorded
    if first is None:
        return build_matrix(history, open_spine(history, []))
    days = weekly_instants(first, until, history.settings, _step_days(history, until))
    return build_matrix(history, open_spine(history, days))


def _step_days(history: History, cut: dt.datetime) -> int:
    first = history.first_recorded
    return 2 if first is not None and cut - first < dt.timedelta(days=SHORT_HISTORY_DAYS) else 7


def _learned(history: History, cuts: Sequence[dt.datetime]) -> dict[int, pd.DataFrame]:
    """What each cut learns from by the step of its days: the same as when it is the last day there is."""
    last = {_step_days(history, cut): cut for cut in sorted(cuts)}
    return {step_days: training_matrix(history, cut) for step_days, cut in last.items()}


def last_day_end(history: History) -> dt.datetime:
    """The end (UTC) of the last local day on which anything was recorded of a deal."""
    last = history["deal_changes"]["recorded_at"].max()
    if not isinstance(last, dt.datetime):
        raise NoHistory("the history holds no change of any deal; expected at least one. Import data first.")
    return history.settings.start_of(history.settings.day_of(last) + dt.timedelta(days=1))


def by_cut(dates: Sequence[dt.datetime], refit: str, settings: Settings) -> dict[dt.datetime, list[dt.datetime]]:
    """The dates by the instant at which their model is trained.

    >>> days = [dt.datetime(2026, 1, 8), dt.datetime(2026, 2, 5)]
    >>> {f"{cut:%m-%d}": len(of) for cut, of in by_cut(days, "quarter", Settings()).items()}
    {'01-01': 2}
    """
    cuts: dict[dt.datetime, list[dt.datetime]] = {}
    for date in dates:
        cut = date if refit == "every" else bounds(period_of(settings.day_of(date), settings, refit), settings)[0]
        cuts.setdefault(cut, []).append(date)
    return cuts


def period_end(settings: Settings, cadence: str) -> HorizonOf:
    """The end (UTC, exclusive) of the "month" or "quarter" that holds a date."""
    return lambda date: bounds(period_of(settings.day_of(date), settings, cadence), settings)[1]


def days_ahead(days: int) -> HorizonOf:
    """A fixed number of days after a date."""
    return lambda date: date + dt.timedelta(days=days)


def _said(
    model: Model,
    window: Window,
    matrix: pd.DataFrame,
    rows: pl.DataFrame,
    rivals: Mapping[str, Rival],
    horizon_of: HorizonOf,
) -> tuple[pl.DataFrame, dict[str, object]]:
    cut = window.cut
    here, days = matrix.iloc[rows["row"].to_numpy()], rows["horizon_days"].to_numpy()
    chances = {MODEL: model.predict(here, days)["win_by_horizon"].to_numpy()}
    chances |= {name: chance(here, days) for name, chance in fit_baselines(window).items()}
    nothing = stage_table(window, by_age=True)
    fitted_rivals = {name: fit(window, horizon_of) if window.rows.height else nothing for name, fit in rivals.items()}
    chances |= {name: chance(here, days) for name, chance in fitted_rivals.items()}
    columns = [pl.Series(name, values, dtype=pl.Float64) for name, values in chances.items()]
    fitted = {"cut": cut.isoformat(), "kind": kind_of(model), "long_days": model.long_days, **model.facts}
    return rows.with_columns(*columns, cut=pl.lit(cut).cast(pl.Datetime("us"))), fitted
