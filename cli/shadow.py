"""`dealcast shadow`: a challenger scores beside the champion, unseen, and what came tells which is better."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, print_table, say
from cli.models import open_registry
from cli.options import Session, as_of_option, day_or_newest, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    from history.settings import Settings
    from serving.shadow import Comparison, Shadowed
    from training.metrics import Score
    from training.registry import Registry

COLUMNS = (
    Column("who_told", "model", "模型"),
    Column("version", "version", "版本"),
    Column("n", "statements", "评分数", "whole"),
    Column("deals", "deals", "商机", "whole"),
    Column("share_won", "won", "赢单", "percent"),
    Column("auc_told", "AUC", "AUC"),
    Column("log_loss_told", "log loss", "对数损失"),
    Column("brier_told", "Brier", "Brier"),
    Column("slope_told", "calibration slope", "校准斜率"),
    Column("intercept_told", "intercept", "截距"),
)
WHO = {"champion": ("champion", "现役"), "challenger": ("challenger", "候选模型")}


@click.group()
@shared_options
def shadow(session: Session) -> None:
    """A challenger beside the champion: start, stop, compare.

    While there is a challenger, `dealcast score --record` stores its scores too. Nobody is shown them.

    \b
    Example:
      dealcast shadow start 3
      dealcast shadow compare
    """


@shadow.command()
@shared_options
@click.argument("version")
def start(session: Session, version: str) -> None:
    """Let a version score in the champion's shadow.

    \b
    Example:
      dealcast shadow start 3
    """
    open_registry(session.workspace()).challenge(version)
    say(
        choose(
            session.language,
            f"Version {version} is the challenger; `dealcast score --record` now stores its scores too.",
            f"版本 {version} 已成为候选模型；`dealcast score --record` 会同时保存其评分。",
        )
    )


@shadow.command()
@shared_options
def stop(session: Session) -> None:
    """End the shadow; what was stored stays.

    \b
    Example:
      dealcast shadow stop
    """
    version = open_registry(session.workspace()).end_challenge()
    if version is None:
        say(choose(session.language, "There is no challenger.", "没有候选模型。"))
        return
    say(
        choose(
            session.language,
            f"Version {version} is no longer the challenger; its scores stay.",
            f"版本 {version} 不再是候选模型；已保存的评分保留。",
        )
    )


@shadow.command()
@shared_options
@as_of_option
@click.option("--challenger", metavar="VERSION", help="[default: the challenger]")
@click.option("--champion", metavar="VERSION", help="[default: the champion]")
@click.option("--weeks", type=click.IntRange(1), help="Only what was said within so many weeks. [default: all]")
@out_option
def compare(
    session: Session,
    as_of: dt.date | None,
    challenger: str | None,
    champion: str | None,
    weeks: int | None,
    out: Path | None,
) -> None:
    """Champion and challenger on the same deals, days and horizons, of those whose horizon has ended.

    \b
    Example:
      dealcast shadow compare --weeks 8
    """
    from serving.shadow import compare_shadow

    out = checked_path(out)
    workspace = session.workspace()
    history = workspace.history()
    versions = named(open_registry(workspace), champion, challenger)
    instant = history.settings.start_of(day_or_newest(as_of, history))
    found = compare_shadow(history, *versions, instant, weeks)
    if out:
        write(found.frame(), out)
    day = history.settings.day_of(instant)
    title = choose(
        session.language,
        f"Champion and challenger, said on {found.days} days, as known on {day}",
        f"现役与候选模型，共 {found.days} 天的评分，以 {day} 所知为准",
    )
    rows = [row_of(row, session.language) for row in found.frame().to_dicts()]
    if rows:
        print_table(title, COLUMNS, rows, Style(session.language))
    say(verdict(found, history.settings, session.language))


def named(registry: Registry, champion: str | None, challenger: str | None) -> tuple[str, str]:
    """The two versions to compare; raises `ModelUnavailable` where one is neither named nor there."""
    from history.errors import ModelUnavailable

    found = []
    for who, version, entry in (
        ("champion", champion, registry.champion()),
        ("challenger", challenger, registry.challenger()),
    ):
        if version is None and entry is None:
            raise ModelUnavailable(
                f"no version is the {who}; expected one to compare with. Name one with --{who} VERSION"
                + (", or begin with `dealcast shadow start VERSION`." if who == "challenger" else ".")
            )
        found.append(registry.get(version).version if version else entry.version if entry else "")
    return found[0], found[1]


def row_of(row: dict[str, Any], language: str) -> dict[str, Any]:
    """One version as a printed row."""
    told = {
        f"{name}_told": f"{row[name]:.3f} ({row[name + '_low']:.3f} – {row[name + '_high']:.3f})"
        for name in ("auc", "log_loss", "brier", "slope", "intercept")
    }
    return {**row, **told, "who_told": choose(language, *WHO[row["who"]])}


def verdict(found: Comparison, settings: Settings, language: str) -> str:
    """What the interval of the difference says, or what is still waited for."""
    if found.gain is None:
        return waiting(found, settings, language)
    figure = f"{found.gain.value:+.4f} ({found.gain.low:+.4f} – {found.gain.high:+.4f})"
    return choose(
        language,
        f"Log loss the challenger saves: {figure}, 90 % interval over deals; {says(found.gain)[0]}. "
        f"{found.waiting:,} statements wait for their horizon.",
        f"候选模型减少的对数损失：{figure}（按商机重抽的 90 % 区间）；{says(found.gain)[1]}。"
        f"另有 {found.waiting:,} 条评分尚未到期。",
    )


def waiting(found: Comparison, settings: Settings, language: str) -> str:
    """That nothing has matured yet, and when the first will."""
    if found.next_end is None:
        return choose(
            language,
            "Both versions have said nothing of the same deals on the same day yet; score with --record.",
            "两个版本尚未在同一天对同一商机评分；请用 --record 评分。",
        )
    day = settings.day_of(found.next_end)
    return choose(
        language,
        f"Nothing has matured yet: {found.waiting:,} statements wait, the first until {day}.",
        f"尚无到期评分：{found.waiting:,} 条等待中，最早于 {day} 到期。",
    )


def says(gain: Score) -> tuple[str, str]:
    """
    >>> from training.metrics import Score
    >>> says(Score(0.01, 0.002, 0.02))[0], says(Score(0.01, -0.002, 0.02))[0]
    ('the challenger is better', 'no difference that is more than chance')
    """
    if gain.low > 0:
        return "the challenger is better", "候选模型更好"
    if gain.high < 0:
        return "the champion is better", "现役更好"
    return "no difference that is more than chance", "差异未超出偶然"


def shadow_note(shadowed: Shadowed, language: str) -> str:
    """What became of the challenger's scoring, in a line."""
    if shadowed.refused:
        return choose(
            language,
            f"Challenger {shadowed.version} stored no score: {shadowed.refused.rstrip('.')}.",
            f"候选模型 {shadowed.version} 未保存评分：{shadowed.refused.rstrip('.')}。",
        )
    return choose(
        language,
        f"Challenger {shadowed.version} scored beside; {shadowed.stored:,} scores stored.",
        f"候选模型 {shadowed.version} 已同时评分；保存 {shadowed.stored:,} 条。",
    )
