"""`dealcast moved`: what moved a deal's win chance between two days."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, notice, print_table, say
from cli.models import model_note, serving_model
from cli.options import Day, Session, day_or_newest, model_option, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

    from serving.moves import Move

COLUMNS = (
    Column("name", "part", "类别"),
    Column("sentence", "as it stands (and stood)", "现状（及此前）"),
    Column("points_told", "points", "百分点"),
)


@click.command()
@shared_options
@click.argument("deal_id")
@click.option("--from", "first", type=Day(), help="The first day. [default: a week before the last]")
@click.option("--to", "last", type=Day(), help="The last day. [default: the day after the newest row]")
@model_option
@out_option
def moved(
    session: Session, deal_id: str, first: dt.date | None, last: dt.date | None, version: str | None, out: Path | None
) -> None:
    """What moved a deal's win chance between two days, in parts that add up to the difference.

    Both days are replayed with one model; scores stored on them are where it starts and ends, and what another model
    had said stands apart.

    \b
    Example:
      dealcast moved D000123 --from 2026-05-01 --to 2026-06-01
    """
    from features.matrix import prepare
    from serving.deal_facts import only_deal
    from serving.score_history import moved_between

    out = checked_path(out)
    workspace = session.workspace()
    history = workspace.history()
    settings = history.settings
    end = day_or_newest(last, history)
    begin = first or end - dt.timedelta(days=7)
    days = (settings.start_of(begin), settings.start_of(end))
    model = serving_model(workspace, history, days[1], version)
    move = moved_between(prepare(history), only_deal(history, deal_id), model, deal_id, days)
    if out:
        write(frame_of(move), out)
    show(move, begin, end, session.language)
    notice(model_note(model, settings, days[0], session.language))


def show(move: Move, begin: dt.date, end: dt.date, language: str) -> None:
    """Prints the difference and its parts."""
    from serving.pages.format import points

    change = f"{move.before:.1f}% → {move.after:.1f}%"
    title = choose(
        language,
        f"Deal {move.deal_id}, {begin} to {end}: win chance {change}, {points(move.points)} points",
        f"商机 {move.deal_id}，{begin} 至 {end}：赢单概率 {change}，{points(move.points)} 个百分点",
    )
    if not move.parts:
        say(title)
        say(choose(language, "Nothing moved by 0.1 point or more.", "没有达到 0.1 个百分点的变化。"))
        return
    rows = [
        {"name": part.name(language), "sentence": part.sentence(language), "points_told": points(part.points)}
        for part in move.parts
    ]
    print_table(title, COLUMNS, rows, Style(language))


def frame_of(move: Move) -> pl.DataFrame:
    """One row per part: deal_id, from, to (UTC), before, after (percent), part, points, en, zh, model_version."""
    import polars as pl

    shared = {
        "deal_id": move.deal_id,
        "from": move.earlier,
        "to": move.later,
        "before": move.before,
        "after": move.after,
    }
    rows = [
        {
            **shared,
            "part": part.code,
            "points": part.points,
            "en": part.full("en"),
            "zh": part.full("zh-CN"),
            "model_version": move.model_version,
        }
        for part in move.parts
    ]
    texts: dict[str, Any] = dict.fromkeys(("deal_id", "part", "en", "zh", "model_version"), pl.String)
    kinds = {"from": pl.Datetime("us"), "to": pl.Datetime("us"), "before": pl.Float64, "after": pl.Float64}
    order = ("deal_id", "from", "to", "before", "after", "part", "points", "en", "zh", "model_version")
    every = {**texts, **kinds, "points": pl.Float64}
    return pl.DataFrame(rows, schema={name: every[name] for name in order})
