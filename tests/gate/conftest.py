"""A small company with a model and the deals open on its day, made once for the checks that need real ones."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from features.matrix import build_matrix
from features.spine import open_spine
from history.as_of import known
from history.record import History
from history.synthetic import generate
from tests.training.conftest import QUICK
from training.backtest import training_matrix
from training.bundle import Model
from training.choice import fit_model


@pytest.fixture(scope="session")
def cut() -> dt.datetime:
    return dt.datetime(2025, 12, 31, 16)


@pytest.fixture(scope="session")
def past(cut: dt.datetime) -> History:
    return known(generate(400, seed=5).history, cut)


@pytest.fixture(scope="session")
def model(past: History, cut: dt.datetime) -> Model:
    return fit_model(training_matrix(past, cut), past, cut, QUICK)[0]


@pytest.fixture(scope="session")
def open_deals(past: History, cut: dt.datetime) -> pd.DataFrame:
    return build_matrix(past, open_spine(past, [cut]), threads=1)
