"""The benchmark of importing runs, and every step of it loads what it says."""

from __future__ import annotations

from pathlib import Path

from benchmarks.importing import make_tables, measure
from history.workspace import open_workspace


def test_the_benchmark_loads_every_row_it_makes(tmp_path: Path) -> None:
    taken = measure(2_000, tmp_path, None)
    assert all(seconds > 0 for seconds in taken.values())
    made = make_tables(2_000)["deal_changes"].unique().height
    for ending in ("parquet", "csv"):
        assert open_workspace(tmp_path / f"workspace_{ending}").history()["deal_changes"].height == made
