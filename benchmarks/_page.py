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
what to read. Data is synthetic. A bar that is missed is said to be missed. Where other work ran beside a benchmark,
seconds are longer than they would be, and ratios less sure.
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
    """The machine and the versions, in a few lines."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    told = f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}. Python "
    return textwrap.fill(f"{told}{platform.python_version()}, {versions}.", 118)


def load() -> str:
    """How busy the machine is with other work."""
    return f"Other work on the machine when it began: a load of {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores."


def processor() -> str:
    """What the processor calls itself."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def section(title: str, about: str, text: str) -> str:
    """One benchmark's section; text without a table stands as it was printed."""
    body = text.strip() if "|---" in text else f"```text\n{text.strip()}\n```"
    return f"## {title}\n\n{textwrap.fill(about, 118)}\n\n{body}\n"


def sections_of(path: Path) -> dict[str, str]:
    """The sections of a page by title; none where there is no page."""
    if not path.is_file():
        return {}
    parts = path.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.split("\n", 1)[0]: f"## {part.rstrip()}\n" for part in parts}


def page(sections: Iterable[str]) -> str:
    """The page of some sections."""
    return "\n".join([HEAD, f"{machine()}\n", *sections])
