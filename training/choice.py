"""Which kind of model a cut allows: the deal model, or the tables while few deals have been won and lost."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from history.record import History
from training.bundle import Model
from training.deal_model import DealModel
from training.fitting import FitOptions, Window, fit_window, window_at
from training.labels import LOST, WON
from training.small_data import fit_table_model, too_few


def fit_model(matrix: pd.DataFrame, history: History, cut: dt.datetime, options: FitOptions) -> tuple[Model, Window]:
    """The model that could have been trained at `cut` (naive UTC), and what it was trained on; never a refusal.

    A `DealModel` from 40 deals won and 40 lost whose rows can be learned from, else a `TableModel`.
    """
    window = window_at(matrix, history, cut, options)
    labels = set(window.rows["label"].unique())
    if too_few(history, cut) or not {WON, LOST} <= labels:
        return fit_table_model(matrix, history, cut), window
    if options.trials:
        # The search brings a library along that nothing else needs, so it is loaded where it is asked for.
        from training.tuning import tuned

        options = tuned(window, options)
        window = window.with_half_life(options.half_life(window.half_life_days))
    return fit_window(window, options), window


def kind_of(model: Model) -> str:
    """ "deal_model" or "tables"."""
    return "deal_model" if isinstance(model, DealModel) else "tables"
