"""How often watching raises an alarm where nothing changes: synthetic CRMs of many seeds. The bar: quiet in 19 of 20.

`python -m benchmarks.false_alarms --seeds 20 --deals 400` prints a line per seed and the share that stayed quiet.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence

from history.synthetic import generate
from training.backtest import training_matrix
from training.choice import fit_model
from training.fitting import FitOptions
from training.watching.watch import Watch, watch

TRAINED, AS_OF = dt.date(2026, 1, 1), dt.date(2026, 5, 15)
QUIET_SHARE = 0.95


def main(arguments: Sequence[str]) -> int:
    """Watches one CRM per seed; 1 where fewer stayed quiet than asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--deals", type=int, default=400)
    asked = parser.parse_args(arguments)
    quiet = 0
    for seed in range(1, asked.seeds + 1):
        found = watched(asked.deals, seed)
        quiet += not found.crossed
        print(f"seed {seed}: {len(found.readings)} figures; {told(found)}", flush=True)
    print(f"quiet in {quiet} of {asked.seeds}")
    return int(quiet < QUIET_SHARE * asked.seeds)


def watched(deals: int, seed: int) -> Watch:
    """What watching says of a CRM, with a model trained four and a half months before."""
    history = generate(deals, seed).history
    cut, as_of = (history.settings.start_of(day) for day in (TRAINED, AS_OF))
    model, _ = fit_model(training_matrix(history, cut), history, cut, FitOptions())
    return watch(history, model, as_of)


def told(found: Watch) -> str:
    """The alarms in words."""
    return "; ".join(one.en for one in found.crossed) or "quiet"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
