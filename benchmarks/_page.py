"""docs/speed.md: what was measured on which machine, and whether it is what was asked."""

from __future__ import annotations

import os
import platform
import textwrap
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "speed.md"
PACKAGES = ("numpy", "pandas", "polars", "pyarrow", "numba", "lightgbm", "shap")
HEAD = """# Speed

*Made by `make bench`; do not edit.*

Every baseline runs on the same machine, in the same run and on the same data as what stands beside it; the ratios are
what to read. Data is synthetic. A bar that is missed is said to be missed.
"""


def verdict(asked: str, found: float, reached: bool) -> str:
    """A row that says what was asked and what was found.

    >>> verdict("times pandas, 8 or more", 8.25, True)
    '| times pandas, 8 or more | 8.2 | reached |'
    """
    digits = 2 if found < 5 else 1 if found < 100 else 0
    return f"| {asked} | {found:,.{digits}f} | {'reached' if reached else '**missed**'} |"


def table_of_verdicts(rows: Iterable[str]) -> list[str]:
    return ["| bar | measured | |", "|---|---|---|", *rows]


def machine() -> str:
    """The machine, the versions and how busy it is, in a few lines."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    told = (
        f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}. Python "
        f"{platform.python_version()}, {versions}. Other work on the machine when the run began: a load of {load} over "
        "1, 5 and 15 minutes, where the number of cores is a busy machine."
    )
    return textwrap.fill(told, 118)


def processor() -> str:
    """What the processor calls itself."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def page(about: str, sections: Iterable[tuple[str, str, str]]) -> str:
    """The page from (title, what it is, text) of each benchmark; text without a table stands as it was printed."""
    told = [HEAD, about]
    for title, what, text in sections:
        body = text.strip() if "|---" in text else f"```text\n{text.strip()}\n```"
        told.append(f"\n## {title}\n\n{what}\n\n{body}")
    return "\n".join(told) + "\n"
