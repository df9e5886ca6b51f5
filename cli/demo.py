"""`dealcast demo`: a synthetic CRM from nothing to the four answers."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import accuracy, forecast, score, scorecard
from cli.console import Column, Progress, Style, print_table, say
from cli.imports import imported
from cli.models import model_note, serving_model
from cli.options import Session, shared_options
from cli.train import trained
from cli.words import choose
from history.errors import ConfigInvalid

if TYPE_CHECKING:
    import polars as pl

    from history.record import History
    from history.workspace import Workspace

MARK = "demo"
SEED = 7
TODAY = dt.date(2026, 7, 1)
A_QUARTER_AGO = dt.date(2026, 4, 1)
MIDWAY = dt.date(2026, 5, 16)
LEAST_CALLED = 6
"""Fewer quarters say little of how somebody leans."""


@click.command()
@shared_options
@click.option("--deals", type=click.IntRange(500, 50_000), default=4_000, show_default=True)
def demo(session: Session, deals: int) -> None:
    """A synthetic CRM, trained, scored and forecast; prints the four answers.

    Leaves a workspace that `dealcast serve` can show. A workspace of other data is never touched.

    \b
    Example:
      dealcast demo
      dealcast demo --workspace trial --language zh-CN
    """
    progress = Progress()
    workspace = prepared(session, deals, progress)
    history = workspace.history()
    for day in (A_QUARTER_AGO, TODAY):
        progress(choose(session.language, f"training on what was known on {day}", f"以 {day} 所知训练"))
        trained(workspace, history, day, promote=False, progress=progress)
    answer(workspace, history, session.language, progress)
    say()
    say(
        choose(
            session.language,
            f"The workspace is {session.path}. See it on pages: make serve, or dealcast serve --demo-sign-ins",
            f"工作区：{session.path}。查看页面：make serve，或 dealcast serve --demo-sign-ins",
        )
    )


def prepared(session: Session, deals: int, progress: Progress) -> Workspace:
    """The demo workspace with the synthetic history in it; raises `ConfigInvalid` for a workspace of other data."""
    from history.synthetic import generate, write_folder

    settings = session.path / "dealcast.toml"
    if settings.is_file() and MARK not in session_settings(settings):
        raise ConfigInvalid(
            f"{session.path} is a workspace of other data; expected none, or one that the demo made. "
            "Name another with --workspace."
        )
    progress(choose(session.language, f"making a CRM of {deals:,} deals", f"生成含 {deals:,} 个商机的 CRM"))
    with tempfile.TemporaryDirectory(prefix="dealcast-demo-") as folder:
        crm = generate(deals, SEED)
        marked = replace(crm, settings_toml=f"{crm.settings_toml}\n[{MARK}]\nseed = {SEED}\n")
        write_folder(marked, Path(folder) / "crm")
        progress(choose(session.language, "importing", "导入"))
        imported(session, Path(folder) / "crm", allow_quarantine=True)
    return session.workspace()


def session_settings(path: Path) -> set[str]:
    """The names of the tables in a workspace's settings file."""
    from history.settings import read_settings

    return set(read_settings(path).raw)


def answer(workspace: Workspace, history: History, language: str, progress: Progress) -> None:
    """Prints the four answers, as known at the start of `TODAY`."""
    from history.fiscal import quarter_of
    from serving.forecasting import forecast as land
    from serving.pages.format import money
    from serving.scoring import score_fully

    settings = history.settings
    instant, quarter = settings.start_of(TODAY), quarter_of(TODAY, settings)
    model = serving_model(workspace, history, instant, None)
    progress(choose(language, "scoring", "评分"))
    scored = score_fully(history, model, instant, settings.start_of(quarter.end_day))
    heading(language, 1, "Which open deals are at risk, and why?", "哪些在途商机有风险，为什么？")
    score.show(history, scored, instant, quarter.end_day, 6, language)
    progress(choose(language, "forecasting", "预测"))
    heading(language, 2, "Where will the quarter land?", "本季度会落在哪里？")
    replay(workspace, history, language)
    ahead = land(history, model, quarter.name, instant, "company").row(0, named=True)
    low, high, target = (money(ahead[name], settings.currency, language) for name in ("p10", "p90", "quota"))
    odds = f"{ahead['p_attain']:.0%}"
    say(
        choose(
            language,
            f"On {TODAY} the range for {quarter.name} is {low} to {high} (80 %), and the odds to reach the target of "
            f"{target} are {odds}.",
            f"{TODAY} 对 {quarter.name} 的区间为 {low} 至 {high}（80%）；达成目标 {target} 的概率为 {odds}。",
        )
    )
    progress(choose(language, "measuring people's forecasts", "衡量个人预测"))
    heading(language, 3, "How good are people's own forecasts?", "每个人自己的预测有多准？")
    title = choose(
        language,
        f"Calls 45 days before quarter end, the most biased first, of those who called {LEAST_CALLED} quarters or more",
        f"季末前 45 天的预测，偏差大者在前，仅列申报满 {LEAST_CALLED} 个季度者",
    )
    accuracy.show(calls(history, instant), title, language, accuracy.names(history, instant))
    progress(choose(language, "filling in the scorecard", "计算业绩表"))
    heading(language, 4, "How does each person perform?", "每个人的表现如何？")
    sheet(history, instant, language)
    say()
    say(model_note(model, history.settings, instant, language))


def heading(language: str, number: int, en: str, zh: str) -> None:
    """A question, set off from what stands above it."""
    say()
    say(f"{number}. {choose(language, en, zh)}")


def replay(workspace: Workspace, history: History, language: str) -> None:
    """How the quarter before was seen midway, by a model that knew nothing of its end, beside what came."""
    from history.fiscal import quarter_of
    from serving.forecasting import forecast as land

    settings = history.settings
    midway, quarter = settings.start_of(MIDWAY), quarter_of(MIDWAY, settings)
    model = serving_model(workspace, history, midway, None)
    said = land(history, model, quarter.name, midway, "team")
    came = land(history, None, quarter.name, settings.start_of(quarter.end_day), "team")
    beside = said.join(came.select("scope_id", came="booked"), on="scope_id", how="left")
    columns = (*forecast.COLUMNS[:-1], Column("came", "came", "实际", "amount"))
    title = choose(
        language,
        f"{quarter.name} as known on {MIDWAY}, in {settings.currency}; the last column came true afterwards",
        f"{quarter.name}，以 {MIDWAY} 所知为准，单位 {settings.currency}；末列为后来的实际",
    )
    print_table(title, columns, beside.to_dicts(), Style(language, settings.currency))


def calls(history: History, instant: dt.datetime) -> pl.DataFrame:
    """Calls that reps submitted 45 days before the end of quarters, the most biased first; `LEAST_CALLED` at least."""
    import polars as pl

    from indicators.accuracy import accuracy as assess

    frame = assess(history, instant, "rep", (45,))
    submitted = frame.filter((pl.col("forecaster_kind") == "rep") & (pl.col("source") == "submitted"))
    leaning = pl.col("bias_shrunk").abs()
    often = submitted.filter(pl.col("n_periods") >= LEAST_CALLED)
    return often.sort(leaning, "scope_id", descending=[True, False]).head(10)


def sheet(history: History, instant: dt.datetime, language: str) -> None:
    """The sheet of the quarter that just ended."""
    from history.fiscal import previous, quarter_of
    from indicators.scorecard import scorecard as compute

    settings = history.settings
    quarter = previous(quarter_of(TODAY, settings), settings)
    scorecard.show_people(compute(history, quarter.name, instant), quarter.name, language, top=5)
