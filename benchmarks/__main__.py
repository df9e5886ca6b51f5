"""`make bench`: every benchmark of speed and memory, one after the other, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NOT_OF_SPEED = {"__init__", "__main__", "results"}


def names() -> list[str]:
    """The modules that are run, in alphabetical order."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    return [name for name in found if name not in NOT_OF_SPEED and not name.startswith("_")]


def main() -> int:
    """Runs them; gives how many failed."""
    failed = 0
    for name in names():
        print(f"== benchmarks.{name}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
