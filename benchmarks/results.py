"""`make results`: measures the model and every simple rule, replaying past dates, and writes docs/results.md.

Real histories are measured where the evaluation data is present. Where a part of it is absent, what could be measured
is printed and the page stays as it is.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.attainment_results import sections
from benchmarks.honesty import planted_lines, reliability_lines
from benchmarks.people_results import sections as people_sections
from benchmarks.retraining_year import sections as retraining_sections
from features.catalogue import FEATURES, feature_version
from features.matrix import build_matrix
from history.canonical import read_folder
from history.record import History
from history.synthetic import generate
from tests.lib import evaluation
from tests.lib.maven import engaged_spine, fates, fates_swapped, maven_history
from training.backtest import MODEL, HorizonOf, Replay, backtest, days_ahead, period_end, training_matrix
from training.choice import fit_model
from training.fitting import FitOptions
from training.metrics import Metrics, Score, auc, deal_weights, measure

ATTAINMENT, RETRAINING, PEOPLE = "<!-- attainment -->", "<!-- retraining -->", "<!-- people -->"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "results.md"
DAY = dt.timedelta(days=1)
NAMES = {
    "model": "**the model**",
    "stage_age": "stage × age table (the gate)",
    "stage_conversion": "stage conversion",
    "stage_map": "fixed stage map",
    "close_date": "the rep's own close date",
    "naive_bayes": "naive Bayes over field values",
    "logistic": "logistic regression on the same features",
    "cox": "Cox regression on a dozen features",
}


@dataclass(frozen=True)
class Question:
    """One question asked of a history on a series of dates."""

    title: str
    horizon_of: Callable[[History], HorizonOf]
    first: dt.date
    last: dt.date
    refit: str
    aim: tuple[float, float, float] | None = None
    """AUC, log loss and Brier that were asked for."""

    def dates(self, history: History) -> list[dt.datetime]:
        """The weekly dates as instants."""
        days = range(0, (self.last - self.first).days + 1, 7)
        return [history.settings.start_of(self.first + dt.timedelta(days=day)) for day in days]


def quarter_end(history: History) -> HorizonOf:
    return period_end(history.settings, "quarter")


def month_end(history: History) -> HorizonOf:
    return period_end(history.settings, "month")


def ahead(days: int) -> Callable[[History], HorizonOf]:
    return lambda history: days_ahead(days)


CHIP_AIM, LOAN_AIM = (0.86, 0.355, 0.116), (0.81, 0.415, 0.136)
CHIPS = (
    Question(
        "won before the end of the quarter",
        quarter_end,
        dt.date(2015, 10, 1),
        dt.date(2016, 3, 24),
        "quarter",
        CHIP_AIM,
    ),
)
OWN_FIELDS = ("market", "product_application")
OWN = (replace(CHIPS[0], title=f"{CHIPS[0].title}, with two fields of the company's own as features"),)
LOANS = tuple(
    Question(title, horizon, dt.date(2011, 12, 1), dt.date(2012, 1, 12), "every", aim)
    for title, horizon, aim in (
        ("won within 14 days", ahead(14), LOAN_AIM),
        ("won within 30 days", ahead(30), None),
        ("won before the end of the month", month_end, None),
    )
)
SYNTHETIC = (
    Question("won before the end of the quarter", quarter_end, dt.date(2026, 1, 1), dt.date(2026, 6, 25), "quarter"),
)


def main(only: Sequence[str] = ()) -> int:
    """Measures everything and writes the page; with "deals", "attainment", "retraining" or "people" that part."""
    if not only or "deals" in only:
        measure_deals()
    if not only or "attainment" in only:
        renew(ATTAINMENT, attainment)
    if not only or "retraining" in only:
        renew(RETRAINING, retraining)
    if not only or "people" in only:
        renew(PEOPLE, people)
    return 0


def measure_deals() -> None:
    """Measures the deal model; writes its part of the page when all of it was there."""
    parts, complete = [], True
    for section in (chips, loans, maven, synthetic):
        try:
            parts.append("\n".join(section()))
        except pytest.skip.Exception as absent:
            complete = False
            print(f"left out: {absent}", file=sys.stderr)
    page = "\n\n".join([opening(), *parts]) + "\n"
    if complete:
        _, marker, kept = PAGE.read_text(encoding="utf-8").partition(ATTAINMENT)
        PAGE.write_text(page + ("\n" + marker + kept if marker else ""), encoding="utf-8")
    print(page if not complete else f"{PAGE} written")


def attainment() -> Iterator[str]:
    """Where periods land; the last part of the page."""
    yield ATTAINMENT
    yield from sections()


def retraining() -> Iterator[str]:
    """What a year of retraining would have brought."""
    yield RETRAINING
    yield from retraining_sections()


def people() -> Iterator[str]:
    """What people's own forecasts were worth."""
    yield PEOPLE
    yield from people_sections()


def renew(marker: str, measured: Callable[[], Iterator[str]]) -> None:
    """Measures the part of the page that begins with `marker` and leaves the rest as it is."""
    try:
        part = "\n".join(measured())
    except pytest.skip.Exception as absent:
        print(f"left out: {absent}", file=sys.stderr)
        return
    PAGE.write_text(with_part(PAGE.read_text(encoding="utf-8"), marker, part), encoding="utf-8")
    print(f"{PAGE} written")


