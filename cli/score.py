"""`dealcast score`: one row per open deal, and the deals at risk in sentences."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, notice, print_table, say
from cli.forecast import not_speaking_note, written_note
from cli.models import model_note, open_registry, serving_model
from cli.options import Day, Session, as_of_option, day_or_newest, model_option, out_option, shared_options
from cli.output import checked_path, write
from cli.shadow import shadow_note
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

    from history.record import History
    from history.store import Store
    from serving.choosing import ServedModel
    from serving.own_calls import Written
    from serving.scoring import Scored

COLUMNS = (
    Column("deal_id", "deal", "商机"),
    Column("owner", "owner", "负责人"),
    Column("stage", "stage", "阶段"),
    Column("amount_home", "amount", "金额", "amount"),
    Column("win_by_horizon", "won by then", "期限内赢单", "chance"),
    Column("win_probability", "won at all", "最终赢单", "chance"),
    Column("health", "health", "健康度", "whole"),
    Column("band_label", "band", "等级"),
    Column("why", "what stands out, in points of win chance", "主要原因（赢单概率百分点）"),
)


@click.command()
@shared_options
@as_of_option
@click.option("--horizon", type=Day(), help="Won before this day begins. [default: the end of the quarter]")
@model_option
@click.option(
    "--top",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Rows to print, most at risk first; 0 prints all.",
)
@click.option(
    "--record",
    is_flag=True,
    help="Also store the scores as said on that day, those of the challenger, and what the model says of the periods.",
)
@out_option
def score(
    session: Session,
    as_of: dt.date | None,
    horizon: dt.date | None,
    version: str | None,
    top: int,
    record: bool,
    out: Path | None,
) -> None:
    """Every open deal: chance to be won by the horizon, health, flags and reasons.

    \b
    Example:
      dealcast score --as-of 2026-05-01 --horizon 2026-07-01
      dealcast score --top 0 --out scores.csv
    """
    from history.fiscal import quarter_of
    from serving.own_calls import may_speak
    from serving.scoring import record_scores, score_fully, unscored
    from serving.shadow import record_challenger

    out = checked_path(out)
    workspace = session.workspace()
    settings = workspace.settings
    history = workspace.history()
    day = day_or_newest(as_of, history)
    ends = horizon or quarter_of(day, settings).end_day
    instant = settings.start_of(day)
    model = serving_model(workspace, history, instant, version)
    scored = score_fully(history, model, instant, settings.start_of(ends))
    if record:
        store, registry = workspace.store(), open_registry(workspace)
        record_scores(store, scored.frame)
        if shadowed := record_challenger(store, history, registry, instant, settings.start_of(ends)):
            notice(shadow_note(shadowed, session.language))
        if may_speak(registry, model, instant):
            notice(written_note(speak(store, history, model, instant), session.language))
        else:
            notice(not_speaking_note(model, session.language))
    if out:
        write(scored.told, out)
    show(history, scored, instant, ends, top, session.language)
    name_unscored(unscored(history, instant), session.language)
    notice(model_note(model, settings, instant, session.language))


def speak(store: Store, history: History, model: ServedModel, instant: dt.datetime) -> Written:
    """Writes down what the model expects of the periods that run."""
    from serving.forecasting import outlook
    from serving.own_calls import running_periods, statements_of, write_down
    from serving.tokens import utc_now

    def told(period: str) -> list[pl.DataFrame]:
        return statements_of(outlook(history, model, period, instant))

    return write_down(store, history, model, instant, utc_now(), running_periods(history, instant), told)


def name_unscored(deals: list[str], language: str) -> None:
    """Names deals of which nothing can be said."""
    if not deals:
        return
    named, count = ", ".join(deals[:5]) + (" …" if len(deals) > 5 else ""), len(deals)
    notice(
        choose(
            language,
            f"Not scored, as nothing but their creation is on record ({count}): {named}. Import their deal_changes.",
            f"未评分（{count} 个），仅有创建记录：{named}。请导入其 deal_changes。",
        )
    )


def show(history: History, scored: Scored, instant: dt.datetime, ends: dt.date, top: int, language: str) -> None:
    """Prints the deals, those most at risk first, and how many there are."""
    settings = history.settings
    board = board_of(history, scored, instant)
    day, count = settings.day_of(instant), board.height
    if not count:
        say(choose(language, f"No deal was open on {day}.", f"{day} 没有在途商机。"))
        return
    rows = [told(row, scored, language) for row in (board.head(top) if top else board).to_dicts()]
    title = choose(
        language,
        f"Open deals as known on {day}, most at risk first ({len(rows)} of {count}); horizon {ends}",
        f"以 {day} 所知为准的在途商机，风险高者在前（{len(rows)}/{count}）；期限 {ends}",
    )
    print_table(title, COLUMNS, rows, Style(language, settings.currency))


def board_of(history: History, scored: Scored, instant: dt.datetime) -> pl.DataFrame:
    """The scores with amounts in the workspace's currency, in order of risk."""
    from serving.board import make_board, ordered

    return ordered(make_board(history, scored.frame, instant), "risk")


def told(row: dict[str, Any], scored: Scored, language: str) -> dict[str, Any]:
    """A row with its owner's name, its band and two reasons in words: of a deal at risk, those against it."""
    from serving.board import RISKY
    from serving.texts import translator

    _, reasons = scored.reasons_of(row["deal_id"])
    against = [reason for reason in reasons if reason.points <= -0.5] if row["band"] in RISKY else reasons
    t = translator(language)
    why = [t("reason.short", sentence=one.sentence(language), points=f"{one.points:+.0f}") for one in against[:2]]
    return row | {
        "owner": row["owner_name"] or row["owner_id"],
        "band_label": t(f"band.{row['band']}"),
        "why": choose(language, "; ", "；").join(why),
    }
