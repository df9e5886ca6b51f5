"""`dealcast linearity`: how past periods' wins were spread over their months or weeks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, print_table, say
from cli.options import Session, as_of_option, day_or_newest, measure_option, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

LEADING = (
    Column("scope_id", "scope", "范围"),
    Column("period", "period", "期间"),
    Column("total", "won", "赢单", "amount"),
)


@click.command()
@shared_options
@click.option("--period", metavar="PERIOD", help="One that has ended. [default: the last ones, and all together]")
@as_of_option
@click.option(
    "--by",
    metavar="LEVEL",
    default="company",
    show_default=True,
    help="rep, team, region, product_line, segment, company, or a level of [hierarchies].",
)
@click.option("--part", type=click.Choice(["month", "week"]), default="month", show_default=True)
@click.option(
    "--cadence", type=click.Choice(["quarter", "month", "half", "year"]), default="quarter", show_default=True
)
@measure_option
@out_option
def linearity(
    session: Session,
    period: str | None,
    as_of: dt.date | None,
    by: str,
    part: str,
    cadence: str,
    measure: str,
    out: Path | None,
) -> None:
    """How past periods' wins were spread over their months or weeks.

    \b
    Example:
      dealcast linearity --by team
      dealcast linearity --period 2026Q1 --part week --measure count
    """
    from indicators.linearity import linearity as measured

    out = checked_path(out)
    workspace = session.workspace()
    history, settings = workspace.history(), workspace.settings
    day = day_or_newest(as_of, history)
    frame = measured(history, settings.start_of(day), by, part, measure, period, cadence)
    if out:
        write(frame, out)
    show(frame, day, part, Style(session.language, settings.currency if measure == "amount" else None))


def show(frame: pl.DataFrame, day: dt.date, part: str, style: Style) -> None:
    """Prints one row per scope and period, a column per part."""
    if frame.is_empty():
        say(choose(style.language, "Nothing was won.", "没有赢单。"))
        return
    names = {"month": ("month", "第{}个月"), "week": ("week", "第{}周")}[part]
    numbers = frame["number"].unique().sort().to_list()
    columns = [Column(str(one), f"{names[0]} {one}", names[1].format(one), "percent") for one in numbers]
    unit = choose(style.language, f"in {style.currency or 'deals'}", f"单位 {style.currency or '单'}")
    chinese = {"month": "月", "week": "周"}[part]
    title = choose(
        style.language,
        f"Share of each period's wins by {part}, as known on {day}, {unit}",
        f"各期间赢单按{chinese}的分布，以 {day} 所知为准，{unit}",
    )
    print_table(title, (*LEADING, *columns), rows_of(frame, style.language), style)


def rows_of(frame: pl.DataFrame, language: str) -> list[dict[str, Any]]:
    """One row per scope and period, the shares under the numbers of their parts."""
    from indicators.linearity import EVERY

    rows = []
    for (scope_id, period), own in frame.group_by("scope_id", "period", maintain_order=True):
        told = choose(language, "all together", "合计") if period == EVERY else period
        shares = {str(number): share for number, share in own.select("number", "share").iter_rows()}
        rows.append({"scope_id": scope_id, "period": told, "total": own["total"][0], **shares})
    return rows
