"""`dealcast forecast`: where a period will land against quota."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.console import Column, Style, notice, print_table, say
from cli.models import model_note, open_registry, serving_model
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

    from serving.choosing import ServedModel
    from serving.own_calls import Written

COLUMNS = (
    Column("scope_id", "scope", "范围"),
    Column("booked", "booked", "已签", "amount"),
    Column("open_expected", "from open", "在途预计", "amount"),
    Column("new_expected", "from new", "新增预计", "amount"),
    Column("p10", "p10", "p10", "amount"),
    Column("p50", "p50", "p50", "amount"),
    Column("p90", "p90", "p90", "amount"),
    Column("quota", "quota", "目标", "amount"),
    Column("attainment", "attainment", "预计达成率", "percent"),
    Column("p_attain", "odds", "达成概率", "chance"),
    Column("coverage", "coverage", "覆盖倍数", "times"),
)


@click.command()
@shared_options
@period_option
@as_of_option
@level_option
@measure_option
@model_option
@click.option("--why", is_flag=True, help="Also by what each scope's forecast was corrected, clue by clue.")
@click.option("--record", is_flag=True, help="Also write down what the model says of every scope, to be judged by.")
@out_option
def forecast(
    session: Session,
    period: str | None,
    as_of: dt.date | None,
    by: str,
    measure: str,
    version: str | None,
    why: bool,
    record: bool,
    out: Path | None,
) -> None:
    """Where a period will land against quota: booked, open, still to come, p10 to p90, odds.

    \b
    Example:
      dealcast forecast --period 2026Q2 --as-of 2026-05-01 --by team
      dealcast forecast --by region --measure count --out forecast.csv
      dealcast forecast --by team --why
      dealcast forecast --record
    """
    from history.fiscal import parse_period, quarter_of
    from serving.correction_parts import correction_parts
    from serving.forecast_notes import notes
    from serving.forecasting import outlook, table
    from serving.own_calls import may_speak, statements_of, write_down
    from serving.tokens import utc_now

    out = checked_path(out)
    workspace = session.workspace()
    history = workspace.history()
    day = day_or_newest(as_of, history)
    name = parse_period(period, workspace.settings).name if period else quarter_of(day, workspace.settings).name
    instant = workspace.settings.start_of(day)
    model = serving_model(workspace, history, instant, version)
    seen = outlook(history, model, name, instant)
    frame = table(seen, by, measure)
    if out:
        write(frame, out)
    show(frame, name, day, measure, workspace.settings.currency, session.language)
    if why:
        show_why(correction_parts(seen, by, measure), measure, workspace.settings.currency, session.language)
    if record:
        store = workspace.store()
        if may_speak(open_registry(workspace), model, instant):
            written = write_down(store, history, model, instant, utc_now(), [name], lambda _: statements_of(seen))
            notice(written_note(written, session.language))
        else:
            notice(not_speaking_note(model, session.language))
        store.close()
    for note in notes(seen, frame, session.language):
        notice(note)
    notice(model_note(model, workspace.settings, instant, session.language))


def not_speaking_note(model: ServedModel, language: str) -> str:
    """Why nothing was written down of a version that was asked for by name."""
    return choose(
        language,
        f"What version {model.version} says was not written down: another version serves this day.",
        f"未记下版本 {model.version} 的预测：该日期由另一版本提供服务。",
    )


def written_note(written: Written, language: str) -> str:
    """What of the model's own statements was written down, or why nothing was."""
    if not written.periods:
        return choose(
            language,
            "The model's own statement was not written down: for this day and period it would be no forecast any more.",
            "未记下模型的预测：对该日期与期间而言已不是预测。",
        )
    names = ", ".join(written.periods)
    return choose(
        language,
        f"Written down as said now by the model: {written.rows:,} new statements about {names}.",
        f"已按当前时间记下模型对 {names} 的预测：新增 {written.rows:,} 条。",
    )


def show(frame: pl.DataFrame, period: str, day: dt.date, measure: str, currency: str, language: str) -> None:
    """Prints the table, or says that there is nothing to land."""
    if frame.is_empty():
        say(choose(language, f"Nothing is booked, open or targeted in {period}.", f"{period} 内没有已签、在途或目标。"))
        return
    unit = (
        choose(language, f"in {currency}", f"单位 {currency}")
        if measure == "amount"
        else choose(language, "in deals", "单位 单")
    )
    title = choose(language, f"{period} as known on {day}, {unit}", f"{period}，以 {day} 所知为准，{unit}")
    print_table(title, COLUMNS, frame.to_dicts(), Style(language, currency if measure == "amount" else None))


def show_why(parts: pl.DataFrame, measure: str, currency: str, language: str) -> None:
    """Prints by what each scope's forecast was corrected, or that nothing was; the lines of a scope add up."""
    if parts.is_empty():
        say(choose(language, "Nothing was corrected.", "未作任何修正。"))
        return
    columns = (
        Column("scope_id", "scope", "范围"),
        Column(choose(language, "clue_en", "clue_zh"), "goes by", "依据"),
        Column("effect", "moves it by", "影响", "amount"),
    )
    title = choose(language, "What the correction goes by", "修正的依据")
    print_table(title, columns, parts.to_dicts(), Style(language, currency if measure == "amount" else None))
