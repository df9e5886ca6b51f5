"""What people see: tables on standard output, progress and notices on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from cli.words import choose
from serving.pages.format import MINUS, NOTHING, money, percent

WIDE = 100_000


@dataclass(frozen=True)
class Column:
    """One printed column: its field in the result, headings, and how the value is written (see `written`)."""

    field: str
    en: str
    zh: str
    form: str = "text"

    def heading(self, language: str) -> str:
        return choose(language, self.en, self.zh)


@dataclass(frozen=True)
class Style:
    """How values are written: the language, and the currency of amounts (None: the measure is deals)."""

    language: str = "en"
    currency: str | None = None


def written(value: Any, form: str, style: Style = Style()) -> str:
    """`value` as people read it; a missing value is a dash, never 0.

    >>> written(0.734, "percent"), written(-0.12, "signed"), written(None, "amount"), written(0.9999, "chance")
    ('73%', '−12%', '–', '>99%')
    >>> written(1234567.2, "amount", Style("en", "CNY")), written(12.34, "amount")
    ('¥1.23M', '12.3')
    """
    if value is None or value != value:
        return NOTHING
    return FORMS[form](value, style)


FORMS: dict[str, Callable[[Any, Style], str]] = {
    "text": lambda value, style: str(value),
    "amount": lambda value, style: _amount(value, style),
    "whole": lambda value, style: f"{value:,.0f}",
    "chance": lambda value, style: percent(value),
    "percent": lambda value, style: f"{value * 100:.0f}%",
    "signed": lambda value, style: f"{value * 100:+.0f}%".replace("-", MINUS),
    "slope": lambda value, style: f"{value * 100:+.1f}".replace("-", MINUS),
    "times": lambda value, style: f"{value:,.1f} ×",
    "number": lambda value, style: f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}",
    "score": lambda value, style: f"{value:.3f}",
    "date": lambda value, style: f"{value:%Y-%m-%d}",
}


def _amount(value: float, style: Style) -> str:
    return (
        f"{value:,.1f}".replace("-", MINUS) if style.currency is None else money(value, style.currency, style.language)
    )


def print_table(title: str, columns: Sequence[Column], rows: Iterable[dict[str, Any]], style: Style = Style()) -> None:
    """A titled table: ruled on a terminal, plain and aligned where the output is piped."""
    from rich.console import Console

    if not sys.stdout.isatty():
        print(table_text(title, columns, rows, style))
        return
    console = Console(highlight=False)
    console.print(_plain(title), style="bold")
    console.print(_table(_headings(columns, style), _cells(columns, rows, style), ruled=True))


def table_text(title: str, columns: Sequence[Column], rows: Iterable[dict[str, Any]], style: Style = Style()) -> str:
    """A titled table as plain, aligned text."""
    from rich.console import Console

    buffer = StringIO()
    table = _table(_headings(columns, style), _cells(columns, rows, style), ruled=False)
    Console(file=buffer, width=WIDE, color_system=None, highlight=False).print(table)
    return "\n".join([title, *(line.rstrip() for line in buffer.getvalue().splitlines())])


def _headings(columns: Sequence[Column], style: Style) -> list[tuple[str, bool]]:
    return [(column.heading(style.language), column.form == "text") for column in columns]


def _cells(columns: Sequence[Column], rows: Iterable[dict[str, Any]], style: Style) -> list[list[str]]:
    return [[written(row.get(column.field), column.form, style) for column in columns] for row in rows]


def _table(headings: list[tuple[str, bool]], cells: list[list[str]], ruled: bool) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD if ruled else None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, is_text in headings:
        table.add_column(_plain(heading), justify="left" if is_text else "right", overflow="fold")
    for row in cells:
        table.add_row(*(_plain(cell) for cell in row))
    return table


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
