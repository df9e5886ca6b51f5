"""Who was below the line two periods in a row, with the facts: a reason to talk of a plan, never a verdict."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from history.record import History
from indicators.scorecard import sheets
from indicators.scoring import TOTAL
from indicators.spans import earlier, parse_span

LINE = 70.0
"""Points of 100; a total below it is below the line."""
IN_A_ROW = 2
FEWEST_INDICATORS = 5
"""A total of fewer scored indicators says too little to raise a flag."""

COLUMNS: dict[str, pl.DataType] = {
    "rep_id": pl.String(),
    "name": pl.String(),
    "role": pl.String(),
    "team": pl.String(),
    "period": pl.String(),
    "total": pl.Float64(),
    "before": pl.String(),
    "total_before": pl.Float64(),
    "n": pl.Int64(),
    "low_in_both": pl.List(pl.String()),
}


def shortfalls(
    history: History, period: str, as_of: dt.datetime, template: str | Path | None = None, line: float = LINE
) -> pl.DataFrame:
    """People whose total lay below `line` in `period` and in the one before, with `COLUMNS`, by rep_id.

    `n` is how many indicators could be scored in `period`; `low_in_both` names those below the line both times, the
    heaviest first. Nobody stands here for a total that a veto took away or that rests on few indicators. Raises what
    `scorecard` raises.
    """
    span = parse_span(period, history.settings)
    names = [earlier(span, history.settings, back).name for back in range(IN_A_ROW)]
    frame = sheets(history, names, as_of, template=template)
    totals = frame.filter(
        (pl.col("indicator") == TOTAL) & (pl.col("n") >= FEWEST_INDICATORS) & (pl.col("score") < line)
    )
    now, before = (totals.filter(pl.col("period") == name) for name in names)
    both = now.join(before.select("rep_id", before="period", total_before="score"), on="rep_id")
    rows = both.join(_low(frame, line), on="rep_id", how="left").with_columns(
        total="score", low_in_both=pl.col("low_in_both").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    )
    return rows.select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items()).sort("rep_id")


def _low(frame: pl.DataFrame, line: float) -> pl.DataFrame:
    """The indicators that lay below the line in every one of the periods: rep_id, low_in_both."""
    low = frame.filter((pl.col("indicator") != TOTAL) & (pl.col("score") < line))
    often = low.group_by("rep_id", "indicator").agg(times=pl.len(), weight=pl.col("weight").max())
    kept = often.filter(pl.col("times") == IN_A_ROW).sort(
        "rep_id", "weight", "indicator", descending=[False, True, False]
    )
    return kept.group_by("rep_id", maintain_order=True).agg(low_in_both="indicator")
