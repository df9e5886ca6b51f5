"""Would forecasts be as good with what was learned one, two or four quarters before, as with a kept model of it?

Amounts, hand-overs, new deals, corrections and ranges are learned anew at every forecast. Here the same forecasts are
made from the quarters that were over one, two or four quarters before the one that is forecast began, as a model of
attainment would know them that was trained then and has been kept since, or that a rollback brought back. The deal
model is the same for all.

python -m benchmarks.kept_lessons [--seeds 3]
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator

import numpy as np
import polars as pl

from benchmarks.attainment_cells import LONG_AFTER, MODEL, SCHEMA, Replayed, cells_of
from benchmarks.attainment_figures import at_cut, covered, of, relative_crps, wape
from benchmarks.attainment_rules import Seen
from history.fiscal import bounds, parse_period, previous
from history.record import History
from history.synthetic import generate
from serving.forecasting import outlook
from training.attainment.course import Course
from training.attainment.position import position
from training.backtest import training_matrix
from training.choice import fit_model
from training.fitting import FitOptions

SEEDS, DEALS = (7, 8, 9), 4_000
QUARTERS, WEEKS = ("2025Q4", "2026Q1", "2026Q2"), (1, 5, 9)
LEVELS = ("team", "region", "company")
AGES = {0: "learned when asked", 1: "kept for a quarter", 2: "kept for two quarters", 4: "kept for a year"}
RESAMPLES = 400
NO_COURSE = Course(pl.DataFrame(), pl.DataFrame(), pl.DataFrame())
"""The rules beside the model are not asked here."""


def replayed(history: History, name: str) -> pl.DataFrame:
    """Cells (`SCHEMA`) with `kept`, the quarters for which what was learned had been kept."""
    settings = history.settings
    asked = Replayed(name, QUARTERS, WEEKS, [(level, "amount") for level in LEVELS], alone=True)
    starts = [bounds(parse_period(quarter, settings), settings)[0] for quarter in QUARTERS]
    learned, parts = training_matrix(history, max(starts)), []
    for quarter in QUARTERS:
        print(f"  {name} {quarter}", file=sys.stderr, flush=True)
        period = parse_period(quarter, settings)
        start, end = bounds(period, settings)
        model, _ = fit_model(learned, history, start, FitOptions())
        came = position(history, start, end, end + LONG_AFTER).booked
        for week in WEEKS:
            at = start + dt.timedelta(days=7 * (week - 1))
            for age in AGES:
                over_by = bounds(previous(period, settings, back=age), settings)[0]
                seen = Seen(outlook(history, model, quarter, at, over_by), NO_COURSE)
                rows = pl.DataFrame(list(cells_of(seen, came, asked, week)), schema=SCHEMA, orient="row")
                parts.append(rows.with_columns(kept=pl.lit(age)))
    return pl.concat(parts)


def told(cells: pl.DataFrame) -> Iterator[str]:
    """The table: WAPE, CRPS and what ranges held, by level, with what keeping costs and its interval."""
    companies = cells["set"].n_unique()
    yield f"{companies} synthetic companies of {DEALS:,} deals, quarters {', '.join(QUARTERS)}, asked at the starts of"
    yield f"weeks {', '.join(map(str, WEEKS))}; amounts. CRPS and WAPE as parts of what came, smaller is better."
    yield "What keeping costs: CRPS more than when learned anew, 90 % interval from resampling companies and quarters."
    yield ""
    yield "| level | what was learned | n | WAPE | CRPS | 80 % range held | 50 % held | costs |"
    yield "|---|---|---|---|---|---|---|---|"
    for level in LEVELS:
        here = of(at_cut(cells, level, "amount"), MODEL)
        for age, name in AGES.items():
            rows = here.filter(pl.col("kept") == age)
            held = [f"{covered(rows, low, high):.0%}" for low, high in (("q10", "q90"), ("q25", "q75"))]
            figures = f"{rows.height} | {wape(rows):.3f} | {relative_crps(rows):.3f} | {' | '.join(held)}"
            yield f"| {level} | {name} | {figures} | {'' if age == 0 else cost(here, age)} |"


def cost(rows: pl.DataFrame, age: int) -> str:
    """By how much CRPS is larger than when learned anew, with its interval."""
    sums = rows.group_by("set", "period", "kept", maintain_order=True).agg(pl.col("crps", "came").sum())
    both = sums.filter(pl.col("kept") == 0).join(sums.filter(pl.col("kept") == age), on=["set", "period"], suffix="_k")
    more, came = (both["crps_k"] - both["crps"]).to_numpy(), both["came"].to_numpy()
    drawn = np.random.default_rng(0).integers(0, len(more), (RESAMPLES, len(more)))
    low, high = np.quantile(more[drawn].sum(axis=1) / came[drawn].sum(axis=1), [0.05, 0.95])
    return f"{more.sum() / came.sum():+.4f} ({low:+.4f} to {high:+.4f})"


def main(seeds: int) -> None:
    """Prints the table of docs/decisions/0011."""
    parts = [replayed(generate(DEALS, seed).history, f"seed {seed}") for seed in SEEDS[:seeds]]
    print("\n".join(told(pl.concat(parts))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What keeping what forecasts have learned would cost.")
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    main(parser.parse_args().seeds)
