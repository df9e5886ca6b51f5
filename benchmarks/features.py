"""How fast features are built, from frozen Parquet files to the pandas frame, against the same in idiomatic pandas.

Bar: 8 times pandas or more at 200,000 deals, in 2 GB or less, linear to 1 million deals.

python -m benchmarks.features [--deals 40000 200000 1000000] [--runs 3] [--folder kept]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import polars as pl

from benchmarks import _pandas_features as by_pandas
from benchmarks._page import table_of_verdicts, verdict
from benchmarks._tiled_crm import END, SPINE, STEP, TABLES, write_crm
from features.catalogue import FEATURES
from features.matrix import build_matrix, prepare
from features.spine import open_spine
from history.freeze import freeze, read_frozen, read_manifest
from history.settings import parse_settings
from history.synthetic import generate

WORDS = ("stage",)
READ = {
    "deal_changes": ("deal_id", "changed_at", "recorded_at", "field", "old_value", "new_value"),
    "activities": (
        "deal_id", "happened_at", "recorded_at", "kind", "direction", "duration_minutes", "contact_id",
    ),
}  # fmt: skip
T = TypeVar("T")
COMPARED = (
    "stage", "amount", "age_days", "amount_against_first", "days_in_stage", "days_since_touch", "days_since_inbound",
    "days_since_outbound", "days_since_meeting", "days_with_owner", "forward_moves", "owner_changes", "touches_all",
    "changes_30d", "touches_7d", "touches_30d", "touches_90d", "inbound_90d", "meetings_90d", "call_minutes_30d",
    "touch_minutes_all", "contacts_touched_90d", "amount_against_30d_ago", "stages_gained_60d",
)  # fmt: skip
"""Features of deal streams: last, first, days since, counts with and without windows, sums, distinct, value ago."""


@dataclass(frozen=True)
class Run:
    """One side, once: seconds on the wall and of the processors by part, peak of memory in GB, rows filled."""

    parts: dict[str, float]
    busy: dict[str, float]
    peak_gb: float
    rows: int

    @property
    def seconds(self) -> float:
        return sum(self.parts.values())


@dataclass(frozen=True)
class Measured:
    """The runs of both sides at one size."""

    counts: dict[str, int]
    engine_runs: list[Run]
    pandas_runs: list[Run]

    @property
    def engine(self) -> Run:
        """The run in the middle."""
        return middle(self.engine_runs)

    @property
    def pandas(self) -> Run | None:
        return middle(self.pandas_runs) if self.pandas_runs else None

    @property
    def ratio(self) -> float:
        """How many times as fast the engine is: the middle of the ratios of neighbouring runs."""
        return median([b.seconds / a.seconds for a, b in zip(self.engine_runs, self.pandas_runs, strict=True)])

    @property
    def busy_ratio(self) -> float:
        pairs = zip(self.engine_runs, self.pandas_runs, strict=True)
        return median([sum(b.busy.values()) / sum(a.busy.values()) for a, b in pairs])


def middle(runs: list[Run]) -> Run:
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


class Clock:
    """Seconds by part, on the wall and of processor time."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.busy: dict[str, float] = {}

    def time(self, part: str, work: Callable[[], T]) -> T:
        wall, busy = time.perf_counter(), time.process_time()
        found = work()
        self.seconds[part] = time.perf_counter() - wall
        self.busy[part] = time.process_time() - busy
        return found


def warm_up() -> None:
    """Load what is compiled before the clock starts, as modules are loaded."""
    tiny = generate(60, 1, clean=True).history
    with tempfile.TemporaryDirectory() as scratch:
        coded = read_frozen(freeze(tiny, Path(scratch) / "tiny").path, coded=True)
    build_matrix(prepare(coded), open_spine(tiny, [END - 2 * STEP, END - STEP]))


