"""`dealcast flags`: each risk flag with its threshold and what became of past deals that had it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, notice, print_table
from cli.models import model_note, serving_model
from cli.options import Session, as_of_option, day_or_newest, model_option, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

    from history.settings import Settings
    from serving.choosing import ServedModel

COLUMNS = (
    Column("says", "flag", "风险信号"),
    Column("when", "raised when", "触发条件"),
    Column("deals_flagged", "deals flagged", "带信号商机", "whole"),
    Column("won_flagged", "won", "赢单", "percent"),
    Column("won_same_stage", "others at the same stages", "同阶段其他", "percent"),
    Column("lift_told", "lift, 90 % interval", "比值（90 % 区间）"),
    Column("precision", "not won", "未赢单", "percent"),
)


@click.command()
@shared_options
@as_of_option
@model_option
@out_option
def flags(session: Session, as_of: dt.date | None, version: str | None, out: Path | None) -> None:
    """The risk flags: threshold, and of past deals flagged so how many were won, beside the others.

    Counted by replay when the model was trained; a deal counts once on either side. Lift compares with the others at
    the same stages: below 1, fewer of the flagged were won. Thresholds stand in [flags] of dealcast.toml.

    \b
    Example:
      dealcast flags
      dealcast flags --as-of 2026-05-01 --out flags.csv
    """
    out = checked_path(out)
    workspace = session.workspace()
    history = workspace.history()
    instant = history.settings.start_of(day_or_newest(as_of, history))
    model = serving_model(workspace, history, instant, version)
    frame = record_frame(model, history.settings)
    if out:
        write(frame, out)
    days = next((record.horizon_days for record in model.flag_records.values()), None)
    note = choose(session.language, f"; won within {days} days", f"；{days} 天内赢单") if days else ""
    title = choose(session.language, f"Risk flags and their record{note}", f"风险信号及其历史表现{note}")
    rows = [told(row, session.language) for row in frame.to_dicts()]
    print_table(title, COLUMNS, rows, Style(session.language))
    if not model.flag_records:
        notice(choose(session.language, "No record yet: it comes with a trained model.", "尚无记录：训练模型后生成。"))
    notice(model_note(model, history.settings, instant, session.language))


def record_frame(model: ServedModel, settings: Settings) -> pl.DataFrame:
    """One row per flag: code, feature, threshold (null: switched off), model_version and the record's columns."""
    from dataclasses import fields

    import polars as pl

    from features.flags import FLAGS, thresholds_of
    from training.flag_record import FlagRecord

    kinds = {"int": pl.Int64, "float": pl.Float64, "float | None": pl.Float64}
    names = {one.name: kinds[str(one.type)] for one in fields(FlagRecord)}
    thresholds = thresholds_of(settings.raw)
    rows = []
    for code, flag in FLAGS.items():
        record = model.flag_records.get(code)
        kept = record.as_dict() if record else dict.fromkeys(names)
        own = {"flag": code, "feature": flag.feature, "threshold": thresholds[code], "model_version": model.version}
        rows.append({**own, **{f"record_{name}" if name in own else name: value for name, value in kept.items()}})
    schema = {"flag": pl.String, "feature": pl.String, "threshold": pl.Float64, "model_version": pl.String}
    return pl.DataFrame(rows, schema={**schema, **{f"record_{n}" if n in schema else n: k for n, k in names.items()}})


def told(row: dict[str, Any], language: str) -> dict[str, Any]:
    """A row in words."""
    from features.flags import FLAGS
    from serving.flag_words import flag_text

    flag = FLAGS[row["flag"]]
    return row | {
        "says": flag_text(row["flag"], language),
        "when": choose(language, "off", "已关闭")
        if row["threshold"] is None
        else flag.rule(row["threshold"], language),
        "lift_told": lift_text(row["lift_same_stage"], row["lift_same_stage_low"], row["lift_same_stage_high"]),
    }


def lift_text(lift: float | None, low: float | None, high: float | None) -> str:
    """A lift with its interval.

    >>> lift_text(0.48, 0.3412, 0.61), lift_text(None, None, None)
    ('0.48 (0.34–0.61)', '–')
    """
    if lift is None or low is None or high is None:
        return "–"
    return f"{lift:.2f} ({low:.2f}–{high:.2f})"
