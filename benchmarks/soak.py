"""What mixed load of some minutes does to the service, with an import, a re-score and a promotion in the middle.

Bars: no answer but 200, 304 and 429; every event that was acknowledged is in the store; memory stays as it is.
Leaves with 1 when an answer failed or an acknowledged event is lost; the page says where memory grew.

python -m benchmarks.soak [--minutes 10] [--deals 5000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from benchmarks._big_workspace import last_day, make_workspace
from benchmarks._page import table_of_verdicts, verdict
from benchmarks._server_process import ROOT, ServerProcess, serving, wait_until_warm
from features.spine import open_spine
from history.workspace import Workspace
from serving.deeds import DEEDS
from serving.tokens import create_token
from training.registry import Registry

WORKERS, CALLERS = 2, 16
EVERY_SECONDS = 2.0
MOST_GROWTH = 1.15
"""How much more memory the last fifth may take than the second."""
LOCUST = ("-m", "locust", "-f", "benchmarks/locustfile.py", "--headless", "--only-summary", "--json")


@dataclass
class Watched:
    """What was seen of the service: its memory in megabytes, at seconds since the load began, and what was done."""

    began: float
    megabytes: list[tuple[float, float]] = field(default_factory=list)
    deeds: list[tuple[float, str, int]] = field(default_factory=list)

    def fifth(self, which: int, seconds: float) -> float:
        """The middle of the memory in one fifth (from 1) of the load."""
        low, high = (which - 1) / 5 * seconds, which / 5 * seconds
        return median([taken for at, taken in self.megabytes if low <= at < high])


def resident_megabytes(process: int) -> float:
    """The memory of a process group; pages that workers share are counted once for each."""
    found = subprocess.run(["ps", "-o", "rss=", "-g", str(process)], capture_output=True, text=True).stdout.split()
    return sum(int(kilobytes) for kilobytes in found) / 1024


def watch(server: ServerProcess, seen: Watched, stop: threading.Event) -> None:
    while not stop.wait(EVERY_SECONDS):
        seen.megabytes.append((time.monotonic() - seen.began, resident_megabytes(server.process.pid)))


def verb(workspace: Workspace, *words: str) -> int:
    """A verb beside the running service; its exit code."""
    command = [sys.executable, "-m", "cli", "--workspace", str(workspace.path), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True).returncode


def nightly_export(workspace: Workspace, folder: Path) -> Path:
    """What a CRM might export at night: new deals, and a next step of every tenth that is open."""
    history = workspace.history()
    now = last_day(history)
    told = open_spine(history, [now])["deal_id"].gather_every(10)
    fresh = [f"N{at:05d}" for at in range(200)]
    export = folder / "export"
    export.mkdir(exist_ok=True)
    pl.DataFrame({"deal_id": fresh, "created_at": [now] * len(fresh)}).write_csv(export / "deals.csv")
    stage = history.settings.open_stages[0]
    rows = [(deal, now, "stage", stage) for deal in fresh] + [(deal, now, "next_step", "call back") for deal in told]
    changes = pl.DataFrame(rows, schema=["deal_id", "changed_at", "field", "new_value"], orient="row")
    changes.write_csv(export / "deal_changes.csv")
    return export


def second_version(workspace: Workspace) -> str:
    """The champion's bundle registered once more, so that there is one to promote."""
    registry = Registry(workspace.path, workspace.store().workspace_id)
    champion = registry.champion()
    assert champion is not None
    bundle = registry.bundle_folder(champion)
    return registry.log(bundle, champion.trained_as_of, params={}, metrics={}, figures={}, tags={})


def deeds(workspace: Workspace, folder: Path) -> list[tuple[str, Callable[[], int]]]:
    """What is done in the middle, in turn."""
    export, version = nightly_export(workspace, folder), second_version(workspace)
    day = f"{workspace.settings.day_of(last_day(workspace.history()))}"
    return [
        ("nightly import", lambda: verb(workspace, "import", "canonical", str(export), "--allow-quarantine")),
        ("re-score", lambda: verb(workspace, "score", "--record", "--top", "1", "--as-of", day)),
        ("promotion", lambda: verb(workspace, "promote", version, "--by", "soak", "--reason", "in the middle")),
    ]


