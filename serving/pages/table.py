"""A table as a page shows it: heads, rows and cells that are ready to read. One template draws them all."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass(frozen=True)
class Head:
    """The head of a column. `kind` is "text" or "num" (set to the right)."""

    label: str
    note: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class Span:
    """A range drawn in a cell, in percent of its track: the range, its middle, and a line to compare with (-1: none).

    `label` says the same in words.
    """

    start: float
    width: float
    middle: float
    line: float
    label: str
    tone: str = ""


@dataclass(frozen=True)
class Cell:
    """What stands in a column. `tone` is "", good, bad, quiet or a band; `span` is drawn under the text."""

    text: str
    note: str = ""
    link: str = ""
    tone: str = ""
    span: Span | None = None


@dataclass(frozen=True)
class Row:
    """Cells in the order of the heads; the first names the row."""

    cells: list[Cell]
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its caption, which says what it holds. Without rows `nothing` is shown in its place."""

    caption: str
    heads: list[Head]
    rows: list[Row] = field(default_factory=list)
    note: str = ""
    nothing: str = ""


@dataclass(frozen=True)
class Tile:
    """One figure with its name and what to know beside it."""

    label: str
    figure: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Choice:
    """One link of a row of choices."""

    label: str
    link: str
    chosen: bool


@dataclass(frozen=True)
class Choices:
    """A row of links of which one is chosen."""

    label: str
    options: list[Choice]


def link(path: str, **values: str | None) -> str:
    """A path with its query, parts without a value left out.

    >>> link("/funnel", by="team", months=None), link("/funnel")
    ('/funnel?by=team', '/funnel')
    """
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{path}?{query}" if query else path


def choices(label: str, path: str, name: str, options: dict[str, str], chosen: str, **kept: str | None) -> Choices:
    """A row of links that set `name` to each key of `options` and keep the other values of the query."""
    made = [Choice(text, link(path, **{**kept, name: key}), key == chosen) for key, text in options.items()]
    return Choices(label, made)


def num(label: str, note: str = "") -> Head:
    """The head of a column of numbers."""
    return Head(label, note, "num")
