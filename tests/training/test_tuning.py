"""The search for settings stays inside the training window and never ends below where it began."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from history.as_of import known
from history.record import History
from tests.training.conftest import QUICK
from training.choice import fit_model
from training.deal_model import DealModel
from training.fitting import Window, window_at
from training.tuning import log_loss_of, tuned

SEARCH = replace(QUICK, trials=4)


def test_the_search_ends_no_worse_than_it_began(window: Window) -> None:
    found = tuned(window, SEARCH)
    assert log_loss_of(window, found) <= log_loss_of(window, QUICK)


def test_the_same_window_gives_the_same_settings(window: Window) -> None:
    assert tuned(window, SEARCH) == tuned(window, SEARCH)


def test_what_came_after_the_cut_does_not_move_the_search(
    company: History, learned: pd.DataFrame, window: Window
) -> None:
    past = window_at(learned, known(company, window.cut), window.cut, SEARCH)
    assert tuned(past, SEARCH) == tuned(window, SEARCH)


def test_a_window_too_small_to_judge_keeps_its_settings(window: Window) -> None:
    few = replace(window, rows=window.rows.head(50), values=window.values[:50], weight=window.weight[:50])
    assert tuned(few, SEARCH) == replace(SEARCH, half_life_days=window.half_life_days)


def test_a_model_tells_the_settings_that_were_found(company: History, learned: pd.DataFrame, window: Window) -> None:
    model, _ = fit_model(learned, company, window.cut, SEARCH)
    found = tuned(window, SEARCH)
    assert isinstance(model, DealModel)
    assert model.facts["num_leaves"] == found.boost.num_leaves
    assert model.facts["half_life_days"] == found.half_life_days
    assert model.facts["trials"] == 4
