"""Writes a synthetic company as a canonical folder, with the truth apart."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from history.synthetic.crm import Crm

ABOUT_TRUTH = """\
# The planted truth

Read by tests and benchmarks only; nothing that learns or serves may open it. Instants are naive UTC.

- `chances`: one row per deal and local day on which it was open at the day's start (`as_of`). `win_probability` is
  the exact chance that the deal's next closing is a win, given its latent state (quality, stage, `momentum` 0 cold to
  2 hot) and the market's weather that day. `win_by_quarter_end`, `lose_by_quarter_end`, `win_by_month_end`: that it
  is won (lost) before the calendar period of the day is over. `stage` counts open stages from 0; `spell` says which
  time the deal is open, from 0.
- `outcomes`: how every open spell ended (`closed_at`, `won`), later than the written history too.
- `deals`: `quality` and the level of it that the process uses, `deal_class`.
- `forecasters`: `kind`, `bias` and `spread` of everybody who calls. A most-likely call is bias x noise x (f x what is
  really won in the quarter + (1 - f) x what could be expected that day); f grows from 0.58 to 1 over the quarter. So
  `bias` is what call / won comes to over many quarters; `spread` is the log spread of the noise, drawn once a quarter,
  balanced over four.
  Commit calls are 0.80 to 0.95 of most likely, best case 1.1 to 1.4.
- `reps`: `skill` (standardised), `load` (1 is usual), `diligence`, `date_optimism` (factor on the days left).
"""


def write_folder(crm: Crm, out: Path) -> None:
    """`<table>.parquet` for every table with rows, `dealcast.toml`, and `truth/<table>.parquet`, below `out`.

    The same company gives the same bytes. `out` is made if need be; files of the same names are replaced.
    """
    truth = out / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    (out / "dealcast.toml").write_text(crm.settings_toml, encoding="utf-8")
    (truth / "README.md").write_text(ABOUT_TRUTH, encoding="utf-8")
    for name in sorted(crm.history.tables):
        _write(crm.history[name], out / f"{name}.parquet")
    for name, frame in sorted(crm.truth.items()):
        _write(frame, truth / f"{name}.parquet")


def _write(frame: pl.DataFrame, path: Path) -> None:
    if frame.height:
        frame.write_parquet(path, compression="zstd", compression_level=1, row_group_size=250_000)
