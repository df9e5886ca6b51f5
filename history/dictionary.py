"""The data dictionary, written from the declarations: `python -m history.dictionary` renews docs/data-dictionary.md."""

from __future__ import annotations

from pathlib import Path

from history.schema import Column, Table
from history.tables import KNOWN_FIELDS, TABLES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "data-dictionary.md"

_MODES = {
    "event": "An event: the same row again is the same event.",
    "fact": "A fact: a second row with the same key and other values is refused.",
    "version": "Versions: the same key with new values is a new version; the newest one known by a date counts on it.",
}

_HEAD = """# Data dictionary

*Made from the declarations in `history/tables.py` by `python -m history.dictionary` or `make docs`; do not edit.*

A canonical folder holds one file per table, `<table>.csv` or `<table>.parquet`, and a `dealcast.toml`. Columns
that are not required may be left out; further columns are kept as text. Instants are stored in UTC: a time without
an offset is UTC, a date alone is the start of that day in the workspace's time zone. `recorded_at` says when the
company could first have known a row; left out, it is the row's own time. **Known at t means recorded before t.**
"""


def dictionary() -> str:
    """The whole page as Markdown."""
    fields = ", ".join(f"`{name}`" for name in KNOWN_FIELDS)
    known = f"Fields of `deal_changes` that have a meaning here: {fields}. Any other field is carried.\n"
    return "\n".join([_HEAD, known, *(_section(table) for table in TABLES.values())]).rstrip() + "\n"


def _section(table: Table) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    happened = f" Its time is `{table.happened}`." if table.happened else ""
    lines = [
        f"## {table.name}",
        "",
        f"{_sentence(table.en)} {table.zh}。",
        "",
        f"{_MODES[table.mode]} Key: {key}.{happened}",
        "",
        "| column | type | unit | meaning | 含义 | constraint |",
        "|---|---|---|---|---|---|",
        *(_line(column) for column in table.columns),
        "",
    ]
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _line(column: Column) -> str:
    return f"| `{column.name}` | {column.kind} | {column.unit} | {column.en} | {column.zh} | {_constraint(column)} |"


def _constraint(column: Column) -> str:
    parts = ["required"] if column.required else []
    if column.choices:
        parts.append("one of " + ", ".join(column.choices))
    if column.at_least is not None:
        parts.append(f"at least {column.at_least:g}")
    if column.at_most is not None:
        parts.append(f"at most {column.at_most:g}")
    if column.revealed_by is not None:
        parts.append(f"known from `{column.revealed_by}` on")
    return "; ".join(parts)


if __name__ == "__main__":
    PAGE.write_text(dictionary(), encoding="utf-8")
