"""`dealcast cues`: what to talk about with whom, from the sheet's cells; facts and next steps, never causes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import say, written
from cli.options import Session, as_of_option, day_or_newest, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl


@click.command()
@shared_options
@click.option(
    "--period", metavar="PERIOD", help="2026Q4, 2026-11, 2026H2, 2026 or 2026-W14. [default: the last quarter]"
)
@as_of_option
@click.option("--role", metavar="ROLE", help="People of this role only.")
@click.option("--rep", metavar="ID", help="One person only.")
@click.option("--template", metavar="NAME", help="start-up, growth, mature or a .toml file.")
@out_option
def cues(
    session: Session,
    period: str | None,
    as_of: dt.date | None,
    role: str | None,
    rep: str | None,
    template: str | None,
    out: Path | None,
) -> None:
    """Coaching cues: where people differ from peers of their role by more than chance, with the deals behind it.

    \b
    Example:
      dealcast cues --period 2026Q2 --as-of 2026-07-01
      dealcast cues --period 2026Q2 --rep R001 --language zh-CN
    """
    import polars as pl

    from history.fiscal import previous, quarter_of
    from indicators.cues import cues as table
    from indicators.shortfall import shortfalls

    out = checked_path(out)
    history = session.workspace().history()
    settings = history.settings
    day = day_or_newest(as_of, history)
    name = period or previous(quarter_of(day, settings), settings).name
    frame = table(history, name, settings.start_of(day), role, template)
    below = shortfalls(history, name, settings.start_of(day), template)
    if rep:
        frame, below = (one.filter(pl.col("rep_id") == rep) for one in (frame, below))
    if out:
        write(frame, out)
    show_cues(frame, name, session.language)
    for row in below.iter_rows(named=True):
        say(flagged(row, session.language))


def show_cues(frame: pl.DataFrame, period: str, language: str) -> None:
    """A block per person: gaps, then strengths."""
    say(
        choose(
            language,
            f"Coaching cues {period}, against peers of the same role",
            f"辅导提示 {period}（与同岗位同事相比）",
        )
    )
    if frame.is_empty():
        nothing = "Nobody differs from their peers by more than chance.", "没有人与同事有超出偶然的差别。"
        say(choose(language, *nothing))
    for _, rows in frame.group_by("rep_id", maintain_order=True):
        first = rows.row(0, named=True)
        say()
        say(f"{first['name'] or first['rep_id']} ({first['rep_id']}, {first['team']}, {first['role'] or '–'})")
        for row in rows.iter_rows(named=True):
            say("  " + told(row, language))


def told(row: dict[str, Any], language: str) -> str:
    """One cue in a sentence: values, n, interval of the difference, deals, and for a gap the next step."""
    own, peers = (written(row[name], "number") for name in ("value", "peers_value"))
    low, high = (f"{row[name]:+.2g}" for name in ("difference_p10", "difference_p90"))
    deals, mix = ", ".join(row["deals"]), row["peers_like_mix"]
    if language == "zh-CN":
        kind = "差距" if row["kind"] == "gap" else "优势"
        text = f"{kind}：{row['name_zh']} {own}（n={row['n']}），同事 {peers}（n={row['n_peers']}），"
        text += f"差的 80% 区间 {low} 至 {high}。"
        text += "" if mix is None else f"同区域客群构成的同事为 {written(mix, 'number')}。"
        text += f"商机：{deals}。" if deals else ""
        return text + (f"下一步：{row['next_step_zh']}" if row["kind"] == "gap" else "")
    kind = "Gap" if row["kind"] == "gap" else "Strength"
    text = (
        f"{kind}: {row['name_en']} {own} (n={row['n']}), peers {peers} (n={row['n_peers']}), 80 % interval of the "
        f"difference {low} to {high}."
    )
    text += "" if mix is None else f" Peers on a like mix of regions and segments: {written(mix, 'number')}."
    text += f" Deals: {deals}." if deals else ""
    return text + (f" Next step: {row['next_step_en']}" if row["kind"] == "gap" else "")


def flagged(row: dict[str, Any], language: str) -> str:
    """The facts of somebody who was below the line twice."""
    from indicators.shortfall import LINE

    who, low = row["name"] or row["rep_id"], ", ".join(row["low_in_both"])
    now, before = f"{row['total']:.0f}", f"{row['total_before']:.0f}"
    return choose(
        language,
        f"{who}: total {now} in {row['period']} and {before} in {row['before']}, both below {LINE:.0f} "
        f"(n={row['n']}); low both times: {low or 'nothing in particular'}. A reason to talk of an improvement plan.",
        f"{who}：{row['period']} 综合得分 {now}，{row['before']} 为 {before}，连续两期低于 {LINE:.0f}（n={row['n']}）；"
        f"两期均偏低：{low or '无特定指标'}。建议商讨改进计划。",
    )
