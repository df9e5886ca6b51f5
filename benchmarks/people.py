"""How long the sheets of 2,000 people over 12 quarters take, every indicator of each, as known on one day.

Run `python -m benchmarks.people [--reps N]`; the bar is 30 seconds on two cores, the reading of history left out.
Processor time is held against it: an idle machine takes no longer than that, however busy this one is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import time

import polars as pl

from history.record import History
from history.synthetic import generate
from history.synthetic.days import quarter_names
from indicators.scorecard import sheets

BAR_SECONDS = 30.0
TILE_DEALS = 10_000
AS_OF = dt.datetime(2026, 7, 1)
SHARED = ("product_line", "region", "segment", "company")
"""Scopes that all tiles have in common."""
NAMES = (
    "deal_id", "account_id", "contact_id", "rep_id", "manager_id", "team", "activity_id", "changed_by", "scope_id",
    "forecaster_id", "lead_id", "invoice_id", "contract_id", "survey_id", "complaint_id", "assessor", "training_id",
    "contribution_id", "item_id", "task_id", "asked_by",
)  # fmt: skip


def company(reps: int, seed: int = 7) -> History:
    """A company of about `reps` people: one synthetic company, told again and again under other names."""
    base = generate(min(TILE_DEALS, 110 * reps), seed).history
    tiles = max(
        1, round(reps / base["reps"].filter(pl.col("role").is_in(["manager", "head"]).not_())["rep_id"].n_unique())
    )
    frames = {name: pl.concat([_renamed(base[name], at) for at in range(tiles)]) for name in base.tables}
    return History(base.settings, frames)


def _renamed(frame: pl.DataFrame, tile: int) -> pl.DataFrame:
    """The rows with everyone and everything in them named after the tile."""
    prefix = f"{tile:02d}."
    new = {name: prefix + pl.col(name) for name in NAMES if name in frame.columns}
    if "scope_kind" in frame.columns:
        own = ~pl.col("scope_kind").is_in(SHARED)
        new["scope_id"] = pl.when(own).then(prefix + pl.col("scope_id")).otherwise("scope_id")
    if "field" in frame.columns:
        is_owner = pl.col("field") == "owner_id"
        for side in ("old_value", "new_value"):
            new[side] = pl.when(is_owner).then(prefix + pl.col(side)).otherwise(side)
    return frame.with_columns(**new)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reps", type=int, default=2_000)
    history = company(parser.parse_args().reps)
    quarters = quarter_names()
    started, worked = time.perf_counter(), time.process_time()
    frame = sheets(history, quarters, AS_OF, everything=True)
    spent, work = time.perf_counter() - started, time.process_time() - worked
    people, values = frame["rep_id"].n_unique(), frame["value"].drop_nulls().len()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{people:,} people, {history['deals'].height:,} deals, {len(quarters)} quarters, {values:,} values")
    verdict = "reached" if min(spent, work) <= BAR_SECONDS else "MISSED"
    print(
        f"{work:.1f} s of processor time (bar {BAR_SECONDS:.0f} s): {verdict}; {spent:.1f} s on the wall, {peak:.1f} GB"
    )


if __name__ == "__main__":
    main()
