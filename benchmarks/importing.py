"""How long an import takes: a million change rows, from CSV and from Parquet, into a new store and again.

python -m benchmarks.importing --rows 1000000 [--url postgresql://...]
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from history.freeze import freeze, read_frozen
from history.importing import import_canonical
from history.workspace import Workspace

SETTINGS = """
[workspace]
currency = "CNY"
timezone = "Asia/Shanghai"
[[stages]]
name = "Qualify"
[[stages]]
name = "Propose"
[[stages]]
name = "Won"
outcome = "won"
[[stages]]
name = "Lost"
outcome = "lost"
"""
START = dt.datetime(2023, 1, 1)
CHANGES_A_DEAL = 20


def make_tables(rows: int, seed: int = 1) -> dict[str, pl.DataFrame]:
    """Deals and `rows` of their changes: four fields, three years, an owner for each change."""
    random = np.random.default_rng(seed)
    deals = max(1, rows // CHANGES_A_DEAL)
    ids = np.char.add("D", random.integers(0, deals, rows).astype(str))
    seconds = pl.Series(np.sort(random.integers(0, 3 * 365 * 86_400, rows)))
    field = random.choice(["stage", "amount", "owner_id", "close_date"], rows)
    amounts = random.integers(1_000, 900_000, rows).astype(str)
    owners = np.char.add("R", random.integers(0, 300, rows).astype(str))
    days = np.char.add("2026-0", random.integers(1, 10, rows).astype(str))
    stages = random.choice(["Qualify", "Propose", "Won", "Lost"], rows)
    values = np.select(
        [field == "stage", field == "amount", field == "owner_id"], [stages, amounts, owners], np.char.add(days, "-15")
    )
    changed_at = pl.select(pl.lit(START) + pl.duration(seconds=pl.lit(seconds))).to_series()
    changes = pl.DataFrame(
        {"deal_id": ids, "changed_at": changed_at, "field": field, "new_value": values, "changed_by": owners}
    )
    every = np.char.add("D", np.arange(deals).astype(str))
    return {"deals": pl.DataFrame({"deal_id": every, "created_at": [START] * deals}), "deal_changes": changes}


def write_folder(tables: dict[str, pl.DataFrame], folder: Path, ending: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "dealcast.toml").write_text(SETTINGS)
    for name, frame in tables.items():
        if ending == "csv":
            frame.write_csv(folder / f"{name}.csv")
        else:
            frame.write_parquet(folder / f"{name}.parquet")
    return folder


def seconds_of(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure(rows: int, base: Path, url: str | None) -> dict[str, float]:
    """Seconds of each step at `rows` change rows."""
    tables, imported_at = make_tables(rows), dt.datetime(2026, 7, 1)
    taken = {}
    for ending in ("parquet", "csv"):
        folder = write_folder(tables, base / ending, ending)
        workspace = Workspace(base / f"workspace_{ending}", url if ending == "parquet" else None)
        run = partial(import_canonical, folder, workspace, imported_at=imported_at)
        taken[f"import {ending}"] = seconds_of(run)
        taken[f"import {ending} again"] = seconds_of(run)
    workspace = Workspace(base / "workspace_parquet", url)
    history = workspace.history()
    taken["read the store"] = seconds_of(workspace.history)
    taken["freeze"] = seconds_of(lambda: freeze(history, base / "frozen"))
    taken["read the frozen history"] = seconds_of(lambda: read_frozen(base / "frozen"))
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="change rows")
    parser.add_argument("--url", help="store to import the Parquet folder into; SQLite by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        for step, seconds in measure(options.rows, Path(base), options.url).items():
            print(f"{step:28}{seconds:8.1f} s{options.rows / seconds:14,.0f} rows/s")


if __name__ == "__main__":
    main()
