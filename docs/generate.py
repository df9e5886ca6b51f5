"""Writes the pages of docs/ that are made from declarations; `--check` only says which of them are out of date.

Run by `make docs`; a test holds the pages current.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from features.dictionary import SPECS, examples
from features.dictionary import page as features
from history import errors
from history.dictionary import dictionary
from indicators.dictionary import text as indicators

DOCS = Path(__file__).resolve().parent
MADE = "*Made by `make docs` from the declarations in the code; do not edit.*"


def table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """The lines of a Markdown table."""
    heads = list(headings)
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return lines + [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")


def exit_codes() -> str:
    """What `dealcast` leaves with, by kind of trouble."""
    classes = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DealcastError)
    ]
    known = [
        (0, "", "Done."),
        (1, "", "`dealcast doctor` found something."),
        (2, "", "The command line is not understood."),
    ]
    known += [(kind.exit_code, f"`{kind.__name__}`", str(kind.__doc__).splitlines()[0]) for kind in classes]
    known += [(70, "", "An error nobody foresaw; the line names the file that holds the whole of it.")]
    known += [(130, "", "Stopped by the keyboard.")]
    return "\n".join(["# Exit codes", "", MADE, "", *table(("code", "error", "meaning"), sorted(known))]) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "data-dictionary.md": dictionary,
    "features.md": lambda: features(examples(SPECS)),
    "indicators.md": indicators,
    "exit-codes.md": exit_codes,
}


def outdated() -> list[str]:
    """Names of the pages that differ from what the code declares."""
    return [name for name, page in PAGES.items() if not _same(DOCS / name, page())]


def _same(path: Path, wanted: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == wanted


def main(check: bool) -> int:
    """Writes what is out of date, or with `check` only names it and gives 1."""
    late = outdated()
    for name in late:
        if not check:
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name} {'is out of date; run make docs' if check else 'written'}")
    return int(check and bool(late))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
