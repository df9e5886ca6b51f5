"""`dealcast train`: from history to a registered model."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from cli.console import Progress, say
from cli.models import open_registry
from cli.options import Session, as_of_option, day_or_newest, shared_options

if TYPE_CHECKING:
    from history.record import History
    from history.workspace import Workspace
    from training.pipeline import TrainReport


@click.command()
@shared_options
@as_of_option
@click.option("--promote", is_flag=True, help="Make it the champion even if the gate says no; recorded as by hand.")
def train(session: Session, as_of: dt.date | None, promote: bool) -> None:
    """Freeze the history, fit, calibrate, replay, check and register a model.

    Nothing recorded on the as-of day or later is used. The first version becomes champion; a later one if it passes.

    \b
    Example:
      dealcast train --as-of 2026-07-01
    """
    workspace = session.workspace()
    history = workspace.history()
    report = trained(workspace, history, day_or_newest(as_of, history), promote, Progress())
    show(report, session.language)


def trained(workspace: Workspace, history: History, day: dt.date, promote: bool, progress: Progress) -> TrainReport:
    """Trains as of the start of `day` and registers the version."""
    from training.pipeline import train as run

    registry = open_registry(workspace)
    instant = history.settings.start_of(day)
    return run(history, instant, registry, workspace.path / "frozen", promote=promote, progress=progress)


def show(report: TrainReport, language: str) -> None:
    """What was trained, how it did against the simple rules, and whether it serves."""
    say(str(report))