def loaded(server: ServerProcess, token: str, minutes: float, taken: Path) -> subprocess.Popen[str]:
    """Locust at work on the service; it writes what was acknowledged to `taken`."""
    environ = {**os.environ, "DEALCAST_TOKEN": token, "DEALCAST_ACKNOWLEDGED": str(taken)}
    rate = ("-u", str(CALLERS), "-r", "4", "-t", f"{round(60 * minutes)}s", "--host", server.address)
    return subprocess.Popen(
        [sys.executable, *LOCUST, *rate], cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip


def lost(workspace: Workspace, taken: Path) -> tuple[int, int]:
    """How many events were acknowledged, and how many of these are not in the store."""
    said = set(taken.read_text(encoding="utf-8").split()) if taken.is_file() else set()
    kept = set(workspace.store().read("activities")["activity_id"])
    return len(said), len(said - kept)


def soaked(workspace: Workspace, folder: Path, minutes: float) -> tuple[Watched, list[dict[str, Any]], float]:
    """The load from beginning to end: what was watched, locust's figures, and how many seconds it lasted."""
    token = create_token(workspace.store_url, f"soak {time.time():.0f}", scopes=DEEDS)
    to_do = deeds(workspace, folder)
    with serving(workspace.path, folder, "--workers", str(WORKERS)) as server:
        wait_until_warm(server.address)
        seen, stop = Watched(time.monotonic()), threading.Event()
        watcher = threading.Thread(target=watch, args=(server, seen, stop))
        load = loaded(server, token, minutes, folder / "acknowledged")
        watcher.start()
        for turn, (name, work) in enumerate(to_do, 1):
            due = seen.began + minutes * 60 * (0.2 + 0.15 * turn)
            time.sleep(max(0.0, due - time.monotonic()))
            seen.deeds.append((time.monotonic() - seen.began, name, work()))
        out, _ = load.communicate()
        seconds = time.monotonic() - seen.began
        stop.set()
        watcher.join()
    return seen, json.loads(out[out.index("[") :]), seconds


def told(workspace: Workspace, folder: Path, minutes: float) -> Generator[str, None, bool]:
    """What came of it, in Markdown; gives back whether every answer was right and nothing was lost."""
    open_deals = open_spine(workspace.history(), [last_day(workspace.history())]).height
    seen, rows, seconds = soaked(workspace, folder, minutes)
    acknowledged, missing = lost(workspace, folder / "acknowledged")
    yield f"{seconds:.0f} s, {CALLERS} callers on {WORKERS} workers, {open_deals:,} open deals."
    yield "; ".join(f"{name} after {at:.0f} s (exit code {code})" for at, name, code in seen.deeds) + ".\n"
    yield "| request | answers | failed | p50 ms | p99 ms |\n|---|---|---|---|---|"
    for row in sorted(rows, key=lambda row: str(row["name"])):
        times = row["response_times"]
        p50, p99 = (_quantile(times, share) for share in (0.5, 0.99))
        yield f"| {row['method']} {row['name']} | {row['num_requests']:,} | {row['num_failures']} | {p50} | {p99} |"
    early, late = seen.fifth(2, seconds), seen.fifth(5, seconds)
    most = max(taken for _, taken in seen.megabytes)
    yield f"\nMemory of all processes: {early:,.0f} MB in the second fifth, {late:,.0f} MB in the last,"
    yield f"{most:,.0f} MB at most."
    yield f"{acknowledged:,} events acknowledged.\n"
    failed = sum(row["num_failures"] for row in rows) + sum(code != 0 for _, _, code in seen.deeds)
    yield from table_of_verdicts(
        [
            verdict("answers that failed and verbs that did, 0", failed, failed == 0),
            verdict("acknowledged events that are not in the store, 0", missing, missing == 0 < acknowledged),
            verdict(
                f"memory, last fifth over second, {MOST_GROWTH} or less", late / early, late <= MOST_GROWTH * early
            ),
        ]
    )
    return failed == missing == 0 < acknowledged


def shown(lines: Generator[str, None, bool]) -> bool:
    """Prints the lines as they come, and what is given back at their end."""
    while True:
        try:
            print(next(lines), flush=True)
        except StopIteration as end:
            return bool(end.value)


def _quantile(times: dict[str, int], share: float) -> str:
    """A quantile of response times that locust has counted by rounded milliseconds."""
    left = share * sum(times.values())
    for milliseconds, count in sorted((float(at), count) for at, count in times.items()):
        left -= count
        if left <= 0:
            return f"{milliseconds:,.0f}"
    return "-"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--deals", type=int, default=5_000, help="open deals")
    parser.add_argument("--folder", help="where the workspace is kept; it is made new where that is empty")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(given.folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="dealcast-soak-")))
        folder.mkdir(parents=True, exist_ok=True)
        return 0 if shown(told(make_workspace(folder, given.deals), folder, given.minutes)) else 1


if __name__ == "__main__":
    sys.exit(main())
