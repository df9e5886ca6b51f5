"""A small company to retrain, in this process or in another one that may be killed."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from history.record import History
from history.synthetic import generate
from training.booster import BoostOptions
from training.fitting import FitOptions
from training.registry import Registry
from training.retraining.plan import Plan, plan_of
from training.retraining.run import Outcome, Place, retrain
from training.splits import Sampling

QUARTER = "2026Q1"
OPTIONS = FitOptions(boost=BoostOptions(most_rounds=20, num_leaves=5), sampling=Sampling(most_rows=2_000))


@cache
def company() -> History:
    return generate(260, seed=5).history


def place_at(home: Path) -> Place:
    """Where a workspace below `home` keeps its retrainings and models."""
    workspace = home / "workspace"
    return Place(workspace / "retraining", workspace / "frozen", Registry(workspace, "w1"))


def plan(quarter: str = QUARTER, champion: str | None = None) -> Plan:
    return plan_of(quarter, company().settings, champion, OPTIONS, replayed=1)


def retrained(home: Path, **more: object) -> Outcome:
    """The company's retraining, or what is left of it."""
    return retrain(plan(), place_at(home), company, **more)  # type: ignore[arg-type]


if __name__ == "__main__":
    retrained(Path(sys.argv[1]), under=lambda under: print(under.step.name, flush=True))
