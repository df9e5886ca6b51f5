"""A quarter's retraining from beginning to end: seconds of each step and the most memory, beside a champion.

Bar: 50,000 deals of three years within 15 minutes and 6 GB on 2 cores.

python -m benchmarks.retraining [--deals 50000]
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._tiled_crm import recorded_at_once, tiled
from features.matrix import build_matrix
from features.spine import open_spine
from history.record import History
from history.synthetic import generate
from serving.landings import landings
from training.bundle import save_bundle
from training.fitting import FitOptions, fit_deal_model
from training.registry import Registry
from training.retraining.journal import Journal
from training.retraining.plan import plan_of
from training.retraining.run import Place, Under, retrain

QUARTER, SEED = "2026Q2", 7
MINUTES, GIGABYTES = 15.0, 6.0
TILE_DEALS = 10_000


def company(deals: int) -> History:
    """A company of `deals` deals: one synthetic company, told again under other names until there are enough."""
    base = recorded_at_once(generate(min(deals, TILE_DEALS), SEED, clean=True).history)
    return tiled(base, -(-deals // TILE_DEALS))


def champion(history: History, registry: Registry, folder: Path) -> str:
    """A model of a quarter earlier, from monthly rows, registered and promoted."""
    as_of = history.settings.start_of(dt.date(2026, 4, 1))
    days = [as_of - dt.timedelta(days=28 * back) for back in range(18, 0, -1)]
    matrix = build_matrix(history, open_spine(history, days))
    bundle = save_bundle(fit_deal_model(matrix, history, as_of, FitOptions()), folder / "champion")
    version = registry.log(bundle, as_of, {}, {}, {}, {})
    registry.promote(version, "benchmark", "to be compared with")
    return version


def main(deals: int) -> int:
    """Prints a line per step and the verdict; gives 0 where the bar is met."""
    history = company(deals)
    rows = {name: history[name].height for name in ("deals", "deal_changes", "activities")}
    print(", ".join(f"{count:,} {name}" for name, count in rows.items()), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        place = Place(
            home / "workspace" / "retraining", home / "workspace" / "frozen", Registry(home / "workspace", "w")
        )
        plan = plan_of(QUARTER, history.settings, champion(history, place.registry, home))
        before, began = peak_gigabytes(), time.monotonic()

        def under(step: Under) -> None:
            print(f"{time.monotonic() - began:7.1f} s  {peak_gigabytes():5.2f} GB  {step.step.en}", flush=True)

        outcome = retrain(plan, place, lambda: history, landings, clock=time.monotonic, under=under)
        seconds = time.monotonic() - began
        for entry in Journal(outcome.folder).entries:
            print(f"| {entry.name} | {entry.seconds:.1f} s |")
    print(f"decision: {outcome.decision.why}")
    for result in outcome.gate:
        print(f"{result.code} {result.outcome}: {result.sentence}")
    print(f"whole: {seconds / 60:.1f} minutes, peak {peak_gigabytes():.2f} GB ({before:.2f} GB before it began)")
    return int(seconds / 60 > MINUTES or peak_gigabytes() > GIGABYTES)


def peak_gigabytes() -> float:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Time and memory of a retraining.")
    parser.add_argument("--deals", type=int, default=50_000)
    sys.exit(main(parser.parse_args().deals))
