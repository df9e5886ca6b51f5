"""`dealcast train`: from history to a registered model."""

from __future__ import annotations

import datetime as dt
import getpass
from typing import TYPE_CHECKING

import click

from cli.console import Progress, Style, print_table, say
from cli.figures import show_figures
from cli.gate import GATE, gate_row
from cli.models import open_registry
from cli.options import Session, as_of_option, day_or_newest, shared_options
from cli.words import choose

if TYPE_CHECKING:
    from history.record import History
    from history.workspace import Workspace
    from training.pipeline import TrainReport


@click.command()
@shared_options
@as_of_option
@click.option("--promote", is_flag=True, help="Make it the champion even if the gate says no; recorded as by hand.")
@click.option(
    "--tune",
    "trials",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Try so many settings first, inside the training window.",
)
def train(session: Session, as_of: dt.date | None, promote: bool, trials: int) -> None:
    """Freeze the history, fit, calibrate, replay, check and register a model.

    Nothing recorded on the as-of day or later is used. The first version becomes champion; a later one if it passes.

    \b
    Example:
      dealcast train --as-of 2026-07-01
    """
    workspace = session.workspace()
    history = workspace.history()
    report = trained(workspace, history, day_or_newest(as_of, history), promote, Progress(), trials)
    show(report, session.language)


def trained(
    workspace: Workspace, history: History, day: dt.date, promote: bool, progress: Progress, trials: int = 0
) -> TrainReport:
    """Trains as of the start of `day` and registers the version."""
    from serving.tokens import utc_now
    from training.fitting import FitOptions
    from training.pipeline import train as run

    registry = open_registry(workspace)
    instant = history.settings.start_of(day)
    frozen, options = workspace.path / "frozen", FitOptions(trials=trials)
    return run(history, instant, registry, frozen, promote, progress, options, getpass.getuser(), utc_now)


def show(report: TrainReport, language: str) -> None:
    """How the version did against the simple rules on days it had not seen, what the gate says, whether it serves."""
    from training.pipeline import FIRST

    if report.held_out:
        show_figures(report.held_out, language)
    told = [gate_row(vars(result), language) for result in report.gate]
    print_table(choose(language, "Gate", "上线检验"), GATE, told, Style(language))
    state = choose(language, *(("serves", "已上线") if report.promoted else ("does not serve", "未上线")))
    say(
        choose(
            language,
            f"Version {report.version} {state}: {report.why}.",
            f"版本 {report.version} {state}：{report.why_zh}。",
        )
    )
    if report.why.startswith(FIRST):
        say(
            choose(
                language,
                "A first version serves whatever the gate finds, as there is no other; later ones must pass.",
                "首个版本无论检验结果如何都会上线，因为尚无其他版本；之后的版本须通过检验。",
            )
        )
