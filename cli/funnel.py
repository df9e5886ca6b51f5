"""`dealcast funnel`: what entered each stage, how it went on, how long it stayed, and where a group is held up."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Column, Style, print_table, say, written
from cli.options import Day, Session, as_of_option, day_or_newest, out_option, shared_options
from cli.output import checked_path, write
from cli.words import choose

if TYPE_CHECKING:
    import polars as pl

KEYS = {
    "company": ("company", "公司"),
    "team": ("team", "团队"),
    "rep": ("rep", "人员"),
    "region": ("region", "区域"),
    "product_line": ("product line", "产品线"),
    "segment": ("segment", "客群"),
    "source": ("source", "来源"),
    "month": ("month", "月份"),
    "quarter": ("quarter", "季度"),
}

COLUMNS = (
    Column("stage", "stage", "阶段"),
    Column("entered", "entered", "进入", "whole"),
    Column("moved_on", "moved on", "推进", "whole"),
    Column("won", "won", "赢单", "whole"),
    Column("went_back", "back", "退回", "whole"),
    Column("lost", "lost", "输单", "whole"),
    Column("still_there", "still there", "仍在", "whole"),
    Column("conversion", "on in 90 days", "90 天内推进", "percent"),
    Column("dwell_median", "days: half", "天数：中位", "whole"),
    Column("dwell_p80", "four in five", "80 分位", "whole"),
    Column("won_dwell_median", "half of won deals", "赢单商机中位", "whole"),
    Column("wins_short", "wins short", "少赢单数", "number"),
    Column("mark", "", ""),
)


@click.command()
@shared_options
@click.option(
    "--from", "start", type=Day(), help="Stays that began on this day or later. [default: a year before --as-of]"
)
@click.option("--to", "end", type=Day(), help="Stays that began before this day. [default: --as-of]")
@as_of_option
@click.option(
    "--by",
    default="company",
    metavar="KEY[,KEY]",
    show_default=True,
    help=f"One or two of: {', '.join(KEYS)}, or a level of your own.",
)
@out_option
def funnel(
    session: Session, start: dt.date | None, end: dt.date | None, as_of: dt.date | None, by: str, out: Path | None
) -> None:
    """The funnel as known on a day: counts, conversion and days by stage, and the stage that holds a group up.

    \b
    Example:
      dealcast funnel --from 2025-07-01 --to 2026-07-01 --by team
      dealcast funnel --by region,product_line --as-of 2026-04-01 --out funnel.csv
    """
    from indicators.funnel import funnel as table

    out = checked_path(out)
    history = session.workspace().history()
    settings = history.settings
    day = day_or_newest(as_of, history)
    first, last = start or day - dt.timedelta(days=365), end or day
    keys = [key.strip() for key in by.split(",")]
    frame = table(history, settings.start_of(first), settings.start_of(last), settings.start_of(day), keys)
    if out:
        write(frame, out)
    show_funnel(frame, keys, (first, last, day), session.language)


def show_funnel(frame: pl.DataFrame, keys: list[str], days: tuple[dt.date, dt.date, dt.date], language: str) -> None:
    """The table, then one line for each group that is held up."""
    first, last, day = days
    title = choose(
        language,
        f"Funnel of stays that began from {first} to {last}, as known on {day}",
        f"漏斗：{first} 至 {last} 进入各阶段的商机，以 {day} 所知为准",
    )
    heads = tuple(Column(key, *KEYS.get(key, (key, key))) for key in keys)
    mark = choose(language, "< held up here", "< 瓶颈")
    rows = [row | {"mark": mark if row["bottleneck"] else ""} for row in frame.to_dicts()]
    print_table(title, heads + COLUMNS, rows, Style(language))
    held_up = [row for row in rows if row["bottleneck"]]
    for row in sorted(held_up, key=lambda row: -row["wins_short"]):
        say(told(row, keys, language))
    if not held_up:
        nothing = "No group is behind the others by more than chance would do.", "没有哪一组明显落后于其他组。"
        say(choose(language, *nothing))


def told(row: dict[str, Any], keys: list[str], language: str) -> str:
    """What holds a group up, in a sentence: the shares, the wins that it comes to with their 80 % interval, and n."""
    group = " × ".join(str(row[key]) for key in keys)
    own, others = (written(row[name], "percent") for name in ("onward", "others_onward"))
    short, low, high = (f"{row[name]:.1f}" for name in ("wins_short", "wins_short_p10", "wins_short_p90"))
    return choose(
        language,
        f"{group}: of {row['ended']} stays in {row['stage']} that ended, {own} went on, with the others {others}; at "
        f"their rate it would be {short} wins more (80 % interval {low} to {high}).",
        f"{group}：{row['stage']} 阶段已结束的 {row['ended']} 次停留中 {own} 向前推进，其他组为 {others}；"
        f"若与其他组相同，约可多赢 {short} 单（80% 区间 {low} 至 {high}）。",
    )
