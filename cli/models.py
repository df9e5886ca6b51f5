"""`dealcast models`, `promote`, and which model answers for a day."""

from __future__ import annotations

import datetime as dt
import getpass
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, print_table, say
from cli.options import Session, shared_options
from cli.words import choose

if TYPE_CHECKING:
    from history.record import History
    from history.settings import Settings
    from history.workspace import Workspace
    from serving.choosing import ServedModel
    from training.registry import ModelVersion, Registry

COLUMNS = (
    Column("version", "version", "版本"),
    Column("trained_as_of", "trained as of", "训练截至", "date"),
    Column("state", "state", "状态"),
    Column("by", "promoted by", "上线人"),
    Column("reason", "reason", "原因"),
)


def open_registry(workspace: Workspace) -> Registry:
    """The registry of the workspace's models."""
    from serving.settings import settings_from_environment
    from training.registry import Registry

    store = workspace.store()
    try:
        return Registry(workspace.path, store.workspace_id, settings_from_environment().tracking_uri)
    finally:
        store.close()


def serving_model(workspace: Workspace, history: History, instant: dt.datetime, version: str | None) -> ServedModel:
    """The version asked for, else the one that serves at `instant`, else the tables of past deals."""
    from serving.choosing import choose_model

    return choose_model(open_registry(workspace), instant, version, history)


def model_note(model: ServedModel, settings: Settings, instant: dt.datetime, language: str) -> str:
    """Which model answered, and whether it had seen the day."""
    day = settings.day_of(model.trained_as_of)
    note = choose(
        language,
        f"Model {model.version}, trained as of {day}.",
        f"模型 {model.version}，训练截至 {day}。",
    )
    if model.trained_as_of <= instant:
        return note
    return note + choose(language, " In-sample: it has seen what came later.", " 样本内：该模型见过之后的结果。")


@click.command()
@shared_options
def models(session: Session) -> None:
    """The trained versions, and which one serves.

    \b
    Example:
      dealcast models
    """
    workspace = session.workspace()
    registry = open_registry(workspace)
    settings = workspace.settings
    rows = [row_of(version, settings, session.language) for version in registry.versions()]
    if not rows:
        say(
            choose(
                session.language,
                "No model yet; train one with `dealcast train`.",
                "尚无模型，可用 `dealcast train` 训练。",
            )
        )
        return
    print_table(choose(session.language, "Models", "模型"), COLUMNS, rows, Style(session.language))


def row_of(version: ModelVersion, settings: Settings, language: str) -> dict[str, Any]:
    """One version as a printed row."""
    state = ("champion", "现役") if version.champion else ("promoted", "已上线") if version.promoted else ("", "")
    return {
        "version": version.version,
        "trained_as_of": settings.day_of(version.trained_as_of),
        "state": choose(language, *state),
        "by": version.tags.get("promoted_by", ""),
        "reason": version.tags.get("promoted_reason", ""),
    }


@click.command()
@shared_options
@click.argument("version")
@click.option("--reason", required=True, help="Why, for the record.")
@click.option("--by", default=None, help="Who. [default: the name you are signed in with]")
def promote(session: Session, version: str, reason: str, by: str | None) -> None:
    """Let a version serve the days from its training on, by hand and on record.

    It becomes champion unless a version trained later is.

    \b
    Example:
      dealcast promote 2 --reason "reviewed with sales operations"
    """
    registry = open_registry(session.workspace())
    registry.promote(version, by or getpass.getuser(), reason)
    say(choose(session.language, f"Version {version} may serve.", f"版本 {version} 已可上线。"))
