"""Does it pay to retrain? One year replayed three ways: trained once, anew each quarter, anew each month.

Every plan answers the same question of the same deals on the same days, each from the newest model that it had trained
by then, and each model knows only what was known on the day of its training. `python -m benchmarks.results retraining`
writes this part of docs/results.md.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.matrix import build_matrix
from features.spine import open_spine
from history.canonical import read_folder
from history.record import History
from history.synthetic import generate
from tests.lib import evaluation
from training.backtest import by_cut, last_day_end, period_end, training_matrix
from training.bundle import Model
from training.calibration import slope_and_intercept
from training.choice import fit_model
from training.fitting import FitOptions
from training.frames import spine_of
from training.labels import WON, outcomes_by
from training.metrics import Score, log_loss_gain, measure
from training.splits import with_horizon_days

NEVER, QUARTERLY, MONTHLY = "never", "quarterly", "monthly"
PLANS = {NEVER: "never again", QUARTERLY: "each quarter", MONTHLY: "each month"}


@dataclass(frozen=True)
class Year:
    """Weekly days from `first` to `last`, asked of one history; `note` says what to know of it."""

    title: str
    history: History
    first: dt.date
    last: dt.date
    note: str = ""

    @property
    def instants(self) -> list[dt.datetime]:
        """The days asked, as UTC instants."""
        count = (self.last - self.first).days // 7 + 1
        return [self.history.settings.start_of(self.first + dt.timedelta(days=7 * week)) for week in range(count)]


def sections() -> Iterator[str]:
    """The part of the page, line by line; skips where the evaluation data is absent."""
    yield "## Does retraining pay?"
    yield ""
    yield "Won before the end of the quarter, asked weekly. *Never again*: trained on the first day only. *Each"
    yield "quarter* and *each month*: trained anew on its first day. The same deals on the same days for all"
    yield "three; a plan pays where the interval of what it gains over *never again* lies above 0 (log loss, resampling"
    yield "deals)."
    for year in years():
        yield ""
        yield from told(year, replayed(year))


def years() -> Iterator[Year]:
    """The two histories: three quarters of the chip maker's, four of the synthetic CRM."""
    chips = read_folder(evaluation.folder("chip_pipeline"))
    short = (
        "The history begins in February 2015, so the first model had seen few outcomes; part of the gain is history."
    )
    yield Year("The chip maker's 2015Q3 to 2016Q1", chips, dt.date(2015, 7, 1), dt.date(2016, 3, 24), short)
    synthetic = generate(4_000, 7).history
    steady = "Two years of history before the first model, and a market in which nothing changes."
    yield Year("The synthetic CRM's 2025Q3 to 2026Q2", synthetic, dt.date(2025, 7, 1), dt.date(2026, 6, 25), steady)


def replayed(year: Year, options: FitOptions | None = None) -> pl.DataFrame:
    """deal_id, as_of, label, and the chance to be won by the quarter's end according to each plan."""
    history, horizon_of = year.history, period_end(year.history.settings, "quarter")
    matrix = build_matrix(history, open_spine(history, year.instants))
    ends = pl.DataFrame({"as_of": year.instants, "horizon_end": [horizon_of(day) for day in year.instants]})
    ends = ends.with_columns(pl.col("as_of", "horizon_end").cast(pl.Datetime("us")))
    rows = with_horizon_days(spine_of(matrix).join(ends, on="as_of", how="left", maintain_order="left"))
    plans = cuts(year)
    models = _models(history, sorted({cut for of in plans.values() for cut in of}), options or FitOptions())
    days = rows["horizon_days"].to_numpy()
    for plan, of in plans.items():
        chance = np.full(rows.height, np.nan)
        for cut, asked in of.items():
            here = rows["as_of"].is_in(asked).to_numpy()
            chance[here] = models[cut].predict(matrix[here], days[here])["win_by_horizon"].to_numpy()
        rows = rows.with_columns(pl.Series(plan, chance))
    labelled = outcomes_by(history, rows, last_day_end(history)).drop_nulls("label")
    return labelled.select("deal_id", "as_of", "label", *PLANS)


def cuts(year: Year) -> dict[str, dict[dt.datetime, list[dt.datetime]]]:
    """By plan: the days asked, by the instant at which the model that answers them is trained."""
    settings = year.history.settings
    return {
        NEVER: {year.instants[0]: year.instants},
        QUARTERLY: by_cut(year.instants, "quarter", settings),
        MONTHLY: by_cut(year.instants, "month", settings),
    }


