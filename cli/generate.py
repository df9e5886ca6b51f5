"""`dealcast generate`: the synthetic CRM as a canonical folder."""

from __future__ import annotations

from pathlib import Path

import click

from cli.console import Progress, notice, say
from cli.options import Session, shared_options
from cli.words import choose
from history.errors import OutputInvalid


@click.command()
@shared_options
@click.option("--deals", type=click.IntRange(min=50, max=1_000_000), default=20_000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", required=True, help="A new or empty folder.")
@click.option("--clean", is_flag=True, help="Without the late rows, duplicates and gaps that CRMs have.")
def generate(session: Session, deals: int, seed: int, out: Path, clean: bool) -> None:
    """A synthetic CRM of three years, the same bytes for the same seed.

    The truth that was planted is written apart, below DIR/truth.

    \b
    Example:
      dealcast generate --deals 4000 --seed 7 --out crm
      dealcast import canonical crm --allow-quarantine
    """
    from history.synthetic import generate as make
    from history.synthetic import write_folder

    checked_folder(out)
    progress = Progress()
    progress(choose(session.language, f"making {deals:,} deals", f"生成 {deals:,} 个商机"))
    crm = make(deals, seed, clean=clean)
    write_folder(crm, out)
    progress(choose(session.language, "written", "已写入"))
    for name, frame in sorted(crm.history.tables.items()):
        say(f"{name:<16}{frame.height:>12,}")
    notice(choose(session.language, f"The canonical folder is {out}.", f"标准文件夹：{out}。"))


def checked_folder(out: Path) -> None:
    """Raises `OutputInvalid` where a folder cannot be written, or something would be overwritten."""
    if out.is_file():
        raise OutputInvalid(f"--out {out} is a file; expected a folder. Name another.")
    if out.is_dir() and any(out.iterdir()):
        raise OutputInvalid(f"--out {out} is not empty; expected a new or empty folder. Name another.")
    if not out.parent.is_dir():
        raise OutputInvalid(f"--out {out}: the folder {out.parent} does not exist; make it or name another.")
