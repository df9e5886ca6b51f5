"""`dealcast retrain`: a quarter's retraining, step by step, with a gate that can say no."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from cli.console import Style, notice, print_table, say
from cli.gate import GATE, gate_row
from cli.models import open_registry
from cli.options import Session, shared_options
from cli.words import choose
from history.errors import GateRefused

if TYPE_CHECKING:
    from history.workspace import Workspace
    from training.retraining.run import Outcome, Place, Under

LEAST_DONE = 0.05
"""The part of the whole from which on it is told how long the rest will take: less tells too little."""


@click.command()
@shared_options
@click.option("--quarter", metavar="QUARTER", help="Such as 2026Q3. [default: the last quarter that is over]")
@click.option("--if-due", is_flag=True, help="Do nothing where that quarter's retraining is finished; for timers.")
@click.option("--again", is_flag=True, help="Begin another retraining of the quarter; the first one is kept.")
@click.option("--approve-by", "by", metavar="NAME", help="Promote it although the gate found something, in your name.")
@click.option("--reason", metavar="TEXT", help="Why you approve, for the record.")
def retrain(
    session: Session, quarter: str | None, if_due: bool, again: bool, by: str | None, reason: str | None
) -> None:
    """Freeze, check the history, train, replay beside the champion, check, register, promote if nothing was found.

    What was finished is kept: stopped at any point, the same command goes on there. Finished, it says so and changes
    nothing. A version in which the gate finds something is registered and waits; somebody may approve it by name.

    \b
    Example:
      dealcast retrain --quarter 2026Q2
      dealcast retrain --quarter 2026Q2 --approve-by "Li Wei" --reason "the new region was to be expected"
    """
    from serving.tokens import utc_now
    from training.retraining.approval import approval_of
    from training.retraining.run import due_quarter, is_finished

    workspace, approval, now = session.workspace(), approval_of(by, reason), utc_now()
    name = quarter or due_quarter(workspace.settings, workspace.settings.day_of(now))
    place = place_of(workspace)
    if if_due and is_finished(place.retrainings, name):
        say(choose(session.language, f"The retraining of {name} is finished.", f"{name} 的再训练已完成。"))
        return
    told = RetrainingProgress(session.language)
    outcome = retrained(workspace, place, name, told, approval=approval, again=again, now=now)
    show(outcome, session.language)
    if not outcome.decision.promoted:
        raise GateRefused(
            f"version {outcome.version} of retraining {outcome.name} is not promoted: {outcome.decision.why}. Read "
            f"{outcome.folder / 'tell' / 'report.html'}, then mend what was found and retrain with --again, or approve "
            "it with --approve-by NAME --reason TEXT."
        )


def place_of(workspace: Workspace) -> Place:
    """Where the workspace's retrainings, frozen histories and models lie."""
    from training.retraining.run import Place

    return Place(workspace.path / "retraining", workspace.path / "frozen", open_registry(workspace))


def retrained(workspace: Workspace, place: Place, quarter: str, told: RetrainingProgress, **options: object) -> Outcome:
    """Carries out what is left of a quarter's retraining."""
    from serving.landings import landings, learned
    from training.retraining.plan import plan_of
    from training.retraining.run import retrain as run

    champion = place.registry.champion()
    plan = plan_of(quarter, workspace.settings, None if champion is None else champion.version)
    return run(
        plan,
        place,
        workspace.history,
        landings,
        learned,
        clock=time.monotonic,
        under=told,
        say=told.detail,
        **options,  # type: ignore[arg-type]
    )


def show(outcome: Outcome, language: str) -> None:
    """What the gate says, and what became of the version."""
    heading = choose(language, f"Gate of retraining {outcome.name}", f"再训练 {outcome.name} 的上线检验")
    print_table(heading, GATE, [gate_row(vars(one), language) for one in outcome.gate], Style(language))
    if not outcome.news:
        say(choose(language, "It was finished before; nothing was changed.", "此前已完成，未作任何改动。"))
    state = choose(language, *(("serves", "已上线") if outcome.decision.promoted else ("does not serve", "未上线")))
    by = outcome.decision.by
    say(
        choose(
            language,
            f"Version {outcome.version} {state}, by {by}: {outcome.decision.why}.",
            f"版本 {outcome.version} {state}（{by}）：{outcome.decision.why}。",
        )
    )
    report = outcome.folder / "tell" / "report.html"
    say(choose(language, f"Report: {report}", f"报告：{report}"))


class RetrainingProgress:
    """Tells on standard error which step is under way, and about how long the rest will take."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self.began = time.monotonic()
        self.first: float | None = None
        self.spared = 0.0
        self.behind = 0.0
        self._before = False

    def __call__(self, under: Under) -> None:
        # What comes before the first step, such as starting, is no measure of the steps.
        self.first = time.monotonic() if self.first is None else self.first
        self.spared += under.behind - self.behind if self._before else 0.0
        self._before, self.behind = under.done_before, under.behind
        what = choose(self.language, under.step.en, under.step.zh)
        left = choose(self.language, "done before", "此前已完成") if under.done_before else self._left()
        line = f"{time.monotonic() - self.began:6.1f} s  [{under.number}/{under.of}] {what}"
        notice(f"  {line} · {left}" if left else f"  {line}")

    def _left(self) -> str:
        """About how long the rest takes, by how long the part took that was carried out now."""
        done = self.behind - self.spared
        if self.first is None or done < LEAST_DONE:
            return ""
        seconds = (time.monotonic() - self.first) * max(0.0, 1 - self.behind) / done
        return choose(self.language, f"about {duration(seconds)} left", f"约剩 {duration(seconds)}")

    def detail(self, doing: str) -> None:
        notice(f"             {doing}")


def duration(seconds: float) -> str:
    """A stretch of time to the minute, or to ten seconds below two minutes.

    >>> duration(44.0), duration(119.0), duration(660.0)
    ('40 s', '2 min', '11 min')
    """
    return f"{round(seconds / 10) * 10:.0f} s" if seconds < 115 else f"{seconds / 60:.0f} min"