def engine_side(
    folder: Path, names: tuple[str, ...], tables: Mapping[str, Collection[str] | None], dtype: Any
) -> tuple[pd.DataFrame, Clock]:
    """The features by the engine."""
    warm_up()
    clock = Clock()
    history = [clock.time("read", lambda: read_frozen(folder / "history", tables, coded=True))]
    spine = clock.time("read rows", lambda: pl.read_parquet(folder / SPINE))
    prepared = clock.time("lay out", lambda: prepare(history.pop(), names))
    frame = clock.time("sweep and frame", lambda: build_matrix(prepared, spine, names=names, dtype=dtype))
    return frame, clock


def pandas_side(folder: Path) -> tuple[pd.DataFrame, Clock]:
    """The same by pandas."""
    manifest = read_manifest(folder / "history")
    stages = parse_settings(manifest["settings"], "the benchmark").open_stages
    clock = Clock()
    frames = clock.time("read", lambda: by_pandas.read(folder / "history", folder / SPINE))
    return clock.time("build", lambda: by_pandas.build(*frames, stages)), clock


def run_side(side: str, folder: Path, save: Path | None) -> Run:
    """One side in this process: seconds by part and the peak of memory; its columns are saved for comparison."""
    if side == "pandas":
        frame, clock = pandas_side(folder)
    elif side == "engine":
        frame, clock = engine_side(folder, COMPARED, READ, "float64")
    else:
        frame, clock = engine_side(folder, tuple(FEATURES), dict.fromkeys(TABLES), "float32")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        for name in COMPARED:
            column = frame[name]
            values = column.astype(object).fillna("").to_numpy(str) if name in WORDS else column.to_numpy(np.float64)
            np.save(save / f"{name}.npy", values)
    return Run(clock.seconds, clock.busy, peak, len(frame))


def run_apart(side: str, folder: Path, save: Path | None) -> Run:
    """One side in a fresh process, so that its peak of memory is its own."""
    command = [sys.executable, "-m", "benchmarks.features", "--side", side, "--folder", str(folder)]
    command += ["--save", str(save)] if save else []
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def check_equal(left: Path, right: Path) -> None:
    """Raises AssertionError naming the first feature in which the sides differ."""
    for name in COMPARED:
        one, other = (np.load(side / f"{name}.npy") for side in (left, right))
        if name in WORDS:
            np.testing.assert_array_equal(one, other, err_msg=name)
        else:
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-6, err_msg=name)


def measured(folder: Path, runs: int, with_pandas: bool) -> Measured:
    """Both sides in turn, `runs` times, each in a process of its own; raises AssertionError where they differ."""
    sides: dict[str, list[Run]] = {"engine": [], "pandas": []}
    for turn in range(runs):
        for side in sides if with_pandas else ("engine",):
            sides[side].append(run_apart(side, folder, folder / side if with_pandas and turn == 0 else None))
    if with_pandas:
        check_equal(folder / "engine", folder / "pandas")
    return Measured(counted(folder), sides["engine"], sides["pandas"])


def counted(folder: Path) -> dict[str, int]:
    """How many deals, changes, touches and rows to fill there are."""
    tables = read_manifest(folder / "history")["tables"]
    rows = pl.scan_parquet(folder / SPINE).select(pl.len()).collect().item()
    names = {"deals": "deals", "changes": "deal_changes", "touches": "activities"}
    return {**{name: tables[table]["rows"] for name, table in names.items()}, "rows": rows}


def by_size(found: list[Measured]) -> Iterator[str]:
    """A table of the sizes: medians of each side."""
    yield "| deals | changes | touches | rows | engine s | µs a row | peak GB | pandas s | peak GB | times as fast |"
    yield "|" + "---|" * 10
    for one in found:
        counts = " | ".join(f"{count:,}" for count in one.counts.values())
        ours, theirs = one.engine, one.pandas
        each = f"{ours.seconds / one.counts['rows'] * 1e6:.2f}"
        beside = f"{theirs.seconds:.1f} | {theirs.peak_gb:.2f} | {one.ratio:.1f}" if theirs else "| | "
        yield f"| {counts} | {ours.seconds:.2f} | {each} | {ours.peak_gb:.2f} | {beside} |"


