"""Kills a retraining at random moments and lets it go on, then holds what is left against an undisturbed one.

Bar: after 20 kills the same bytes in every step, one version registered, no run left over.

python -m benchmarks.retraining_kills [--kills 20] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from history.record import History
from history.synthetic import generate
from serving.landings import landings, learned
from training.booster import BoostOptions
from training.fitting import FitOptions
from training.registry import Registry
from training.retraining.journal import Journal
from training.retraining.plan import plan_of
from training.retraining.run import Outcome, Place, retrain
from training.splits import Sampling

QUARTER = "2026Q1"
OPTIONS = FitOptions(boost=BoostOptions(most_rounds=20, num_leaves=5), sampling=Sampling(most_rows=2_000))
UNLIKE = ("register",)
"""Steps that tell the number of the version, which is the same here only by chance."""


def company() -> History:
    """The company that is retrained, the same in every process."""
    return generate(260, seed=5).history


def run(home: Path) -> Outcome:
    """The retraining in `home`, or what is left of it."""
    history, workspace = company(), home / "workspace"
    place = Place(workspace / "retraining", workspace / "frozen", Registry(workspace, "w"))
    return retrain(
        plan_of(QUARTER, history.settings, None, OPTIONS, replayed=1), place, lambda: history, landings, learned
    )


def begun(home: Path) -> subprocess.Popen[bytes]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.retraining_kills", "--home", str(home)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def steps_left(home: Path) -> dict[str, str]:
    """The hash of what each finished step has left."""
    entries = Journal(home / "workspace" / "retraining" / QUARTER).entries
    return {entry.name: entry.content for entry in entries if entry.name not in UNLIKE}


def killed(home: Path, kills: int, longest: float, chance: random.Random) -> int:
    """Kills the retraining in `home` up to `kills` times, each time after it has run for a while; gives how often."""
    done = 0
    while done < kills:
        running = begun(home)
        time.sleep(chance.uniform(0.0, longest))
        if running.poll() is not None:
            break
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        done += 1
        print(f"killed {done} times, {len(steps_left(home))} steps finished", flush=True)
    if running.poll() is None or running.returncode != 0:
        begun(home).wait()
    return done


def main(kills: int, seed: int) -> int:
    """Prints what was found; gives 0 where the bar is met."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = Path(folder) / "whole", Path(folder) / "broken"
        began = time.monotonic()
        begun(whole).wait()
        taken, total, wrong = time.monotonic() - began, 0, 0
        while total < kills:
            shutil.rmtree(broken, ignore_errors=True)
            total += killed(broken, kills - total, taken / 2, chance)
            registry = Registry(broken / "workspace", "w")
            same = steps_left(broken) == steps_left(whole)
            alone = len(registry.versions()) == 1 and registry.sweep(QUARTER) == 0
            wrong += not (same and alone)
            print(f"after {total} kills: {'the same' if same else 'NOT THE SAME'}, {len(registry.versions())} version")
    print(f"{total} kills in all, {wrong} times not the same; undisturbed {taken:.0f} s")
    return int(wrong > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill a retraining at random moments.")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.home is not None:
        run(given.home)
        sys.exit(0)
    sys.exit(main(given.kills, given.seed))
