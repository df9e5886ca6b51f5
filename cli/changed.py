"""`dealcast changed`: what changed in a period's forecast between two days."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, notice, print_table, say
from cli.models import model_note, serving_model
from cli.options import Day, Session, day_or_newest, measure_option, model_option, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

    from history.settings import Settings
    from serving.bridge import Bridge

SCOPE = Column("scope_id", "scope", "范围")
LINE = Column("name", "line", "变化")
DEALS = Column("deals", "deals", "商机数", "whole")
MOVED = Column("contribution", "change", "变化额", "amount")
DEAL_COLUMNS = (
    SCOPE,
    LINE,
    Column("deal_id", "deal", "商机"),
    Column("before", "before", "此前"),
    Column("after", "after", "此后"),
    MOVED,
)


@click.command()
@shared_options
@click.option(
    "--period", metavar="PERIOD", help="2026Q4, 2026-11, 2026H2 or 2026. [default: the quarter of the last day]"
)
@click.option("--from", "first", type=Day(), help="The first day. [default: a week before the last]")
@click.option("--to", "last", type=Day(), help="The last day. [default: the day after the newest row]")
@click.option(
    "--by",
    metavar="LEVEL",
    default="company",
    show_default=True,
    help="The lines of each rep, team, ... or level of [hierarchies].",
)
@click.option("--scope", metavar="KIND:ID", help="One scope alone, such as team:North.")
@measure_option
@click.option("--line", metavar="LINE", help="Only this line, opened to its deals, such as won or pushed_out.")
@click.option("--deals", "opened", is_flag=True, help="Every line opened to its deals.")
@model_option
@out_option
def changed(
    session: Session,
    period: str | None,
    first: dt.date | None,
    last: dt.date | None,
    by: str,
    scope: str | None,
    measure: str,
    line: str | None,
    opened: bool,
    version: str | None,
    out: Path | None,
) -> None:
    """What changed in a period's forecast between two days, in lines that add up.

    Each day is forecast as it was then, by the model that served it. The expected result of the first day plus the
    lines is that of the last. --out writes the lines; with --deals or --line, the deals behind them.

    \b
    Example:
      dealcast changed --period 2026Q2 --from 2026-05-01 --to 2026-05-08
      dealcast changed --period 2026Q2 --from 2026-05-01 --to 2026-05-08 --scope team:T01 --line won
    """
    from history.fiscal import parse_period, quarter_of
    from history.scopes import parse_scope, scope_kinds
    from serving.bridge import must_follow, what_changed
    from serving.bridge_words import only
    from serving.texts import translator

    out = checked_path(out)
    workspace = session.workspace()
    history, settings = workspace.history(), workspace.settings
    kind, scope_id = parse_scope(scope, scope_kinds(settings)) if scope else (by, None)
    end = day_or_newest(last, history)
    begin = first or end - dt.timedelta(days=7)
    name = parse_period(period, settings).name if period else quarter_of(end, settings).name
    days = (settings.start_of(begin), settings.start_of(end))
    must_follow(history, days)
    before, after = (serving_model(workspace, history, day, version) for day in days)
    models = (
        after if (before.version, before.trained_as_of) == (after.version, after.trained_as_of) else before,
        after,
    )
    found = only(what_changed(history, models, name, days, kind, measure), scope_id, line)
    if out:
        write(found.parts if opened or line else found.lines, out)
    style = Style(session.language, settings.currency if measure == "amount" else None)
    show(found, (name, begin, end), style, settings, opened or line is not None)
    notice(translator(session.language)("forecast.bridge_note"))
    notice(model_note(after, settings, days[1], session.language))


def show(found: Bridge, asked: tuple[str, dt.date, dt.date], style: Style, settings: Settings, opened: bool) -> None:
    """Prints the lines of each scope, or the deals behind them."""
    period, begin, end = asked
    unit = choose(style.language, f"in {style.currency or 'deals'}", f"单位 {style.currency or '单'}")
    title = choose(
        style.language,
        f"{period}: what changed from {begin} to {end}, {unit}",
        f"{period}：{begin} 至 {end} 的变化，{unit}",
    )
    if opened:
        print_table(title, DEAL_COLUMNS, deal_rows(found.parts, settings, style.language), style)
    elif found.lines.is_empty():
        say(
            choose(
                style.language,
                f"Nothing is booked, open or expected in {period}.",
                f"{period} 内没有已签、在途或预计。",
            )
        )
    else:
        print_table(title, (SCOPE, LINE, DEALS, MOVED), line_rows(found.lines, asked, style.language), style)


def line_rows(lines: pl.DataFrame, asked: tuple[str, dt.date, dt.date], language: str) -> list[dict[str, Any]]:
    """Per scope the expected result of the first day, the lines, and that of the last day."""
    from serving.bridge_words import line_name

    rows = []
    for _, own in lines.group_by("scope_id", maintain_order=True):
        found = own.to_dicts()
        expected = choose(language, "Expected on {}", "{}预计")
        rows.append(_end(found[0], expected.format(asked[1]), "mean_from"))
        rows += [row | {"name": line_name(row["line"], language), "deals": row["deals"] or None} for row in found]
        rows.append(_end(found[0], expected.format(asked[2]), "mean_to"))
    return rows


def _end(row: dict[str, Any], name: str, mean: str) -> dict[str, Any]:
    return {"scope_id": row["scope_id"], "name": name, "contribution": row[mean]}


def deal_rows(parts: pl.DataFrame, settings: Settings, language: str) -> list[dict[str, Any]]:
    """The deals behind the lines in words."""
    from serving.bridge_words import before_and_after, line_name

    rows = []
    for part in parts.iter_rows(named=True):
        before, after = before_and_after(part, settings, language)
        rows.append(part | {"name": line_name(part["line"], language), "before": before, "after": after})
    return rows