def by_part(one: Measured) -> Iterator[str]:
    """Where the seconds go at one size, on the wall and of the processors, and how far runs lie apart."""
    yield "| side | part | seconds | processor seconds |"
    yield "|---|---|---|---|"
    for name, runs in (("engine", one.engine_runs), ("pandas", one.pandas_runs)):
        for part in runs[0].parts if runs else ():
            wall, busy = (median([getattr(run, kind)[part] for run in runs]) for kind in ("parts", "busy"))
            yield f"| {name} | {part} | {wall:.2f} | {busy:.2f} |"
    yield ""
    yield f"Seconds of each run, in turn: engine {spread(one.engine_runs)}; pandas {spread(one.pandas_runs)}."
    yield "The engine works on two cores at once, pandas mostly on one; processor seconds tell of both what idle cores"
    yield "would, whatever else the machine does."


def spread(runs: list[Run]) -> str:
    return ", ".join(f"{run.seconds:.1f}" for run in runs)


def verdicts(found: list[Measured]) -> Iterator[str]:
    """What was asked, what was found."""
    beside = [one for one in found if one.pandas]
    largest = beside[-1] if beside else None
    if largest:
        size = f"at {largest.counts['deals']:,} deals"
        yield verdict(f"times pandas {size}, 8 or more", largest.ratio, largest.ratio >= 8)
        yield verdict(f"the same in processor seconds {size}", largest.busy_ratio, largest.busy_ratio >= 8)
        yield verdict(f"peak GB of the engine {size}, 2 or less", largest.engine.peak_gb, largest.engine.peak_gb <= 2)
    if len(found) > 1:
        first, last = (one.engine.seconds / one.counts["rows"] for one in (largest or found[0], found[-1]))
        linear = last / first
        asked = (
            f"time a row at {found[-1].counts['deals']:,} deals over that at {(largest or found[0]).counts['deals']:,}"
        )
        yield verdict(f"{asked}, about 1", linear, linear <= 1.25)


def compare(base: Path, deals: list[int], runs: int, pandas_up_to: int) -> Iterator[str]:
    """Measure each size, made where it is not there yet, and tell of it in Markdown."""
    found = []
    for size in sorted(deals):
        folder = base / str(size)
        if not (folder / SPINE).exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_crm(folder, size)
        found.append(measured(folder, runs if size <= pandas_up_to else 1, size <= pandas_up_to))
    yield f"{len(COMPARED)} features of each deal's own changes and touches, as float64, equal in every column to 1e-9;"
    yield f"medians of {runs} alternated runs, each in a process of its own (of one run where pandas is not run)."
    yield "Both read the same files; pandas knows only when things happened, the engine also when they were recorded.\n"
    yield from by_size(found)
    beside = [one for one in found if one.pandas]
    if beside:
        full = run_apart("full", base / str(beside[-1].counts["deals"]), None)
        yield f"\nAll {len(FEATURES)} features, those of people, accounts and segments included, as float32, at"
        yield f"{beside[-1].counts['deals']:,} deals: {full.seconds:.1f} s, {full.peak_gb:.2f} GB.\n"
        yield from by_part(beside[-1])
    yield ""
    yield from table_of_verdicts(verdicts(found))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--deals", type=int, nargs="+", default=[40_000, 200_000, 1_000_000])
    parser.add_argument("--pandas-up-to", type=int, default=200_000, help="the largest size to run pandas on")
    parser.add_argument("--runs", type=int, default=3, help="alternated runs of each side")
    parser.add_argument("--folder", type=Path, help="where CRMs are written, or lie already; kept")
    parser.add_argument("--side", choices=["engine", "full", "pandas"], help=argparse.SUPPRESS)
    parser.add_argument("--save", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(asdict(run_side(given.side, given.folder, given.save))))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        for line in compare(given.folder or Path(scratch), given.deals, given.runs, given.pandas_up_to):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
