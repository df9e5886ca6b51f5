"""What people see: tables on standard output, progress and notices on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import StringIO
from typing import Any

WIDE = 100_000


@dataclass(frozen=True)
class Column:
    """One printed column: its field in the result, headings, and how the value is written.

    `form` is "text", "count", "money", "percent", "points", "number" or "date".
    """

    field: str
    en: str
    zh: str
    form: str = "text"

    def heading(self, language: str) -> str:
        return self.zh if language == "zh-CN" else self.en

    @property
    def is_text(self) -> bool:
        return self.form == "text"


def written(value: Any, form: str) -> str:
    """`value` as people read it; a missing value is a dash, never 0.

    >>> written(0.734, "percent"), written(1234567.2, "money"), written(None, "money"), written(-0.12, "points")
    ('73 %', '1,234,567', '–', '-12 pts')
    """
    if value is None or value != value:
        return "–"
    forms: dict[str, Callable[[Any], str]] = {
        "count": lambda v: f"{v:,.0f}" if float(v).is_integer() else f"{v:,.1f}",
        "money": lambda v: f"{v:,.0f}",
        "percent": lambda v: f"{v * 100:.0f} %",
        "signed": lambda v: f"{v * 100:+.0f} %",
        "points": lambda v: f"{v * 100:+.0f} pts",
        "number": lambda v: f"{v:,.3g}",
        "score": lambda v: f"{v:.3f}",
        "date": lambda v: f"{v:%Y-%m-%d}",
    }
    return forms.get(form, str)(value)


def print_table(title: str, columns: Iterable[Column], rows: Iterable[dict[str, Any]], language: str = "en") -> None:
    """A titled table: ruled on a terminal, plain and aligned where the output is piped."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = list(columns)
    on_terminal = sys.stdout.isatty()
    table = Table(box=box.SIMPLE_HEAD if on_terminal else None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in shown:
        table.add_column(column.heading(language), justify="left" if column.is_text else "right", overflow="fold")
    for row in rows:
        table.add_row(*(_plain(written(row.get(column.field), column.form)) for column in shown))
    if on_terminal:
        console = Console(highlight=False)
        console.print(_plain(title), style="bold")
        console.print(table)
        return
    buffer = StringIO()
    Console(file=buffer, width=WIDE, color_system=None, force_terminal=False, highlight=False).print(table)
    lines = [line.rstrip() for line in buffer.getvalue().splitlines()]
    print("\n".join([title, *lines]))


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text(text)


def say(text: str = "") -> None:
    """One line of the result, on standard output."""
    print(text)


def notice(text: str) -> None:
    """One line beside the result, on standard error."""
    print(text, file=sys.stderr, flush=True)


class Progress:
    """Tells on standard error what is being done, with the seconds since the start."""

    def __init__(self) -> None:
        self.started = time.monotonic()

    def __call__(self, doing: str, *_: object) -> None:
        notice(f"  {time.monotonic() - self.started:5.1f} s  {doing}")