def _models(history: History, wanted: Sequence[dt.datetime], options: FitOptions) -> dict[dt.datetime, Model]:
    found = {}
    for cut in wanted:
        print(f"  training on what was known on {history.settings.day_of(cut)}", file=sys.stderr, flush=True)
        found[cut] = fit_model(training_matrix(history, cut), history, cut, options)[0]
    return found


def told(year: Year, rows: pl.DataFrame) -> Iterator[str]:
    """The figures of one history."""
    won, deal = (rows["label"] == WON).to_numpy().astype(float), rows["deal_id"].to_numpy()
    yield f"### {year.title}"
    yield ""
    deals = rows["deal_id"].n_unique()
    yield f"{len(year.instants)} weekly dates; {rows.height:,} rows of {deals:,} deals, {won.mean():.1%} won."
    if year.note:
        yield year.note
    yield ""
    yield "| trained | models | AUC | log loss | Brier | log loss gained over never again | slope |"
    yield "|---|---|---|---|---|---|---|"
    for plan, of in cuts(year).items():
        chance = rows[plan].to_numpy()
        found, slope = measure(chance, won, deal), slope_and_intercept(chance, won)[0]
        figures = (_figure(found.auc, 3), _figure(found.log_loss), _figure(found.brier), _gained(rows, plan, won, deal))
        yield f"| {PLANS[plan]} | {len(of)} | {' | '.join(figures)} | {slope:.2f} |"
    yield ""
    yield "Gained over never again, by quarter:"
    yield ""
    yield from _by_quarter(year, rows)
    yield ""
    yield verdict(rows)


def _by_quarter(year: Year, rows: pl.DataFrame) -> Iterator[str]:
    later = [plan for plan in PLANS if plan != NEVER]
    yield "| quarter | rows | won | log loss, never again | " + " | ".join(PLANS[plan] for plan in later) + " |"
    yield "|---|---|---|---|---|---|"
    for cut, asked in by_cut(year.instants, "quarter", year.history.settings).items():
        here = rows.filter(pl.col("as_of").is_in(asked))
        won, deal = (here["label"] == WON).to_numpy().astype(float), here["deal_id"].to_numpy()
        first = measure(here[NEVER].to_numpy(), won, deal).log_loss
        day = year.history.settings.day_of(cut)
        cells = [_gained(here, plan, won, deal) for plan in later]
        name = f"{day.year}Q{(day.month + 2) // 3}"
        yield f"| {name} | {here.height:,} | {won.mean():.1%} | {_figure(first)} | {' | '.join(cells)} |"


def _gained(rows: pl.DataFrame, plan: str, won: np.ndarray, deal: np.ndarray) -> str:
    return "" if plan == NEVER else _figure(gain(rows, NEVER, plan, won, deal))


def gain(rows: pl.DataFrame, over: str, plan: str, won: np.ndarray, deal: np.ndarray) -> Score:
    """By how much the log loss of `plan` is smaller than that of `over`."""
    return log_loss_gain(rows[plan].to_numpy(), rows[over].to_numpy(), won, deal)


def verdict(rows: pl.DataFrame) -> str:
    """What the intervals say, in a sentence."""
    won, deal = (rows["label"] == WON).to_numpy().astype(float), rows["deal_id"].to_numpy()
    quarterly, more = gain(rows, NEVER, QUARTERLY, won, deal), gain(rows, QUARTERLY, MONTHLY, won, deal)
    return (
        f"Retraining each quarter {_says(quarterly)} over never again; each month {_says(more)} over each quarter "
        f"({_figure(more)})."
    )


def _says(found: Score) -> str:
    """
    >>> _says(Score(0.01, 0.004, 0.02)), _says(Score(0.01, -0.004, 0.02)), _says(Score(-0.01, -0.02, -0.004))
    ('gains', 'gains nothing that is more than chance', 'loses')
    """
    return "gains" if found.low > 0 else "loses" if found.high < 0 else "gains nothing that is more than chance"


def _figure(score: Score, digits: int = 4) -> str:
    return f"{score.value:.{digits}f} ({score.low:.{digits}f} to {score.high:.{digits}f})"
