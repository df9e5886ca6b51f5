"""How long a quarter's retraining takes and how much memory: `dealcast retrain` itself, beside a champion.

Bar: 50,000 deals of three years, with 600,000 changes and 1.2 million touches, within 15 minutes and 6 GB on 2 cores.

The company has some more deals than that, so that it has as many touches.

python -m benchmarks.retraining [--deals 58000]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks._page import table_of_verdicts, verdict
from benchmarks._tiled_crm import recorded_at_once, tiled
from features.matrix import build_matrix
from features.spine import open_spine
from history.importing import import_canonical
from history.record import History
from history.synthetic import Crm, generate, write_folder
from history.workspace import Workspace
from training.bundle import save_bundle
from training.fitting import FitOptions, fit_deal_model
from training.registry import Registry
from training.retraining.journal import Journal

QUARTER, SEED = "2026Q2", 7
END, BEFORE = dt.date(2026, 7, 1), dt.date(2026, 4, 1)
MINUTES, GIGABYTES = 15.0, 6.0
DEALS, MOST_TOLD_ONCE = 58_000, 10_000
HOLDS = "holds.json"
NOT_PROMOTED = 26
UNDER = re.compile(r"^ *(\d+\.\d) s +\[(\d+)/(\d+)\] (.*?)(?: · (.*))?$")


@dataclass(frozen=True)
class Line:
    """A line of progress: seconds since the beginning, the step, and what it says of the time left."""

    seconds: float
    step: str
    left: str


@dataclass(frozen=True)
class Ran:
    """A run of the verb: its seconds, the most memory it held, its processor seconds, and its lines of progress."""

    seconds: float
    gigabytes: float
    processor: float
    lines: list[Line]


def company(deals: int) -> Crm:
    """A company of `deals` deals: one synthetic company, told again under other names until there are enough."""
    tiles = -(-deals // MOST_TOLD_ONCE)
    made = generate(-(-deals // tiles), SEED, clean=True)
    return Crm(tiled(recorded_at_once(made.history), tiles), {}, made.settings_toml)


def workspace_of(crm: Crm, folder: Path) -> Workspace:
    """The company imported into a workspace, with a champion trained on what was known a quarter earlier."""
    workspace = Workspace(folder / "workspace")
    with tempfile.TemporaryDirectory(dir=folder) as export:
        write_folder(crm, Path(export))
        import_canonical(Path(export), workspace, imported_at=crm.history.settings.start_of(END))
    crown(crm.history, Registry(workspace.path, workspace.store().workspace_id), folder)
    return workspace


def crown(history: History, registry: Registry, folder: Path) -> None:
    """Registers and promotes a model of a quarter earlier, from monthly rows."""
    as_of = history.settings.start_of(BEFORE)
    days = [as_of - dt.timedelta(days=28 * back) for back in range(18, 0, -1)]
    model = fit_deal_model(build_matrix(history, open_spine(history, days)), history, as_of, FitOptions())
    version = registry.log(save_bundle(model, folder / "champion"), as_of, {}, {}, {}, {})
    registry.promote(version, "benchmark", "to be compared with")


def ran(workspace: Path) -> Ran:
    """`dealcast retrain`, from its start to its end, with its progress shown as it comes."""
    command = [sys.executable, "-m", "cli", "retrain", "--quarter", QUARTER, "--workspace", str(workspace)]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    lines: list[Line] = []
    reading = threading.Thread(target=lambda: lines.extend(read(process)))
    reading.start()
    _, status, used = os.wait4(process.pid, 0)
    reading.join()
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, NOT_PROMOTED):
        raise SystemExit(f"dealcast retrain left with code {code}")
    return Ran(time.monotonic() - began, used.ru_maxrss / 1024**2, used.ru_utime + used.ru_stime, lines)


def read(process: subprocess.Popen[str]) -> Iterator[Line]:
    """The lines of progress; everything is passed on to standard error."""
    for text in process.stderr or ():
        print(text, end="", file=sys.stderr, flush=True)
        if found := UNDER.match(text):
            yield Line(float(found[1]), found[4], found[5] or "")


def told(rows: Mapping[str, int], done: Ran, journal: Journal) -> Iterator[str]:
    """The page's section, line by line; `rows` of each table."""
    yield f"{rows['deals']:,} deals, {rows['deal_changes']:,} changes and {rows['activities']:,} touches of three"
    yield "years in a workspace of the default kind (SQLite), beside a champion of the quarter before; n = 1."
    yield ""
    yield "| step | seconds |"
    yield "|---|---|"
    for entry in journal.entries:
        yield f"| {entry.name} | {entry.seconds:.1f} |"
    besides = done.seconds - sum(entry.seconds for entry in journal.entries)
    yield f"| start, reading the store, and all else | {besides:.1f} |"
    yield ""
    yield from left(done)
    yield ""
    yield from table_of_verdicts(
        [
            verdict(f"minutes, {MINUTES:.0f} or less", done.seconds / 60, done.seconds / 60 <= MINUTES),
            verdict(f"peak GB, {GIGABYTES:.0f} or less", done.gigabytes, done.gigabytes <= GIGABYTES),
        ]
    )
    yield ""
    yield f"Processor seconds on both cores: {done.processor:,.0f}."


def left(done: Ran) -> Iterator[str]:
    """What was said of the time left, beside what was left."""
    yield "Time left as it was shown, beside what came:"
    yield ""
    yield "| after s | step begun | shown | came, s |"
    yield "|---|---|---|---|"
    for line in done.lines:
        if line.left:
            yield f"| {line.seconds:.0f} | {line.step} | {line.left} | {done.lines[-1].seconds - line.seconds:.0f} |"


def prepared(folder: Path, deals: int) -> Path:
    """A folder with the workspace, its models and what it holds, made unless it is there."""
    if not (folder / HOLDS).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        crm = company(deals)
        workspace_of(crm, folder)
        rows = {name: crm.history[name].height for name in ("deals", "deal_changes", "activities")}
        (folder / HOLDS).write_text(json.dumps(rows), encoding="utf-8")
    return folder


def main(deals: int, folder: Path | None, only_prepare: bool) -> int:
    """Prints the section; gives 0 also where a bar is missed, which the section says."""
    with tempfile.TemporaryDirectory() as place:
        made = prepared(folder or Path(place) / "made", deals)
        if not only_prepare:
            copy = Path(shutil.copytree(made, Path(place) / "copy"))
            done = ran(copy / "workspace")
            journal = Journal(copy / "workspace" / "retraining" / QUARTER)
            print("\n".join(told(json.loads((made / HOLDS).read_text(encoding="utf-8")), done, journal)))
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Time and memory of a retraining.")
    parser.add_argument("--deals", type=int, default=DEALS)
    parser.add_argument("--folder", type=Path, help="where the company is kept, to be retrained again")
    parser.add_argument("--only-prepare", action="store_true", help="make the company there, and no more")
    given = parser.parse_args()
    sys.exit(main(given.deals, given.folder, given.only_prepare))
