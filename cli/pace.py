"""`dealcast pace`: how a period is coming along, and what it would take to close the gap."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.console import Column, Style, notice, print_table, say
from cli.models import model_note, serving_model
from cli.options import (
    Session,
    as_of_option,
    day_or_newest,
    level_option,
    measure_option,
    model_option,
    out_option,
    period_option,
    shared_options,
)
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

COLUMNS = (
    Column("scope_id", "scope", "范围"),
    Column("booked", "booked", "已签", "amount"),
    Column("same_day_mean", "usual by this day", "往期同日平均", "amount"),
    Column("pace", "pace", "进度比", "percent"),
    Column("same_day_last_year", "a year before", "去年同日", "amount"),
    Column("mean", "expected", "预计", "amount"),
    Column("quota", "quota", "目标", "amount"),
    Column("gap", "gap", "缺口", "amount"),
    Column("coverage", "coverage", "覆盖倍数", "times"),
    Column("required_new_pipeline", "new pipeline it takes", "所需新增商机", "amount"),
)


@click.command()
@shared_options
@period_option
@as_of_option
@level_option
@measure_option
@model_option
@out_option
def pace(
    session: Session,
    period: str | None,
    as_of: dt.date | None,
    by: str,
    measure: str,
    version: str | None,
    out: Path | None,
) -> None:
    """Pace against the same day of earlier periods, gap, coverage, and the new pipeline the gap would take.

    Each factor of the last is shown with the number of deals behind it.

    \b
    Example:
      dealcast pace --period 2026Q2 --as-of 2026-05-16 --by team
    """
    from history.fiscal import parse_period, quarter_of
    from serving.forecasting import outlook
    from serving.pace import pace as measured
    from serving.pace_words import working

    out = checked_path(out)
    workspace = session.workspace()
    history, settings = workspace.history(), workspace.settings
    day = day_or_newest(as_of, history)
    name = parse_period(period, settings).name if period else quarter_of(day, settings).name
    instant = settings.start_of(day)
    model = serving_model(workspace, history, instant, version)
    frame = measured(outlook(history, model, name, instant), by, measure)
    if out:
        write(frame, out)
    show(frame, name, day, Style(session.language, settings.currency if measure == "amount" else None))
    for row in frame.iter_rows(named=True):
        say(working(row, settings.currency, session.language))
    notice(model_note(model, settings, instant, session.language))


def show(frame: pl.DataFrame, period: str, day: dt.date, style: Style) -> None:
    """Prints the table, or says that there is nothing to measure."""
    if frame.is_empty():
        say(
            choose(
                style.language,
                f"Nothing is booked, open or targeted in {period}.",
                f"{period} 内没有已签、在途或目标。",
            )
        )
        return
    passed, days, periods = frame.select("day", "days", "periods").row(0)
    title = choose(
        style.language,
        f"{period} on {day}, day {passed} of {days}, against {periods} earlier periods on the same day",
        f"{period}，{day}，第 {passed}/{days} 天，与此前 {periods} 个同类期间的同日相比",
    )
    print_table(title, COLUMNS, frame.to_dicts(), style)
