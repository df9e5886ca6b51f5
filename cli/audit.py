"""`dealcast audit`: who saw, changed, exported, promoted, signed in, or was refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from cli.console import Column, Style, notice, print_table
from cli.options import Day, Session, out_option, shared_options
from cli.output import checked_path, write
from cli.user import tables
from cli.words import choose

DEEDS = ("saw", "changed", "exported", "promoted", "signed_in", "signed_out", "managed", "refused")
SHOWN = 50
COLUMNS = (
    Column("at", "when (UTC)", "时间（UTC）"),
    Column("who", "who", "谁"),
    Column("role", "role", "角色"),
    Column("deed", "did", "操作"),
    Column("what", "what", "内容"),
    Column("status", "status", "状态码", "whole"),
    Column("times", "times", "次数", "whole"),
    Column("address", "from", "来源"),
)


@click.command()
@shared_options
@click.option("--since", type=Day(), help="Only from this day on. [default: everything]")
@click.option("--who", metavar="NAME", help="Only of this account or token.")
@click.option("--deed", type=click.Choice(DEEDS), help="Only lines of this kind.")
@out_option
def audit(session: Session, since: dt.date | None, who: str | None, deed: str | None, out: Path | None) -> None:
    """The audit log, which can only grow: the newest lines on the screen, every line with --out.

    \b
    Example:
      dealcast audit --deed refused
      dealcast audit --since 2026-07-01 --out audit.csv
    """
    from serving.people.audit import read

    path = checked_path(out)
    start = session.workspace().settings.start_of(since) if since else None
    with tables(session) as engine:
        lines = read(engine, start, who, deed)
    if path is not None:
        write(lines, path)
        notice(choose(session.language, f"{lines.height:,} lines: {path}", f"{lines.height:,} 行：{path}"))
        return
    rows = [row | {"at": f"{row['at']:%Y-%m-%d %H:%M:%S}"} for row in lines.tail(SHOWN).iter_rows(named=True)]
    print_table(choose(session.language, "Audit log", "审计日志"), COLUMNS, rows, Style(session.language))
    if lines.height > SHOWN:
        notice(
            choose(
                session.language,
                f"The newest {SHOWN} of {lines.height:,} lines; --out FILE writes all.",
                f"仅显示最近 {SHOWN} 行，共 {lines.height:,} 行；--out 文件 可导出全部。",
            )
        )
