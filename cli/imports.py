"""`dealcast import`: an export into the history of a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.console import Column, Progress, Style, notice, print_table, say
from cli.options import Session, shared_options
from cli.words import choose

if TYPE_CHECKING:
    from history.importing import ImportReport

COLUMNS = (
    Column("table", "table", "表"),
    Column("file", "file", "文件"),
    Column("read", "read", "读取", "whole"),
    Column("inserted", "new", "新增", "whole"),
    Column("unchanged", "unchanged", "未变", "whole"),
    Column("duplicates", "repeated", "重复", "whole"),
    Column("quarantined", "set aside", "隔离", "whole"),
)
SHOWN_PROBLEMS = 10


@click.group("import")
@shared_options
def import_(session: Session) -> None:
    """Bring an export into the history of a workspace.

    \b
    Example:
      dealcast import canonical exports/acme
    """


@import_.command()
@shared_options
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--allow-quarantine", is_flag=True, help="Import the good rows and set the others aside.")
def canonical(session: Session, folder: Path, dry_run: bool, allow_quarantine: bool) -> None:
    """A folder of files named after the canonical tables, CSV or Parquet.

    The same export twice changes nothing. Without a workspace, one is made from the folder's dealcast.toml.

    \b
    Example:
      dealcast --workspace acme import canonical exports/acme --dry-run
      dealcast --workspace acme import canonical exports/acme --allow-quarantine
    """
    from history.errors import RowsQuarantined

    progress = Progress()
    progress(choose(session.language, f"reading {folder}", f"读取 {folder}"))
    try:
        report = imported(session, folder, dry_run, allow_quarantine)
    except RowsQuarantined as error:
        if refused := getattr(error, "report", None):
            show(refused, session.language)
        raise
    progress(choose(session.language, "done", "完成"))
    show(report, session.language)


def imported(session: Session, folder: Path, dry_run: bool = False, allow_quarantine: bool = False) -> ImportReport:
    """Imports the folder at the present instant; gives the report."""
    from history.importing import import_canonical
    from history.workspace import Workspace
    from serving.settings import settings_from_environment
    from serving.tokens import utc_now

    workspace = Workspace(session.path, settings_from_environment().database_url)
    return import_canonical(folder, workspace, allow_quarantine, dry_run, imported_at=utc_now())


def show(report: ImportReport, language: str) -> None:
    """Prints counts by table, then the first problems and the remarks."""
    from history.quarantine import describe

    title = choose(language, f"Import of {report.source}", f"导入 {report.source}")
    if report.dry_run:
        title += choose(language, " (dry run, nothing written)", "（试运行，未写入）")
    print_table(title, COLUMNS, report.frame().to_dicts(), Style(language))
    problems = [describe(problem) for problem in report.found.head(SHOWN_PROBLEMS).to_dicts()]
    if problems:
        more = report.found.height - len(problems)
        say(choose(language, "Set aside:", "已隔离："))
        for line in [*problems, *([choose(language, f"and {more:,} more", f"另有 {more:,} 处")] if more else [])]:
            say(f"  {line}")
    for remark in report.notices:
        notice(remark)