def with_part(page: str, marker: str, part: str) -> str:
    """The page with one part replaced, or added at its end.

    >>> with_part("a <!-- attainment --> old <!-- retraining --> kept", ATTAINMENT, "new").split()
    ['a', 'new', '<!--', 'retraining', '-->', 'kept']
    """
    before, _, after = page.partition(marker)
    later = [place for other in (ATTAINMENT, RETRAINING, PEOPLE) if (place := after.find(other)) >= 0]
    kept = [after[min(later) :]] if later else []
    return "\n\n".join(text.strip() for text in (before, part, *kept)) + "\n"


def opening() -> str:
    """What the page is and how to read it."""
    return f"""# Results

*Made by `make results`; do not edit.*

On each date the model and every rule see only what was known at the start of that day, are trained only on what was
known at the cut named, and answer one question about each open deal. What came is looked up afterwards. AUC: 0.5 is a
coin, 1 is perfect; log loss and Brier: smaller is better. In brackets the interval that holds 90 % of resamplings of
deals. {len(FEATURES)} features, version `{feature_version()}`. The evaluation data is not part of the project."""


def chips() -> Iterator[str]:
    """A chip maker's opportunity history."""
    history = read_folder(evaluation.folder("chip_pipeline"))
    yield "## A chip maker's opportunities"
    yield ""
    yield "3,374 masked opportunities of 2015 and 2016, territories instead of reps. Models are trained at the start of"
    yield "each quarter. What is asked was set on another count of the same deals (27,430 rows, 20.7 % won) that could"
    yield "not be found again, so it is not comparable row for row; an unadorned model of twenty plain columns stands"
    yield "beside ours, on the rows counted here, in [comparison.md](comparison.md)."
    yield from answered(history, CHIPS)
    own = replace(history, settings=replace(history.settings, feature_fields=OWN_FIELDS))
    yield from answered(own, OWN)


def loans() -> Iterator[str]:
    """Loan applications of BPI Challenge 2012."""
    history = read_folder(evaluation.folder("bpic2012"))
    yield "## Loan applications (BPI Challenge 2012)"
    yield ""
    yield "5,721 applications of five months, with the work done on them. Models are trained anew on every date; dates"
    yield "whose horizon ends after the log are left out."
    yield from answered(history, LOANS)


def synthetic() -> Iterator[str]:
    """The synthetic CRM of the demo."""
    yield "## The synthetic CRM"
    yield ""
    yield "4,000 deals, seed 7, as in `make demo`. It shows that the machinery finds what was planted, and nothing of"
    yield "a company."
    yield from answered(generate(4_000, 7).history, SYNTHETIC)
    yield ""
    yield from planted_lines()


def maven() -> Iterator[str]:
    """The set without signal: who does well on it has a leak."""
    history = maven_history(evaluation.folder("crm_exports") / "maven")
    yield "## A set without signal (Maven)"
    yield ""
    yield "Fictitious opportunities in which next to nothing about a deal foretells its outcome. Each is scored on"
    yield f"the day after it was engaged, from {ALARM_CUTS[0]} on, by the model trained at the start of the quarter;"
    yield "one that does much better than a coin has a leak. The day does foretell something: of deals closed in the"
    yield "last month of a quarter four in five are won, of others half, so a share won of the last 60 days points the"
    yield "wrong way."
    yield "Deals are therefore also compared with those engaged on the same day alone. *Days alone* is what is left of"
    yield "the AUC over all days when outcomes are shuffled among the deals of each day. The last line is the control:"
    yield "the fates themselves dealt out anew among the deals of each day, and the models trained on that."
    yield ""
    yield "| forecast | deals | won | AUC, same day | AUC, all days | days alone |"
    yield "|---|---|---|---|---|---|"
    yield _alarm_line("**the model**", leakage_alarm(history))
    yield _alarm_line("the model, fates dealt out anew", leakage_alarm(fates_swapped(history, seed=0)))


def _alarm_line(name: str, told: Alarm) -> str:
    figures = " | ".join(figure(score) for score in (told.same_day, told.all_days.auc, told.days_alone))
    return f"| {name} | {told.all_days.deals:,} | {told.all_days.share_won:.0%} | {figures} |"


ALARM_CUTS = (dt.date(2017, 4, 1), dt.date(2017, 7, 1), dt.date(2017, 10, 1))


@dataclass(frozen=True)
class Alarm:
    """How well chances rank newly engaged deals that closed in the end: of one day, of all days, and by their days."""

    same_day: Score
    all_days: Metrics
    days_alone: Score


def leakage_alarm(history: History, cuts: Sequence[dt.date] = ALARM_CUTS) -> Alarm:
    """What models trained at the cuts make of deals engaged after, each on the day after, by the newest model then."""
    told = pl.concat([_alarm_rows(history, cut, after) for cut, after in zip(cuts, [*cuts[1:], None], strict=True)])
    chance, won, deal, day = (told[name].to_numpy() for name in ("chance", "won", "deal_id", "as_of"))
    whole = measure(chance, won, deal)
    return Alarm(same_day_auc(chance, won, day), whole, days_alone_auc(chance, won, day))


