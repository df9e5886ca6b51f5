"""One small company and the models trained on it, made once for all tests of this folder."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pandas as pd
import pytest

from features.matrix import build_matrix
from features.spine import open_spine
from history.record import History
from history.synthetic import generate
from training.backtest import training_matrix
from training.booster import BoostOptions
from training.bundle import save_bundle
from training.deal_model import DealModel
from training.fitting import FitOptions, Window, fit_window, window_at
from training.registry import Registry
from training.small_data import TableModel, fit_table_model
from training.splits import Sampling

QUICK = FitOptions(boost=BoostOptions(most_rounds=60, num_leaves=7), sampling=Sampling(most_rows=3_000))


@pytest.fixture(scope="session")
def company() -> History:
    return generate(400, seed=5).history


@pytest.fixture(scope="session")
def cut(company: History) -> dt.datetime:
    return company.settings.start_of(dt.date(2026, 1, 1))


@pytest.fixture(scope="session")
def learned(company: History, cut: dt.datetime) -> pd.DataFrame:
    return training_matrix(company, cut)


@pytest.fixture(scope="session")
def window(learned: pd.DataFrame, company: History, cut: dt.datetime) -> Window:
    return window_at(learned, company, cut, QUICK)


@pytest.fixture(scope="session")
def model(window: Window) -> DealModel:
    return fit_window(window, QUICK)


@pytest.fixture(scope="session")
def tables(learned: pd.DataFrame, company: History, cut: dt.datetime) -> TableModel:
    return fit_table_model(learned, company, cut)


@pytest.fixture(scope="session")
def open_deals(company: History, cut: dt.datetime) -> pd.DataFrame:
    """The features of the deals open at the cut."""
    return build_matrix(company, open_spine(company, [cut]), threads=1)


@pytest.fixture
def bundle(model: DealModel, tmp_path: Path) -> Path:
    return save_bundle(model, tmp_path / "bundle")


@pytest.fixture(scope="session")
def made_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty registry's database, made once: making one takes seconds."""
    home = tmp_path_factory.mktemp("made")
    Registry(home / "workspace", "w1")._experiment()
    return home / "mlruns"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, made_database: Path) -> Path:
    """Where the workspace of a module's retrainings will lie, beside a database of models that holds none."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(made_database, home / "mlruns")
    return home


@pytest.fixture
def registry(tmp_path: Path, made_database: Path) -> Registry:
    shutil.copytree(made_database, tmp_path / "mlruns")
    return Registry(tmp_path / "workspace", "w1")


def logged(registry: Registry, bundle: Path, as_of: dt.datetime) -> str:
    """A version of the bundle, trained at `as_of`."""
    return registry.log(bundle, as_of, {"rows": 12}, {"model.auc": 0.8}, {}, {"content_hash": "abc"})
