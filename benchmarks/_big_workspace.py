"""A workspace of many open deals: one synthetic company, whose open deals are told again and again under other ids."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import polars as pl

from features.spine import open_spine
from history.importing import import_canonical
from history.record import History
from history.synthetic import Crm, generate, write_folder
from history.workspace import Workspace
from training.booster import BoostOptions
from training.bundle import save_bundle
from training.choice import fit_model
from training.fitting import FitOptions
from training.registry import Registry

OF_DEALS = ("deals", "deal_changes", "activities", "contacts")
IDS = ("deal_id", "activity_id")


def make_workspace(folder: Path, open_deals: int, base_deals: int = 1_500, seed: int = 7) -> Workspace:
    """The workspace in `folder`, made unless it is there; at least `open_deals` are open at its end."""
    workspace = Workspace(folder / "workspace")
    if (folder / "ready").is_file():
        return workspace
    crm = generate(base_deals, seed, clean=True)
    as_of = last_day(crm.history)
    names = open_spine(crm.history, [as_of])["deal_id"]
    tiles = -(-open_deals // len(names))
    whole = Crm(_tiled(crm.history, names, tiles), crm.truth)
    with tempfile.TemporaryDirectory(dir=folder) as export:
        write_folder(whole, Path(export))
        import_canonical(Path(export), workspace, allow_quarantine=True, imported_at=as_of)
    _train(workspace, crm.history, as_of)
    (folder / "ready").touch()
    return workspace


def last_day(history: History) -> dt.datetime:
    """The start of the day after the newest row."""
    newest = history["deal_changes"]["recorded_at"].max()
    assert isinstance(newest, dt.datetime)
    return history.settings.start_of(history.settings.day_of(newest) + dt.timedelta(days=1))


def _tiled(history: History, names: pl.Series, tiles: int) -> History:
    tables = {}
    for name in OF_DEALS:
        own = history[name].filter(pl.col("deal_id").is_in(names.implode()))
        more = [_renamed(own, tile) for tile in range(1, tiles)]
        tables[name] = pl.concat([history[name], *more], rechunk=True)
    return history.with_tables(**tables)


def _renamed(frame: pl.DataFrame, tile: int) -> pl.DataFrame:
    return frame.with_columns((pl.col(name) + f".{tile:03d}").alias(name) for name in IDS if name in frame.columns)


def _train(workspace: Workspace, history: History, as_of: dt.datetime) -> None:
    """A model of the usual size, from the company as it was before it was told again."""
    from training.backtest import training_matrix

    model, _ = fit_model(training_matrix(history, as_of), history, as_of, FitOptions(boost=BoostOptions(num_threads=1)))
    registry = Registry(workspace.path, workspace.store().workspace_id)
    with tempfile.TemporaryDirectory() as draft:
        bundle = save_bundle(model, Path(draft) / "bundle")
        version = registry.log(bundle, as_of, params={}, metrics={}, figures={}, tags={})
    registry.promote(version, by="benchmark", reason="the only one")
