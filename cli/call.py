"""`dealcast call`: what people say of a period: a rep's statement, a manager's override, and what was said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, print_table, say
from cli.options import Session, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

    from history.settings import Settings

COLUMNS = (
    Column("forecaster", "who", "申报人"),
    Column("scope", "about", "对象"),
    Column("period", "period", "期间"),
    Column("category_told", "category", "类别"),
    Column("value_told", "value", "数值"),
    Column("called_day", "said on", "申报日期"),
    Column("holds_told", "holds", "是否有效"),
    Column("note", "note", "备注"),
)
CATEGORIES = {
    "commit": ("commit", "承诺"),
    "most_likely": ("most likely", "最可能"),
    "best_case": ("best case", "乐观"),
}
KINDS = {"rep": ("rep", "销售"), "manager": ("manager", "经理"), "model": ("model", "模型"), "rule": ("rule", "规则")}


def _said_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The period, the three values, the measure and the note."""
    for option in (
        click.option("--note", metavar="TEXT", help="Why, for the record."),
        click.option("--measure", type=click.Choice(["amount", "count"]), default="amount", show_default=True),
        click.option("--best-case", type=float, metavar="VALUE", help="What is possible if all goes well."),
        click.option("--most-likely", type=float, metavar="VALUE", help="What is most likely."),
        click.option("--commit", type=float, metavar="VALUE", help="What is promised."),
        click.option("--period", required=True, metavar="PERIOD", help="2026Q4, 2026-11, 2026H2 or 2026."),
    ):
        command = option(command)
    return command


@click.group()
@shared_options
def call(session: Session) -> None:
    """What people say of a period. Statements are added, never replaced; the last one holds.

    \b
    Example:
      dealcast call submit --rep R001 --period 2026Q4 --commit 500000 --most-likely 620000
      dealcast call override --manager M03 --scope rep:R001 --period 2026Q4 --commit 450000 --note "two deals slip"
      dealcast call list --period 2026Q4
    """


@call.command()
@shared_options
@click.option("--rep", required=True, metavar="REP_ID", help="Who says it, of the own deals.")
@_said_options
def submit(session: Session, rep: str, **said: Any) -> None:
    """A rep's commit, most likely and best case for a period.

    \b
    Example:
      dealcast call submit --rep R001 --period 2026Q4 --commit 500000 --most-likely 620000 --best-case 800000
    """
    add(session, rep, ("rep", rep), said)


@call.command()
@shared_options
@click.option("--manager", required=True, metavar="REP_ID", help="Who says it.")
@click.option("--scope", required=True, metavar="KIND:ID", help="Of whom: someone, or a team or region, they lead.")
@_said_options
def override(session: Session, manager: str, scope: str, **said: Any) -> None:
    """A manager's own number for a rep, team or region they lead. The rep's statement stays beside it.

    \b
    Example:
      dealcast call override --manager M01 --scope team:T01 --period 2026Q4 --commit 2000000 --note "one big deal slips"
    """
    from history.scopes import parse_scope, scope_kinds

    kinds = scope_kinds(session.workspace().settings)
    add(session, manager, parse_scope(scope, kinds), said)


def add(session: Session, by: str, scope: tuple[str, str], said: dict[str, Any]) -> None:
    """Appends the statement and prints it."""
    from serving.submissions import CATEGORIES as NAMES
    from serving.submissions import Statement
    from serving.submissions import submit as append
    from serving.tokens import utc_now

    workspace = session.workspace()
    values = {name: said[name] for name in NAMES if said[name] is not None}
    statement = Statement(by, *scope, said["period"], values, said["measure"], said["note"])
    store = workspace.store()
    try:
        rows = append(store, store.history(workspace.settings), statement, utc_now())
    finally:
        store.close()
    import polars as pl

    show(rows.with_columns(holds=pl.lit(True)), workspace.settings, session.language)


@call.command("list")
@shared_options
@click.option("--period", metavar="PERIOD", help="Only about this period.")
@click.option("--scope", metavar="KIND:ID", help="Only about this scope, such as rep:R001.")
@click.option("--forecaster", metavar="REP_ID", help="Only of this person.")
@click.option("--holding", is_flag=True, help="Only what holds: said last by that person of that scope.")
@click.option("--top", type=click.IntRange(1), default=50, show_default=True, help="Print so many; --out writes all.")
@out_option
def list_(
    session: Session,
    period: str | None,
    scope: str | None,
    forecaster: str | None,
    holding: bool,
    top: int,
    out: Path | None,
) -> None:
    """What was said, newest first, superseded statements included.

    \b
    Example:
      dealcast call list --period 2026Q4 --scope team:T01
    """
    import polars as pl

    from history.fiscal import parse_period
    from history.scopes import parse_scope, scope_kinds
    from serving.submissions import statements
    from serving.tokens import utc_now

    out = checked_path(out)
    workspace = session.workspace()
    wanted: list[pl.Expr] = [pl.col("holds")] if holding else []
    if period:
        wanted.append(pl.col("period") == parse_period(period, workspace.settings).name)
    if scope:
        kind, scope_id = parse_scope(scope, scope_kinds(workspace.settings))
        wanted.append((pl.col("scope_kind") == kind) & (pl.col("scope_id") == scope_id))
    if forecaster:
        wanted.append(pl.col("forecaster_id") == forecaster)
    store = workspace.store()
    try:
        found = statements(store.read("forecast_calls"), utc_now()).filter(*wanted)
    finally:
        store.close()
    if out:
        write(found, out)
    show(found.head(top), workspace.settings, session.language)


def show(rows: pl.DataFrame, settings: Settings, language: str) -> None:
    """Prints statements, or says that there are none."""
    if rows.is_empty():
        say(choose(language, "Nothing was said.", "没有申报。"))
        return
    title = choose(language, "Statements, the newest first", "申报，最新在前")
    print_table(title, COLUMNS, [told(row, settings, language) for row in rows.iter_rows(named=True)], Style(language))


def told(row: dict[str, Any], settings: Settings, language: str) -> dict[str, Any]:
    """A statement in words."""
    from cli.console import written

    style = Style(language, settings.currency if row["measure"] == "amount" else None)
    deals = "" if row["measure"] == "amount" else choose(language, " deals", " 单")
    return row | {
        "forecaster": f"{choose(language, *KINDS[row['forecaster_kind']])} {row['forecaster_id']}",
        "scope": f"{row['scope_kind']}:{row['scope_id']}",
        "category_told": choose(language, *CATEGORIES[row["category"]]),
        "value_told": written(row["value"], "amount", style) + deals,
        "called_day": str(settings.day_of(row["called_at"])),
        "holds_told": choose(language, "yes", "是") if row["holds"] else choose(language, "no", "否"),
    }
