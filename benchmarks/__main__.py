"""`make bench`: every benchmark of speed and memory, one after the other, each in a process of its own.

What they print becomes docs/speed.md. `--folder` keeps the CRMs of benchmarks.features, which take minutes to write.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks._page import PAGE, machine, page

OF_SPEED = {
    "features": "Features",
    "scoring": "One deal, and reasons",
    "attainment": "Forecasts",
    "people": "Performance sheets",
    "importing": "Import",
}
"""The benchmarks and their titles, in the order of the page; the other modules measure how good a model is."""


def what(name: str) -> str:
    """The sentence that a benchmark begins with."""
    return (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8").split('"""')[1].splitlines()[0]


def run(name: str, options: list[str]) -> str | None:
    """What a benchmark printed, shown as well; None where it failed."""
    print(f"== benchmarks.{name}", flush=True)
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], stdout=subprocess.PIPE, text=True)
    print(done.stdout, flush=True)
    return done.stdout if done.returncode == 0 else None


def main() -> int:
    """Runs them and writes the page if none failed; gives how many did."""
    parser = argparse.ArgumentParser(description="Measure speed and memory, and write docs/speed.md.")
    parser.add_argument("--folder", help="where the CRMs of benchmarks.features are kept")
    folder = parser.parse_args().folder
    about = machine()
    found = {name: run(name, ["--folder", folder] if folder and name == "features" else []) for name in OF_SPEED}
    failed = [name for name, text in found.items() if text is None]
    if not failed:
        PAGE.write_text(
            page(about, [(OF_SPEED[name], what(name), text or "") for name, text in found.items()]), encoding="utf-8"
        )
    print(f"failed: {', '.join(failed)}" if failed else f"{PAGE} written")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
