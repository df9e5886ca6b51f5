"""`dealcast backtest`: replays past dates and says how good the model and the simple rules would have been."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.console import Progress, notice
from cli.figures import show_figures
from cli.generate import checked_folder
from cli.options import Day, Session, shared_options
from cli.words import choose
from history.errors import DateInvalid

if TYPE_CHECKING:
    from history.settings import Settings


@click.command()
@shared_options
@click.option("--from", "first", type=Day(), required=True, help="The first date.")
@click.option("--to", "end", type=Day(), required=True, help="Dates lie before this day.")
@click.option("--every", type=click.Choice(["week", "month"]), default="week", show_default=True)
@click.option(
    "--days", type=click.IntRange(1, 730), help="Won within so many days. [default: by the end of the quarter]"
)
@click.option("--by-month", is_flag=True, help="Won by the end of the month.")
@click.option(
    "--refit",
    type=click.Choice(["every", "month", "quarter"]),
    default="quarter",
    show_default=True,
    help="Train anew on every date, or at the start of each month or quarter.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="A new or empty folder for the report.")
def backtest(
    session: Session,
    first: dt.date,
    end: dt.date,
    every: str,
    days: int | None,
    by_month: bool,
    refit: str,
    out: Path | None,
) -> None:
    """Replay past dates: train on what was known, predict, compare with what came.

    With --out: metrics.json, rows.parquet and report.html.

    \b
    Example:
      dealcast backtest --from 2026-01-01 --to 2026-04-01 --every week --out replay
      dealcast backtest --from 2026-01-01 --to 2026-04-01 --every month --days 30
    """
    from training.backtest import backtest as replay_dates
    from training.report import summary, write_report

    if out:
        checked_folder(out)
    history = session.workspace().history()
    asked = [history.settings.start_of(day) for day in dates(first, end, every)]
    question, horizon_of = horizon(history.settings, days, by_month)
    replay = replay_dates(history, asked, horizon_of, refit, question, say=Progress())
    found = write_report(replay, out) if out else summary(replay)
    if out:
        notice(choose(session.language, f"Report: {out / 'report.html'}", f"报告：{out / 'report.html'}"))
    show_figures(found, session.language)


def dates(first: dt.date, end: dt.date, every: str) -> list[dt.date]:
    """The dates from `first`, a week or a month apart, before `end`; raises `DateInvalid` where there is none.

    >>> [str(day) for day in dates(dt.date(2026, 1, 31), dt.date(2026, 4, 1), "month")]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    if first >= end:
        raise DateInvalid(f"--from {first} is not before --to {end}; give a later --to.")
    found, number = [first], 1
    while (day := nth(first, number, every)) < end:
        found.append(day)
        number += 1
    return found


def nth(first: dt.date, number: int, every: str) -> dt.date:
    """The date `number` weeks or months after `first`; the last day of a shorter month."""
    if every == "week":
        return first + dt.timedelta(days=7 * number)
    months = first.month - 1 + number
    year, month = first.year + months // 12, months % 12 + 1
    next_month = dt.date(year + month // 12, month % 12 + 1, 1)
    return min(dt.date(year, month, 1) + dt.timedelta(days=first.day - 1), next_month - dt.timedelta(days=1))


def horizon(settings: Settings, days: int | None, by_month: bool) -> tuple[str, Callable[[dt.datetime], dt.datetime]]:
    """The question in words, and the end of the horizon of a date."""
    from training.backtest import days_ahead, period_end

    if days is not None:
        return f"won within {days} days", days_ahead(days)
    cadence = "month" if by_month else "quarter"
    return f"won before the end of the {cadence}", period_end(settings, cadence)
