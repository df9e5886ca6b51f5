"""Options that many verbs share, and what a verb is handed: where the workspace is and which language to print."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.words import LANGUAGES, language_of
from history.errors import DateInvalid

if TYPE_CHECKING:
    from history.record import History
    from history.workspace import Workspace

DEFAULT_WORKSPACE = Path("workspace")


@dataclass(frozen=True)
class Session:
    """One call of the command line."""

    path: Path = DEFAULT_WORKSPACE
    language: str = "en"

    def workspace(self) -> Workspace:
        """The workspace, which must exist."""
        from history.workspace import open_workspace
        from serving.settings import settings_from_environment

        return open_workspace(self.path, settings_from_environment().database_url)


def _path_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--workspace",
        "workspace_path",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="The workspace folder. [default: $DEALCAST_WORKSPACE, else ./workspace]",
    )(command)


def _language_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--language",
        type=click.Choice(LANGUAGES),
        help="Language of what is printed. [default: by LC_ALL or LANG]",
    )(command)


def session_from_environment() -> Session:
    """The session when no option says otherwise."""
    path = Path(os.environ.get("DEALCAST_WORKSPACE") or DEFAULT_WORKSPACE)
    return Session(path, language_of(os.environ))


def shared_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--workspace` and `--language` on a verb or a group; they hold for everything below it.

    The wrapped function gets the `Session` as its first argument.
    """

    @_path_option
    @_language_option
    @click.pass_context
    @functools.wraps(command)
    def run(
        context: click.Context, *args: Any, workspace_path: Path | None, language: str | None, **options: Any
    ) -> Any:
        session = context.obj or session_from_environment()
        context.obj = replace(session, path=workspace_path or session.path, language=language or session.language)
        return command(context.obj, *args, **options)

    return run


class Day(click.ParamType):
    """A date written YYYY-MM-DD."""

    name = "date"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        return value if isinstance(value, dt.date) else parse_day(str(value), param.opts[-1] if param else "date")


def parse_day(text: str, option: str) -> dt.date:
    """The date that `text` names; raises `DateInvalid`.

    >>> parse_day("2026-07-01", "--as-of")
    datetime.date(2026, 7, 1)
    """
    try:
        if len(text) != 10:
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise DateInvalid(
            f"{option} {text!r} is not a date; expected year, month and day, such as 2026-07-01."
        ) from error


as_of_option = click.option(
    "--as-of",
    "as_of",
    type=Day(),
    help="The day whose start is the present of the answer. [default: the day after the newest row]",
)
period_option = click.option(
    "--period", metavar="PERIOD", help="2026Q4, 2026-11, 2026H2 or 2026. [default: the quarter of the as-of day]"
)
level_option = click.option(
    "--by",
    metavar="LEVEL",
    default="team",
    show_default=True,
    help="rep, team, region, product_line, segment, company, or a level of [hierarchies].",
)
measure_option = click.option("--measure", type=click.Choice(["amount", "count"]), default="amount", show_default=True)
model_option = click.option(
    "--model", "version", metavar="VERSION", help="This version instead of the one that serves on that day."
)
out_option = click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write every column to a .csv, .parquet or .json."
)


def day_or_newest(day: dt.date | None, history: History) -> dt.date:
    """`day`, or the day after the newest recorded row, as the pages have it; raises `NoHistory` when there is none."""
    if day is not None:
        return day
    from serving.served_day import serving_instant
    from serving.tokens import utc_now

    return history.settings.day_of(serving_instant(history, day, utc_now()))
