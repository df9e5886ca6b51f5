"""How fast features are built, from frozen Parquet files to the pandas frame, against the same in idiomatic pandas.

Bar: 8 times pandas or more at 200,000 deals, in 2 GB or less, linear to 1 million deals.

python -m benchmarks.features --deals 20000 [--without-pandas] [--full] [--folder f]
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
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import polars as pl

from benchmarks import _pandas_features as by_pandas
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


def run_side(side: str, folder: Path, save: Path | None) -> dict[str, Any]:
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
    return {"seconds": clock.seconds, "busy": clock.busy, "peak_gb": peak, "rows": len(frame)}


def run_apart(side: str, folder: Path, save: Path | None) -> dict[str, Any]:
    """One side in a fresh process, so that its peak of memory is its own."""
    command = [sys.executable, "-m", "benchmarks.features", "--side", side, "--folder", str(folder)]
    command += ["--save", str(save)] if save else []
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def check_equal(left: Path, right: Path) -> None:
    """Raises AssertionError naming the first feature in which the sides differ."""
    for name in COMPARED:
        one, other = (np.load(side / f"{name}.npy") for side in (left, right))
        if name in WORDS:
            np.testing.assert_array_equal(one, other, err_msg=name)
        else:
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-6, err_msg=name)


def told(name: str, found: dict[str, Any]) -> Iterator[str]:
    for part, seconds in found["seconds"].items():
        yield f"| {name} | {part} | {seconds:.2f} | {found['busy'][part]:.2f} | |"
    whole, busy = sum(found["seconds"].values()), sum(found["busy"].values())
    yield f"| {name} | **all** | {whole:.2f} | {busy:.2f} | {found['peak_gb']:.2f} |"


def sizes(folder: Path) -> str:
    tables = read_manifest(folder / "history")["tables"]
    rows = pl.scan_parquet(folder / SPINE).select(pl.len()).collect().item()
    counts = {"deals": tables["deals"]["rows"], "changes": tables["deal_changes"]["rows"]}
    counts |= {"touches": tables["activities"]["rows"], "rows": rows}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def compare(folder: Path, without_pandas: bool, full: bool) -> None:
    """Run the sides and print the table."""
    print(f"{sizes(folder)}; {len(COMPARED)} features compared", flush=True)
    print("| side | part | seconds | processor seconds | peak GB |\n|---|---|---|---|---|")
    ours = run_apart("engine", folder, None if without_pandas else folder / "engine")
    print("\n".join(told("engine", ours)), flush=True)
    if full:
        print("\n".join(told(f"all {len(FEATURES)}, float32", run_apart("full", folder, None))), flush=True)
    if without_pandas:
        return
    theirs = run_apart("pandas", folder, folder / "pandas")
    print("\n".join(told("pandas", theirs)), flush=True)
    check_equal(folder / "engine", folder / "pandas")
    wall, busy = (sum(theirs[kind].values()) / sum(ours[kind].values()) for kind in ("seconds", "busy"))
    print(f"\nEqual in every column. The engine is {wall:.1f} times as fast ({busy:.1f} times in processor seconds).")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--deals", type=int, default=20_000)
    parser.add_argument("--without-pandas", action="store_true", help="measure the engine alone")
    parser.add_argument("--full", action="store_true", help="measure all features too, as float32")
    parser.add_argument("--folder", type=Path, help="where the CRM is written, or lies already; kept")
    parser.add_argument("--side", choices=["engine", "full", "pandas"], help=argparse.SUPPRESS)
    parser.add_argument("--save", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(run_side(given.side, given.folder, given.save)))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        if not (folder / SPINE).exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_crm(folder, given.deals)
        compare(folder, given.without_pandas, given.full)
    return 0


if __name__ == "__main__":
    sys.exit(main())
