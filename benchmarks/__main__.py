"""`make bench`: every benchmark of speed and memory, one after the other, each in a process of its own.

What they print becomes docs/speed.md. `--folder` keeps the CRMs of benchmarks.features, which take minutes to write.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks._page import PAGE, load, page, section, sections_of

OF_SPEED = {
    "features": "Features",
    "scoring": "One deal, and reasons",
    "attainment": "Forecasts",
    "service": "The service",
    "people": "Performance sheets",
    "importing": "Import",
    "retraining": "Retraining",
    "rollback": "Rollback",
    "soak": "Mixed load",
    "kill": "Killed at work",
}
"""The benchmarks and their titles, in the order of the page; the other modules measure how good a model is."""


def what(name: str) -> str:
    """The sentence that a benchmark begins with, on one line."""
    text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return " ".join(text.split('"""')[1].split("\n\n")[0].split())


def run(name: str, options: list[str]) -> str | None:
    """The section of a benchmark, which is shown as well; None where it failed."""
    print(f"== benchmarks.{name}", flush=True)
    busy = load()
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], stdout=subprocess.PIPE, text=True)
    print(done.stdout, flush=True)
    return section(OF_SPEED[name], f"{what(name)} {busy}", done.stdout) if done.returncode == 0 else None


def main() -> int:
    """Runs all of them or those named, and writes their sections; gives how many failed."""
    parser = argparse.ArgumentParser(description="Measure speed and memory, and write docs/speed.md.")
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(OF_SPEED)}; the others' sections stay")
    parser.add_argument("--folder", help="where the CRMs of benchmarks.features and benchmarks.retraining are kept")
    parser.add_argument("--deals", help="open deals of benchmarks.service; 50,000 if left out")
    given = parser.parse_args()
    options = {
        "features": ["--folder", given.folder] if given.folder else [],
        "retraining": ["--folder", str(Path(given.folder) / "retraining")] if given.folder else [],
        "service": ["--deals", given.deals] if given.deals else [],
    }
    found = {name: run(name, options.get(name, [])) for name in given.names or OF_SPEED}
    failed = [name for name, text in found.items() if text is None]
    if not failed:
        sections = sections_of(PAGE) | {OF_SPEED[name]: text for name, text in found.items() if text}
        PAGE.write_text(page(sections[title] for title in OF_SPEED.values() if title in sections), encoding="utf-8")
    print(f"failed: {', '.join(failed)}" if failed else f"{PAGE} written")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
