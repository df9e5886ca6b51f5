"""How long one deal takes to score with reasons, in process, and how many deals are explained in a second.

Bars: one deal in under 15 ms (median, idle machine, history in memory); reasons at 3 times the speed of the faster of
LightGBM's own `predict(pred_contrib=True)` and `shap.TreeExplainer` on 10,000 deals, equal to 1e-4.

python -m benchmarks.scoring [--deals 3000] [--times 200]
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from features.matrix import Prepared, build_matrix, prepare
from features.spine import open_spine
from history.fiscal import quarter_of
from history.record import History
from history.synthetic import generate
from serving.posted import score_posted
from serving.schemas import DealIn
from serving.scoring import score_fully
from serving.standing import Standing
from training.backtest import training_matrix
from training.booster import contributions
from training.choice import fit_model
from training.deal_model import DealModel
from training.fitting import FitOptions
from training.registry import Registry

AS_OF = dt.datetime(2026, 4, 30, 16)
EXPLAINED = 10_000
PARTS = {"deal_changes": "changes", "activities": "activities", "contacts": "contacts"}


def trained(history: History) -> DealModel:
    """A model trained on what was known at the as-of date."""
    model, _ = fit_model(training_matrix(history, AS_OF), history, AS_OF, FitOptions())
    if not isinstance(model, DealModel):
        raise SystemExit(f"too few closed deals for a model: {type(model).__name__}. Ask for more --deals.")
    return model


def milliseconds(work: Callable[[int], object], times: int) -> np.ndarray:
    """How long `work` took, each of several times, in milliseconds."""
    work(0)
    took = np.empty(times)
    for turn in range(times):
        begun = time.perf_counter()
        work(turn)
        took[turn] = (time.perf_counter() - begun) * 1e3
    return took


def posted(history: History, deal_id: str) -> DealIn:
    """A deal of the history as a request would send it."""
    rows = {name: history[name].filter(pl.col("deal_id") == deal_id).drop("deal_id") for name in PARTS}
    told = {part: rows[name].select(fields(DealIn, part, rows[name])).to_dicts() for name, part in PARTS.items()}
    deal = history["deals"].filter(pl.col("deal_id") == deal_id).to_dicts()[0]
    sent = {**{key: deal[key] for key in deal if key in DealIn.model_fields}, **told}
    return DealIn.model_validate_json(json.dumps(sent, default=dt.datetime.isoformat))


def fields(model: type[DealIn], part: str, rows: pl.DataFrame) -> list[str]:
    kept = model.model_fields[part].annotation.__args__[0].model_fields  # type: ignore[union-attr]
    return [name for name in rows.columns if name in kept]


def one_deal(
    history: History, prepared: Prepared, model: DealModel, spine: pl.DataFrame, times: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Milliseconds by part for a deal of the workspace, then for one sent in a request."""
    horizon = history.settings.start_of(quarter_of(history.settings.day_of(AS_OF), history.settings).end_day)
    days = np.array([(horizon - AS_OF) / dt.timedelta(days=1)])
    places = [turn % spine.height for turn in range(times)]
    matrices = [build_matrix(prepared, spine[place : place + 1], threads=1) for place in places]

    def all_of_it(turn: int) -> None:
        matrix = build_matrix(prepared, spine[places[turn] : places[turn] + 1], threads=1)
        chance = model.predict(matrix, days)
        model.explain(matrix).top(0, 5)
        model.health(matrix, chance["win_probability"].to_numpy())

    yield (
        "features of one deal",
        milliseconds(lambda t: build_matrix(prepared, spine[places[t] : places[t] + 1], 1), times),
    )
    yield "chances", milliseconds(lambda turn: model.predict(matrices[turn], days), times)
    yield "reasons", milliseconds(lambda turn: model.explain(matrices[turn]).top(0, 5), times)
    yield "**one deal, scored with reasons**", milliseconds(all_of_it, times)
    sent = [posted(history, spine["deal_id"][place]) for place in places]
    with tempfile.TemporaryDirectory() as scratch:
        scored = score_fully(history, model, AS_OF, horizon, prepared=prepared)
        standing = Standing(history, prepared, Registry(Path(scratch), "bench"), model, AS_OF, horizon, scored)
        posting = milliseconds(lambda turn: score_posted(standing, [sent[turn]], AS_OF, horizon), times)
    yield "**one deal sent in a request, scored with reasons**", posting


def explaining(model: DealModel, matrix: pd.DataFrame) -> Iterator[tuple[str, float, float]]:
    """Name, deals a second and largest difference from ours, for each way to explain the same margins."""
    many = matrix.iloc[np.arange(EXPLAINED) % len(matrix)]
    values = model._values(many, [np.full(len(many), float(model.long_days))])[0]
    ours = model.win.contributions(values)
    ways: dict[str, Callable[[], np.ndarray]] = {
        "ours": lambda: model.win.contributions(values),
        "LightGBM pred_contrib": lambda: contributions(model.win.booster, values, 1),
    }
    if importlib.util.find_spec("shap"):
        import shap

        explainer = shap.TreeExplainer(model.win.booster)
        ways["shap.TreeExplainer"] = lambda: np.asarray(explainer.shap_values(values))
    for name, way in ways.items():
        begun = time.perf_counter()
        found = way()
        took = time.perf_counter() - begun
        width = min(found.shape[1], ours.shape[1] - 1)
        yield name, EXPLAINED / took, float(np.abs(found[:, :width] - ours[:, :width]).max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--deals", type=int, default=3_000)
    parser.add_argument("--times", type=int, default=200)
    given = parser.parse_args()
    history = generate(given.deals, 7).history
    model, prepared = trained(history), prepare(history)
    spine = open_spine(history, [AS_OF])
    print(f"{given.deals:,} deals, {spine.height} open; {given.times} times each")
    print("| part | median ms | 90th percentile ms |\n|---|---|---|")
    for name, took in one_deal(history, prepared, model, spine, given.times):
        print(f"| {name} | {np.median(took):.1f} | {np.quantile(took, 0.9):.1f} |", flush=True)
    print(f"\n| reasons of {EXPLAINED:,} deals, one thread | deals a second | furthest from ours |\n|---|---|---|")
    for name, speed, apart in explaining(model, build_matrix(prepared, spine)):
        print(f"| {name} | {speed:,.0f} | {apart:.1e} |", flush=True)
    if not importlib.util.find_spec("shap"):
        print("shap is not installed here, so shap.TreeExplainer is not measured.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
