"""`dealcast drift`: what has drifted since the model was trained, beyond what usually does."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from cli.console import Column, Progress, Style, notice, print_table, say
from cli.models import model_note, serving_model
from cli.options import Session, as_of_option, day_or_newest, model_option, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    from history.settings import Settings
    from training.bundle import Model
    from training.watching.course import Reading
    from training.watching.watch import Watch

COLUMNS = (
    Column("kind_told", "of", "类别"),
    Column("what", "figure", "监测项"),
    Column("state", "", ""),
    Column("value", "value", "数值", "number"),
    Column("noise", "noise level", "噪声水平", "number"),
    Column("threshold", "threshold", "阈值", "number"),
    Column("n", "n", "样本数", "whole"),
    Column("weeks", "weeks learned", "学习周数", "whole"),
    Column("says", "says", "说明"),
)
KINDS = {
    "feature": ("features", "特征"),
    "score": ("scores", "评分"),
    "wins": ("wins", "赢单构成"),
    "calibration": ("calibration", "校准"),
    "loss": ("expected loss", "估计损失"),
    "feed": ("feeds", "数据来源"),
    "stage": ("stages", "阶段"),
}


@click.command()
@shared_options
@as_of_option
@model_option
@click.option(
    "--top",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Rows to print, those that crossed first; 0 prints all.",
)
@out_option
def drift(session: Session, as_of: dt.date | None, version: str | None, top: int, out: Path | None) -> None:
    """Watch features, scores, wins, calibration, expected loss, feeds and stages against their own past.

    Thresholds are learned from the weeks before; of fifty checks where nothing changed about one raises an alarm.
    Leaves with exit code 28 when a threshold is crossed. How each figure is counted: docs/watching.md.

    \b
    Example:
      dealcast drift
      dealcast drift --as-of 2026-05-01 --top 0 --out drift.csv
    """
    from training.watching.stages import refused_stages
    from training.watching.watch import watch

    out = checked_path(out)
    workspace = session.workspace()
    history, store = workspace.history(), workspace.store()
    try:
        refused = refused_stages(store.quarantined())
    finally:
        store.close()
    instant = history.settings.start_of(day_or_newest(as_of, history))
    model = cast("Model", serving_model(workspace, history, instant, version))
    found = watch(history, model, instant, refused, Progress())
    if out:
        write(found.frame(), out)
    show(found, history.settings, top, session.language)
    notice(model_note(model, history.settings, instant, session.language))
    refuse_drift(found, history.settings)


def show(found: Watch, settings: Settings, top: int, language: str) -> None:
    """The figures, those that crossed first, and what they come to."""
    shown = found.readings[:top] if top else found.readings
    day = settings.day_of(found.as_of)
    title = choose(
        language,
        f"Watched as of {day} ({len(shown)} of {len(found.readings)} figures)",
        f"截至 {day} 的监测（{len(shown)}/{len(found.readings)} 项）",
    )
    print_table(title, COLUMNS, [row_of(reading, language) for reading in shown], Style(language))
    if found.fit is None:
        say(
            choose(
                language,
                "Too few deals have matured since the model was trained to tell how right it was.",
                "模型训练后到期的商机太少，尚无法判断其校准。",
            )
        )
    if not found.crossed:
        say(choose(language, "Nothing drifted beyond what is usual here.", "没有超出常态的漂移。"))


def row_of(reading: Reading, language: str) -> dict[str, Any]:
    """One figure as a printed row."""
    return reading.as_dict() | {
        "kind_told": choose(language, *KINDS[reading.kind]),
        "state": choose(language, "crossed", "越限") if reading.crossed else "",
        "says": choose(language, reading.en, reading.zh),
    }


def refuse_drift(found: Watch, settings: Settings) -> None:
    """Raises `DriftFound` where a threshold was crossed."""
    from history.errors import DriftFound

    if not found.crossed:
        return
    names = [f"{one.kind} {one.what}" for one in found.crossed]
    listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    raise DriftFound(
        f"{len(names)} of {len(found.readings)} watched figures crossed their thresholds as of "
        f"{settings.day_of(found.as_of)}: {listed}. Mend the feed where one is missing, else retrain."
    )
