"""Writes a synthetic company as a canonical folder, with the truth apart."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from history.synthetic.crm import Crm


def write_folder(crm: Crm, out: Path) -> None:
    """`<table>.parquet` for every table with rows, `dealcast.toml`, and `truth/<table>.parquet`, below `out`.

    The same company gives the same bytes. `out` is made if need be; files of the same names are replaced.
    """
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    (out / "dealcast.toml").write_text(crm.settings_toml, encoding="utf-8")
    for name in sorted(crm.history.tables):
        _write(crm.history[name], out / f"{name}.parquet")
    for name, frame in sorted(crm.truth.items()):
        _write(frame, truth / f"{name}.parquet")


def _write(frame: pl.DataFrame, path: Path) -> None:
    if frame.height:
        frame.write_parquet(path, compression="zstd", compression_level=1, row_group_size=250_000)
