"""Writes the pages of docs/ that are made from declarations; `--check` only says which of them are out of date.

Run by `make docs`; a test holds the pages current.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from features.catalogue import FEATURES, feature_version
from features.feature import GROUPS
from features.flags import FLAGS
from history import errors
from history.schema import Column
from history.tables import TABLES
from indicators.catalogue import INDICATORS
from indicators.kinds import KINDS

DOCS = Path(__file__).resolve().parent
MADE = "*Made by `make docs` from the declarations in the code; do not edit.*"


def table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """The lines of a Markdown table."""
    heads = list(headings)
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return lines + [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")


def limits(column: Column) -> str:
    """What a value must keep to."""
    parts = ["required"] if column.required else []
    parts += ["one of " + ", ".join(column.choices)] if column.choices else []
    parts += [f"≥ {column.at_least:g}"] if column.at_least is not None else []
    parts += [f"≤ {column.at_most:g}"] if column.at_most is not None else []
    parts += [f"known from {column.revealed_by}"] if column.revealed_by else []
    return "; ".join(parts)


def data_dictionary() -> list[str]:
    """Every canonical table, column by column."""
    lines = ["# Canonical tables", "", MADE, ""]
    lines += [
        "A canonical folder holds `<table>.csv` or `<table>.parquet` for the tables it has. Times are UTC instants;",
        "a bare date is its start in the workspace's time zone. Known at t means recorded before t.",
    ]
    for declared in TABLES.values():
        lines += ["", f"## {declared.name}", "", f"{declared.en}. {declared.zh}。", ""]
        lines += [f"Kind: {declared.mode}; key: {', '.join(f'`{name}`' for name in declared.key)}.", ""]
        rows = ((f"`{c.name}`", c.kind, c.unit, limits(c), c.en, c.zh) for c in declared.columns)
        lines += table(("column", "type", "unit", "rule", "meaning", "含义"), rows)
    return lines


def features() -> list[str]:
    """Every feature by group, then the risk flags."""
    lines = ["# Features and risk flags", "", MADE, ""]
    lines += [
        f"{len(FEATURES)} features, version `{feature_version()}`. Each is the state of a deal at an as-of instant."
    ]
    for group, (en, zh) in GROUPS.items():
        chosen = [feature for feature in FEATURES.values() if feature.group == group]
        lines += ["", f"## {en} {zh}", ""]
        lines += table(("feature", "unit", "meaning", "含义"), ((f"`{f.name}`", f.unit, f.en, f.zh) for f in chosen))
    lines += ["", "## Risk flags 风险信号", ""]
    lines += ["The thresholds can be edited in the workspace's `dealcast.toml`.", ""]
    rows = (
        (
            f"`{flag.code}`",
            f"`{flag.feature}`",
            f"{'≥' if flag.above else '≤'} {flag.threshold:g}",
            flag.unit,
            flag.en,
            flag.zh,
        )
        for flag in FLAGS.values()
    )
    return lines + table(("flag", "feature", "raised", "unit", "says", "说明"), rows)


def indicators() -> list[str]:
    """Every indicator of the scorecard with its formula, then the kinds of bias."""
    lines = ["# Indicators 指标", "", MADE, ""]
    lines += ["An indicator without its inputs says which table it needs; it never shows 0.", ""]
    headings = ("indicator", "name", "名称", "dimension", "unit", "better", "formula", "公式", "needs")
    rows = (
        (
            f"`{one.slug}`",
            one.en,
            one.zh,
            f"{one.dimension}, {'leading' if one.leading else 'lagging'}",
            one.unit,
            one.better,
            one.formula_en,
            one.formula_zh,
            ", ".join(str(need) for need in one.needs),
        )
        for one in INDICATORS.values()
    )
    lines += table(headings, rows)
    lines += ["", "## Kinds of bias 偏差类型", ""]
    told = ((f"`{kind.code}`", kind.zh, kind.rule_en, kind.rule_zh) for kind in KINDS.values())
    return lines + table(("kind", "类型", "rule", "规则"), told)


def exit_codes() -> list[str]:
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
    return ["# Exit codes", "", MADE, "", *table(("code", "error", "meaning"), sorted(known))]


PAGES: dict[str, Callable[[], list[str]]] = {
    "data-dictionary.md": data_dictionary,
    "features.md": features,
    "indicators.md": indicators,
    "exit-codes.md": exit_codes,
}


def outdated() -> list[str]:
    """Names of the pages that differ from what the code declares."""
    return [name for name, page in PAGES.items() if not _same(DOCS / name, text(page))]


def text(page: Callable[[], list[str]]) -> str:
    """A page as it is written."""
    return "\n".join(page()) + "\n"


def _same(path: Path, wanted: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == wanted


def main(check: bool) -> int:
    """Writes what is out of date, or with `check` only names it and gives 1."""
    late = outdated()
    for name in late:
        if not check:
            (DOCS / name).write_text(text(PAGES[name]), encoding="utf-8")
        print(f"docs/{name} {'is out of date; run make docs' if check else 'written'}")
    return int(check and bool(late))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
