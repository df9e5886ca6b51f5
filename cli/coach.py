"""`dealcast coach`: goals agreed with people, and what then happened."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.console import Column, Style, print_table, say
from cli.options import Session, as_of_option, day_or_newest, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

COLUMNS = (
    Column("rep_id", "person", "人员"),
    Column("name", "indicator", "指标"),
    Column("period", "by the end of", "达成期间"),
    Column("goal", "goal", "目标", "number"),
    Column("before", "before", "之前", "number"),
    Column("value", "value", "现值", "number"),
    Column("n", "n", "样本数", "whole"),
    Column("state_told", "state", "状态"),
    Column("written_by", "written by", "记录人"),
    Column("note", "note", "行动"),
)
STATES = {"running": "进行中", "reached": "已达成", "not reached": "未达成", "not told": "无法计量"}


@click.group()
@shared_options
def coach(session: Session) -> None:
    """Goals agreed with people: written down once, followed to the end of their period. Nothing written is replaced.

    \b
    Example:
      dealcast coach plan --rep R001 --indicator data_hygiene --goal 0.8 --period 2026Q4 --by M03
      dealcast coach list --as-of 2027-01-05
    """


@coach.command()
@shared_options
@click.option("--rep", required=True, metavar="REP_ID", help="Whose goal it is.")
@click.option("--indicator", required=True, metavar="NAME", help="What it is measured by, such as data_hygiene.")
@click.option("--goal", required=True, type=float, metavar="VALUE", help="What is to be reached, in its unit.")
@click.option("--period", required=True, metavar="PERIOD", help="By the end of 2026Q4, 2026-11, 2026H2 or 2026.")
@click.option("--by", required=True, metavar="REP_ID", help="Who writes it down: the person or who leads them.")
@click.option("--note", metavar="TEXT", help="What is to be done for it.")
def plan(session: Session, rep: str, indicator: str, goal: float, period: str, by: str, note: str | None) -> None:
    """Writes a goal down: a person, a measure, and by when.

    \b
    Example:
      dealcast coach plan --rep R001 --indicator win_rate --goal 0.4 --period 2026Q4 --by M03 --note "review losses"
    """
    from indicators.plans import Plan, plan_row
    from serving.tokens import utc_now

    workspace = session.workspace()
    store = workspace.store()
    try:
        row = plan_row(store.history(workspace.settings), Plan(rep, indicator, goal, period, by, note), utc_now())
        store.append("coaching_plans", row)
    finally:
        store.close()
    name = row["period"].item()
    said = (
        f"Written down: {rep}, {indicator} {goal:g} by the end of {name}.",
        f"已记录：{rep}，{indicator} 目标 {goal:g}，期间 {name}。",
    )
    say(choose(session.language, *said))


@coach.command("list")
@shared_options
@click.option("--rep", metavar="REP_ID", help="Only of this person.")
@click.option("--holding", is_flag=True, help="Only goals that no later one for the same period replaced.")
@as_of_option
@out_option
def list_(session: Session, rep: str | None, holding: bool, as_of: dt.date | None, out: Path | None) -> None:
    """Goals and what then happened, the newest first.

    \b
    Example:
      dealcast coach list --rep R001
    """
    import polars as pl

    from indicators.plans import followed

    out = checked_path(out)
    history = session.workspace().history()
    day = day_or_newest(as_of, history)
    wanted: list[pl.Expr] = [pl.col("holds")] if holding else []
    if rep:
        wanted.append(pl.col("rep_id") == rep)
    found = followed(history, history.settings.start_of(day)).filter(*wanted)
    if out:
        write(found, out)
    show(found, session.language)


def show(found: pl.DataFrame, language: str) -> None:
    """Prints goals, or says that there are none."""
    if found.is_empty():
        say(choose(language, "No goal is written down.", "没有记录的目标。"))
        return
    rows = [
        row
        | {
            "name": choose(language, row["name_en"], row["name_zh"]),
            "state_told": choose(language, row["state"], STATES[row["state"]]),
        }
        for row in found.iter_rows(named=True)
    ]
    print_table(choose(language, "Goals and what then happened", "目标与结果"), COLUMNS, rows, Style(language))
