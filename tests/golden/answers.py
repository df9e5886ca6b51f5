"""The four answers for one small company on one day, in few columns and to four figures: what the golden files hold.

`python -m tests.golden.answers` writes them anew; look at the difference before you commit it.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import polars as pl

from history.record import History
from history.synthetic import generate
from indicators.accuracy import accuracy
from indicators.scorecard import scorecard
from serving.choosing import table_model
from serving.forecasting import forecast
from serving.scoring import score

FOLDER = Path(__file__).parent
DAY = dt.date(2026, 5, 16)
FIGURES = 4


@cache
def company() -> History:
    """240 synthetic deals; the tables of past deals serve them, so that no model's version is part of the answers."""
    return generate(240, seed=11).history


def health() -> pl.DataFrame:
    """One row per open deal."""
    history = company()
    instant, end = (history.settings.start_of(day) for day in (DAY, dt.date(2026, 7, 1)))
    rows = score(history, table_model(history, instant), instant, end)
    return rows.select("deal_id", "stage", "win_probability", "win_by_horizon", "health", "band", "flags", "reason_1")


def attainment() -> pl.DataFrame:
    """Where the quarter lands, by team and by rep."""
    history = company()
    instant = history.settings.start_of(DAY)
    model = table_model(history, instant)
    shown = [
        "scope_kind",
        "scope_id",
        "booked",
        "open_expected",
        "new_expected",
        "mean",
        "p10",
        "p50",
        "p90",
        "p_attain",
    ]
    return pl.concat([forecast(history, model, "2026Q2", instant, by).select(shown) for by in ("team", "rep")])


def records() -> pl.DataFrame:
    """How good reps' own forecasts have been, 45 days ahead."""
    rows = accuracy(company(), company().settings.start_of(DAY), "rep", horizons=(45,))
    shown = ["forecaster_id", "scope_id", "source", "n_periods", "bias", "wape", "bias_shrunk", "kind_of_bias"]
    return rows.filter(pl.col("forecaster_kind") == "rep").select(shown)


def sheet() -> pl.DataFrame:
    """The performance sheet of the last whole quarter."""
    rows = scorecard(company(), "2026Q1", company().settings.start_of(DAY))
    return rows.select("rep_id", "indicator", "value", "n", "score", "weight_rescaled", "missing")


ANSWERS = {"health": health, "attainment": attainment, "records": records, "sheet": sheet}


def written(frame: pl.DataFrame) -> str:
    """The frame as CSV, floats to four figures, in an order of its own columns."""
    floats = pl.selectors.float().round_sig_figs(FIGURES)
    return frame.with_columns(floats).sort(pl.all(), nulls_last=True).write_csv()


if __name__ == "__main__":
    for name, answer in ANSWERS.items():
        (FOLDER / f"{name}.csv").write_text(written(answer()), encoding="utf-8")
