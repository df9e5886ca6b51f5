"""What is counted of replayed cells (`attainment_cells.SCHEMA`): misses as parts of what came, and how ranges held.

Where nothing came at all, a part of it is nan.
"""

from __future__ import annotations

import polars as pl

from benchmarks.attainment_cells import MODEL, RANKS

RANGES = ((50, "q25", "q75"), (80, "q10", "q90"), (90, "q05", "q95"))
CELL = ("set", "period", "week", "by", "measure", "scope")


def of(cells: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows of one forecast."""
    return cells.filter(pl.col("forecast") == name)


def at_cut(cells: pl.DataFrame, by: str, measure: str) -> pl.DataFrame:
    """The rows of one level and measure."""
    return cells.filter((pl.col("by") == by) & (pl.col("measure") == measure))


def names_of(cells: pl.DataFrame) -> list[str]:
    """The forecasts that stand in some cells, in the order in which they were made."""
    return cells["forecast"].unique(maintain_order=True).to_list()


def model_beside(cells: pl.DataFrame, name: str) -> pl.DataFrame:
    """The model's rows of the cells in which another forecast spoke too."""
    return of(cells, MODEL).join(of(cells, name).select(CELL), on=CELL, how="semi", maintain_order="left")


def wape(rows: pl.DataFrame) -> float:
    """Σ |said - came| / Σ came."""
    return _part((rows["said"] - rows["came"]).abs(), rows)


def bias(rows: pl.DataFrame) -> float:
    """Σ (said - came) / Σ came; above 0 is too high."""
    return _part(rows["said"] - rows["came"], rows)


def relative_crps(rows: pl.DataFrame) -> float:
    """Σ CRPS / Σ came."""
    return _part(rows["crps"], rows)


def pinball(rows: pl.DataFrame) -> float:
    """The mean pinball loss over the quantiles, as a part of what came."""
    overs = [(rank, rows["came"] - rows[f"q{round(rank * 100):02}"]) for rank in RANKS]
    return sum(
        _part(pl.select(pl.max_horizontal(rank * over, (rank - 1.0) * over)).to_series(), rows) for rank, over in overs
    ) / len(RANKS)


def covered(rows: pl.DataFrame, low: str, high: str) -> float:
    """The share of results that lay in a range, its ends included; nan where there are none."""
    if rows.is_empty():
        return float("nan")
    slack = 1e-6 * rows["came"].abs().clip(1.0)
    return float(((rows["came"] >= rows[low] - slack) & (rows["came"] <= rows[high] + slack)).to_numpy().mean())


def has_spread(rows: pl.DataFrame) -> bool:
    """Whether a forecast says more than one number of anything."""
    return bool((rows["q95"] > rows["q05"]).any())


def _part(amounts: pl.Series, rows: pl.DataFrame) -> float:
    whole = rows["came"].to_numpy().sum()
    return float(amounts.to_numpy().sum() / whole) if whole else float("nan")
