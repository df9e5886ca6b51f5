"""How long the tables of a forecast take, and, apart from that, the outlook they are read from. First, from an outlook
that is put together by hand and stands ready: tables of people and of the company, amounts and counts, with a common
shock, new deals, amounts that change, deals that change hands, a correction and scaled ranges. Not in these seconds:
reading a history, features, the model's chances, and what earlier periods teach. Then `outlook` from a smaller,
synthetic history that nothing was asked of before, with all of that but the fitting of the model and the generating of
the history, and its tables; of a larger company this second figure says nothing, and it has no bar.

Run `python -m benchmarks.attainment`; the bar of the tables is 10 seconds on two cores.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import numpy as np
import polars as pl

from history.fiscal import bounds, parse_period
from history.record import make_history
from history.scopes import SCOPE_KINDS
from history.settings import Settings
from history.synthetic import generate
from serving.forecasting import Outlook, landings, outlook, table
from training.attainment.amounts import AmountModel, Outcomes
from training.attainment.arrivals import Arrivals
from training.attainment.correction import Correction
from training.attainment.handover import Level
from training.attainment.lessons import NO_LESSONS, Lessons
from training.attainment.position import Position
from training.attainment.spread import Scale
from training.backtest import training_matrix
from training.choice import fit_model
from training.fitting import FitOptions

DEALS, SCOPES, BAR_SECONDS = 5_000, 200, 10.0
AS_OF = dt.datetime(2026, 2, 1)
HISTORY_DEALS, HISTORY_SEED = 2_000, 7
QUARTER, WEEKS_IN = "2026Q1", 4
Given = TypeVar("Given")
CUTS = tuple((by, measure) for by in ("rep", "company") for measure in ("amount", "count"))


def pipeline(deals: int, scopes: int, seed: int = 1) -> Outlook:
    """An outlook on a quarter with `deals` open deals of uneven amounts, evenly spread over `scopes` people."""
    rng = np.random.default_rng(seed)
    history = make_history(Settings())
    period = parse_period(QUARTER, history.settings)
    frame = _deals(rng, deals, scopes)
    donors = _deals(rng, 1_000, scopes).with_columns(weight=pl.lit(1e-3))
    now = Position(history, *bounds(period, history.settings), AS_OF, frame, frame.head(0), frame)
    arrivals = Arrivals(300.0, 0.06, donors, 500.0, 8)
    return Outlook(period, now, rng.beta(1, 3, deals), arrivals, 0.35, 8, learnt(scopes), ((-0.02, 0.5), (0.12, 0.5)))


def learnt(scopes: int) -> Lessons:
    """What earlier periods may teach: amounts and hands that change, a correction and wider ranges."""
    ratios, weights = np.array([1.0, 0.85, 0.94, 1.07]), np.array([0.55, 0.15, 0.15, 0.15])
    names = [f"rep {number:03}" for number in range(scopes)]
    hands = {**NO_LESSONS.handovers, "rep": Level({}, 0.95, dict.fromkeys(names, 1.0 / scopes))}
    done = Correction("company", "linear", factors={"company": 1.1})
    return Lessons(
        handovers=hands,
        amounts=AmountModel(Outcomes(ratios, weights), Outcomes(ratios, weights), 500),
        corrections={"amount": done, "count": done},
        scales={("amount", by): Scale(1.2, 30, True) for by in ("rep", "company")},
    )


def _deals(rng: np.random.Generator, deals: int, scopes: int) -> pl.DataFrame:
    names = [f"rep {number:03}" for number in range(scopes)]
    columns: dict[str, object] = {kind: ["company"] * deals for kind in SCOPE_KINDS}
    columns |= {"rep": [names[number % scopes] for number in range(deals)], "deal_id": [f"d{n}" for n in range(deals)]}
    columns |= {"amount": np.round(np.exp(rng.normal(10, 1.2, deals)), 2), "amount_unknown": [False] * deals}
    return pl.DataFrame(columns).with_columns(close_date=pl.lit(AS_OF))


def timed(work: Callable[[], Given]) -> tuple[Given, float, float]:
    """What some work gives, its seconds, and its seconds of the processor."""
    started, worked = time.perf_counter(), time.process_time()
    given = work()
    return given, time.perf_counter() - started, time.process_time() - worked


def table_lines(seen: Outlook, bar_seconds: float | None = None) -> Iterator[str]:
    """A line per table of an outlook that is there already, and their sum."""
    total = 0.0
    for by, measure in CUTS:
        rows, spent, worked = timed(partial(table, seen, by, measure))
        total += spent
        yield f"table of {by:8} {measure:7} {rows.height:4} scopes {spent:6.2f} s, of the processor {worked:.2f} s"
    verdict = "reached" if bar_seconds is None or total <= bar_seconds else "MISSED"
    bar = "" if bar_seconds is None else f" (bar {bar_seconds:.0f} s): {verdict}"
    yield f"{len(CUTS)} tables of {seen.now.open.height:,} open deals, the outlook ready: {total:.2f} s{bar}"


def outlook_lines(deals: int, seed: int = HISTORY_SEED) -> Iterator[str]:
    """The seconds of an outlook of a quarter four weeks in, from a history of so many deals, and of its tables."""
    taught = generate(deals, seed).history
    start, _ = bounds(parse_period(QUARTER, taught.settings), taught.settings)
    model, _ = fit_model(training_matrix(taught, start), taught, start, FitOptions())
    as_of = start + dt.timedelta(days=7 * WEEKS_IN)
    outlook(taught, model, QUARTER, as_of)  # compiles what an outlook needs
    # What was found of a history before is kept with it: the timed one is made anew.
    fresh = generate(deals, seed).history
    seen, spent, worked = timed(partial(outlook, fresh, model, QUARTER, as_of))
    tables = list(table_lines(seen))
    opened, people = seen.now.open.height, len(landings(seen, "rep"))
    yield f"outlook of {QUARTER}, {WEEKS_IN} weeks in, from a history of {deals:,} deals, {opened:,} of them open,"
    yield f"in the scopes of {people} people and their company: {spent:.2f} s, of the processor {worked:.2f} s"
    yield from tables


def main() -> None:
    table(pipeline(50, 2), "rep")  # compiles the kernel
    for line in (*table_lines(pipeline(DEALS, SCOPES), BAR_SECONDS), "", *outlook_lines(HISTORY_DEALS)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