def _alarm_rows(history: History, cut_day: dt.date, until_day: dt.date | None) -> pl.DataFrame:
    """deal_id, as_of, won (0 or 1) and chance of the deals that the model trained at the cut speaks of."""
    cut, until = history.settings.start_of(cut_day), until_day and history.settings.start_of(until_day)
    model, _ = fit_model(training_matrix(history, cut), history, cut, FitOptions())
    spine = engaged_spine(history).join(fates(history), on="deal_id").filter(pl.col("as_of") >= cut)
    spine = spine if until is None else spine.filter(pl.col("as_of") < until)
    matrix = build_matrix(history, spine.select("deal_id", "as_of"))
    chance = model.predict(matrix, np.full(spine.height, 90.0))["win_probability"].to_numpy()
    return spine.with_columns(pl.col("won").cast(pl.Float64), chance=pl.Series(chance))


def same_day_auc(chance: np.ndarray, won: np.ndarray, day: np.ndarray, resamples: int = 200) -> Score:
    """The chance that a won deal was ranked above a lost one of the same day, ties counted half; one row per deal."""
    rows = [np.flatnonzero(day == one) for one in np.unique(day)]
    pairs = [np.stack(np.meshgrid(one[won[one] == 1], one[won[one] == 0])).reshape(2, -1) for one in rows]
    winner, loser = np.hstack(pairs)
    right = (np.sign(chance[winner] - chance[loser]) + 1) / 2
    drawn = deal_weights(np.arange(len(won)), 0, resamples).astype(float)
    weight = drawn[:, winner] * drawn[:, loser]
    weight = weight[weight.sum(axis=1) > 0]
    low, high = np.quantile(weight @ right / weight.sum(axis=1), [0.05, 0.95])
    return Score(float(right.mean()), float(low), float(high))


def days_alone_auc(chance: np.ndarray, won: np.ndarray, day: np.ndarray, shuffles: int = 200) -> Score:
    """The AUC that is left when outcomes are shuffled among the deals of each day: what the days alone tell."""
    generator = np.random.default_rng(0)
    place = np.argsort(day, kind="stable")
    found = []
    for _ in range(shuffles):
        mixed = np.empty(len(won))
        mixed[place] = won[np.lexsort((generator.random(len(day)), day))]
        found.append(auc(chance, mixed))
    low, high = np.quantile(found, [0.05, 0.95])
    return Score(float(np.mean(found)), float(low), float(high))


def answered(history: History, questions: tuple[Question, ...]) -> Iterator[str]:
    """The tables of some questions about one history."""
    for question in questions:
        horizon_of = question.horizon_of(history)
        replay = backtest(history, question.dates(history), horizon_of, question.refit, question.title, say=said)
        yield ""
        yield from told(replay, question, history)


def said(doing: str) -> None:
    print(f"  {doing}", file=sys.stderr, flush=True)


def told(replay: Replay, question: Question, history: History) -> Iterator[str]:
    """One replay as a table with what it rests on."""
    metrics = replay.metrics()
    slope, intercept = replay.slope_and_intercept()
    dates = replay.rows["as_of"].unique().sort()
    days = [history.settings.day_of(date) for date in (dates[0], dates[-1])]
    first = metrics["model"]
    yield f"### {question.title.capitalize()}"
    yield ""
    rows = f"{first.n:,} rows of {first.deals:,} deals, {first.share_won:.1%} won"
    yield f"{len(dates)} weekly dates, {days[0]} to {days[1]}; {rows}."
    yield f"Calibration slope {slope:.2f}, intercept {intercept:+.2f}."
    yield ""
    yield "| forecast | AUC | log loss | Brier | log loss above the model's |"
    yield "|---|---|---|---|---|"
    for name, found in metrics.items():
        above = "" if name == MODEL else figure(replay.gain_over(name), 4)
        figures = (figure(found.auc), figure(found.log_loss, 4), figure(found.brier, 4), above)
        yield f"| {NAMES.get(name, name)} | {' | '.join(figures)} |"
    if question.aim:
        yield ""
        yield from against(question.aim, first)
    yield from reliability_lines(replay, history)


def against(aim: tuple[float, float, float], found: Metrics) -> Iterator[str]:
    """What was asked for, and whether it was reached."""
    measured = (found.auc.value, found.log_loss.value, found.brier.value)
    reached = (measured[0] >= aim[0], measured[1] <= aim[1], measured[2] <= aim[2])
    yield "| the model | asked | measured | |"
    yield "|---|---|---|---|"
    for name, asked, value, well in zip(("AUC", "log loss", "Brier"), aim, measured, reached, strict=True):
        yield f"| {name} | {asked} | {value:.4f} | {'reached' if well else '**missed**'} |"


def figure(score: Score, digits: int = 3) -> str:
    """A figure with its interval."""
    return f"{score.value:.{digits}f} ({score.low:.{digits}f} to {score.high:.{digits}f})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
