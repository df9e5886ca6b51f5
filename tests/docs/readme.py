"""Reads the README files: headings, commands, links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = ROOT / "README.md"
CHINESE = ROOT / "README.zh-CN.md"


def levels(path: Path) -> list[int]:
    """The levels of the headings, in order; code blocks do not count."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    return [len(match[1]) for match in re.finditer(r"^(#+) ", text, flags=re.M)]


def commands(path: Path) -> list[str]:
    """Every command line of the shell blocks, comments removed."""
    blocks = re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.S)
    lines = (line.split(" #")[0].strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def verbs(path: Path) -> list[list[str]]:
    """The arguments of every `dealcast` command."""
    return [shlex.split(line)[1:] for line in commands(path) if shlex.split(line)[0].endswith("dealcast")]


def targets(path: Path) -> list[str]:
    """The make targets the page tells one to run."""
    return [word for line in commands(path) if line.startswith("make ") for word in line.split()[1:]]


def links(path: Path) -> list[str]:
    """Links and code-quoted paths of the page that name a file or folder of the project."""
    text = path.read_text(encoding="utf-8")
    return [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link and link[0] != "#"]


def places(path: Path) -> list[str]:
    """The files named in the tables of the page, such as `history/as_of.py`."""
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [name for row in rows for name in re.findall(r"`([\w./-]+(?:\.\w+|/))`", row)]
