"""`dealcast review`: one self-contained page for a review meeting."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from pathlib import Path

import click

from cli.console import Progress, notice, say
from cli.models import model_note, open_registry
from cli.options import Session, as_of_option, day_or_newest, shared_options
from cli.words import choose
from history.errors import OutputInvalid


@click.command()
@shared_options
@click.option(
    "--level",
    metavar="LEVEL",
    default="team",
    show_default=True,
    help="Whose review: team, rep, region or company. Without --scope, all of them side by side.",
)
@click.option("--scope", metavar="ID", help="One team, rep or region alone.")
@click.option(
    "--cadence",
    metavar="HOW_OFTEN",
    default="weekly",
    show_default=True,
    help="weekly, monthly or quarterly: since when what changed is told.",
)
@click.option("--period", metavar="PERIOD", help="2026Q4, 2026-11, 2026H2 or 2026. [default: the running quarter]")
@as_of_option
@click.option("--out", type=click.Path(path_type=Path), help="The file to write. [default: review-....html]")
def review(
    session: Session,
    level: str,
    scope: str | None,
    cadence: str,
    period: str | None,
    as_of: dt.date | None,
    out: Path | None,
) -> None:
    """One page for a review meeting: landing, what changed, deals, accuracy, bottleneck, goals.

    The page holds everything, in Chinese and English, and asks nothing of any other host.

    \b
    Example:
      dealcast review --as-of 2026-05-16
      dealcast review --level team --scope T01 --cadence monthly --as-of 2026-05-16 --out review.html
    """
    from serving.review.asked import must_be_offered
    from serving.review.file import review_html, standing_at

    must_be_offered(level, cadence)
    workspace = session.workspace()
    history = workspace.history()
    day = day_or_newest(as_of, history)
    target = _checked(out or Path(f"review-{level}-{cadence}-{day}.html"))
    progress = Progress()
    progress(choose(session.language, "scoring", "评分"))
    standing = standing_at(history, open_registry(workspace), workspace.settings.start_of(day), period)
    progress(choose(session.language, "comparing and drawing", "对比与绘图"))
    _write(review_html(standing, level, scope, cadence, period, session.language), target)
    say(choose(session.language, f"The review is {target}.", f"复盘材料已写入 {target}。"))
    notice(model_note(standing.model, workspace.settings, standing.as_of, session.language))


def _checked(path: Path) -> Path:
    if path.suffix.lower() not in (".html", ".htm"):
        raise OutputInvalid(f"--out {path} ends in {path.suffix or 'nothing'!r}; expected .html. Rename the file.")
    if path.is_dir() or not path.parent.is_dir():
        raise OutputInvalid(f"--out {path} cannot be written; expected a file in a folder that exists. Name another.")
    return path


def _write(text: str, path: Path) -> None:
    """Beside it first, then renamed, so that a reader never meets half a file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
