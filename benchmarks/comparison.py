"""`make comparison`: the deal model beside other designs of it, replayed on the same rows; writes docs/comparison.md.

Real histories are measured where the evaluation data is present. Where a part of it is absent, what could be measured
is printed and the page stays as it is. Naming parts ("chips", "loans", "synthetic") measures and prints those alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from benchmarks import results
from benchmarks.results import CHIPS, LOANS, SYNTHETIC, Question, figure, said
from history.canonical import read_folder
from history.record import History
from history.synthetic import generate
from tests.lib import evaluation
from training.backtest import MODEL, Replay, backtest
from training.metrics import Score
from training.rivals.blend import with_blends
from training.rivals.direct import direct
from training.rivals.hazard import hazard
from training.rivals.plain import plain

PAGE = Path(__file__).resolve().parents[1] / "docs" / "comparison.md"
RIVALS = {"direct": direct, "hazard": hazard, "plain": plain}
BLENDS = {
    "with_direct": (MODEL, "direct"),
    "with_hazard": (MODEL, "hazard"),
    "with_logistic": (MODEL, "logistic"),
}
NAMES = {
    **results.NAMES,
    "direct": "one LightGBM for this question alone",
    "hazard": "LightGBM hazard per week",
    "plain": "one LightGBM for this question, twenty plain columns",
    "with_direct": "blend of the model and the one for this question",
    "with_hazard": "blend of the model and the hazard per week",
    "with_logistic": "blend of the model and logistic regression",
}
Asked = tuple[str, Question, Replay]


def chips() -> Iterator[Asked]:
    history = read_folder(evaluation.folder("chip_pipeline"))
    yield from asked("A chip maker's opportunities", history, CHIPS)


def loans() -> Iterator[Asked]:
    history = read_folder(evaluation.folder("bpic2012"))
    yield from asked("Loan applications (BPI Challenge 2012)", history, LOANS[:2])


def synthetic() -> Iterator[Asked]:
    yield from asked("The synthetic CRM, 4,000 deals, seed 7", generate(4_000, 7).history, SYNTHETIC)


PARTS: Mapping[str, Callable[[], Iterator[Asked]]] = {"chips": chips, "loans": loans, "synthetic": synthetic}


def main(only: Sequence[str] = ()) -> int:
    """Measures the named parts, all when none is named; writes the page when all of them were there."""
    replays: list[Asked] = []
    complete = not only
    for name in only or PARTS:
        try:
            replays.extend(PARTS[name]())
        except pytest.skip.Exception as absent:
            complete = False
            print(f"left out: {absent}", file=sys.stderr)
    page = "\n".join([opening(), *summary(replays), *(line for one in replays for line in told(*one))]) + "\n"
    if complete:
        PAGE.write_text(page, encoding="utf-8")
    print(f"{PAGE} written" if complete else page)
    return 0


def asked(title: str, history: History, questions: Sequence[Question]) -> Iterator[Asked]:
    """Each question of a history, answered by the model, the baselines, the rivals and the blends."""
    for question in questions:
        print(f"{title}: {question.title}", file=sys.stderr, flush=True)
        horizon_of, dates = question.horizon_of(history), question.dates(history)
        replay = backtest(history, dates, horizon_of, question.refit, question.title, say=said, rivals=RIVALS)
        yield title, question, with_blends(replay, BLENDS)


def opening() -> str:
    """What the page is and how to read it."""
    return """# Designs of the deal model, compared

*Made by `make comparison`; do not edit.*

All forecasts of a table answer one question about the same open deals on the same dates, each fitted only on what was
known at the same cut. AUC: 0.5 is a coin, 1 is perfect; log loss and Brier: smaller is better. The last column is how
much larger a forecast's log loss is than the model's: above 0 the model is better. In brackets the interval that holds
90 % of resamplings of deals. What is chosen, and why: [decision 0004](decisions/0004-horizon-conditioned-model.md).
The models of a rival design are calibrated as the model is, but for its steps by stage."""


def summary(replays: Sequence[Asked]) -> Iterator[str]:
    """Every forecast's log loss over the model's, per question, and the mean over the histories."""
    yield "\n## Log loss minus the model's\n"
    heads = [f"{title}: {question.title}" for title, question, _ in replays]
    yield f"| {' | '.join(['forecast', *heads, 'mean of histories'])} |"
    yield "|---|" + "---|" * (len(replays) + 1)
    for name in replays[0][2].forecasts if replays else []:
        found = [larger(replay, name).value for _, _, replay in replays]
        figures = [f"{value:+.4f}" for value in (*found, _mean(replays, found))]
        yield f"| {' | '.join([NAMES.get(name, name), *figures])} |"


def _mean(replays: Sequence[Asked], found: Sequence[float]) -> float:
    """The mean over histories of the mean over each one's questions, so that each history counts once."""
    titles = [title for title, _, _ in replays]
    each = [
        [value for told, value in zip(titles, found, strict=True) if told == title] for title in dict.fromkeys(titles)
    ]
    return sum(sum(values) / len(values) for values in each) / len(each)


def larger(replay: Replay, name: str) -> Score:
    """By how much the log loss of a forecast is larger than the model's."""
    return replay.gain_over(name)


def told(title: str, question: Question, replay: Replay) -> Iterator[str]:
    """One question as a table."""
    metrics, (first, last) = replay.metrics(), replay.days
    asked_of = metrics[MODEL]
    dates = replay.rows["as_of"].n_unique()
    yield f"\n## {title}: {question.title}\n"
    yield f"{dates} weekly dates, {first} to {last}, refitted {_refitted(question)}; {asked_of.n:,} rows of"
    yield f"{asked_of.deals:,} deals, {asked_of.share_won:.1%} won.\n"
    yield "| forecast | AUC | log loss | Brier | log loss minus the model's |"
    yield "|---|---|---|---|---|"
    for name, found in sorted(metrics.items(), key=lambda item: item[1].log_loss.value):
        beside = "" if name == MODEL else signed(larger(replay, name))
        figures = (figure(found.auc), figure(found.log_loss, 4), figure(found.brier, 4), beside)
        yield f"| {NAMES.get(name, name)} | {' | '.join(figures)} |"


def _refitted(question: Question) -> str:
    return "on every date" if question.refit == "every" else f"at the start of each {question.refit}"


def signed(score: Score) -> str:
    """A difference with its interval."""
    return f"{score.value:+.4f} ({score.low:+.4f} to {score.high:+.4f})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
