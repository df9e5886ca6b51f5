"""Writes docs/features.md: every feature as people read it, with the specs that show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.aggregate import Stream
from features.catalogue import FEATURES, OF_FIELD, aggregates_of, feature_of, feature_version
from features.feature import GROUPS, Feature
from features.flags import FLAGS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "features.md"
SPECS = ROOT / "tests" / "spec"
_EXAMPLE = re.compile(r"^## (?P<names>.+?)\n(?P<note>.*?)^```\n(?P<table>.*?)^```$", re.MULTILINE | re.DOTALL)
_TABLES = {
    "facts": "deals",
    "changes": "deal_changes",
    "touches": "activities",
    "contacts": "contacts",
    "account_facts": "accounts",
    "rep_facts": "reps",
    "stage_dwells": "deal_changes of won deals",
}


@dataclass(frozen=True)
class Example:
    """One spec: the features it shows, in which group, a remark, and its tables as text."""

    group: str
    features: tuple[str, ...]
    note: str
    table: str


def examples(folder: Path) -> list[Example]:
    """The specs of the pages of `folder`, one page per group; none where the folder is absent."""
    pages = ((path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.md")))
    return [
        Example(group, tuple(found["names"].split(", ")), found["note"].strip(), found["table"])
        for group, text in pages
        for found in _EXAMPLE.finditer(text)
    ]


def page(shown: Sequence[Example]) -> str:
    """The dictionary as Markdown, with `shown` as its examples."""
    lines = ["# Features and risk flags", ""]
    lines += ["*Made by `make docs` from the declarations in the code; do not edit.*", ""]
    lines += [
        f"{len(FEATURES)} features, version `{feature_version()}`. Each is the state of a deal at an as-of instant,",
        "from what was recorded and had happened before it. A sentence says a value as managers and reps read it;",
        "it never says why.",
    ]
    for group, (en, zh) in GROUPS.items():
        lines += ["", f"## {en} {zh}", ""]
        for chosen in (feature for feature in FEATURES.values() if feature.group == group):
            lines += [*_entry(chosen), ""]
        lines += ["### Examples 示例", ""]
        for example in (example for example in shown if example.group == group):
            lines += _shown(example)
    return "\n".join([*lines, *_own_fields(), *_flags()]) + "\n"


def _entry(feature: Feature) -> Iterable[str]:
    yield f"### `{feature.name}`"
    yield ""
    yield f"{feature.en}. {feature.zh}。Unit: {feature.unit}. Reads {reads(feature)}."
    yield ""
    for value in sample_values(feature):
        yield f"- {feature.sentence(value, 'en')} · {feature.sentence(value, 'zh-CN')}"


def _shown(example: Example) -> list[str]:
    names = ", ".join(f"`{name}`" for name in example.features)
    return [names, "", *([example.note, ""] if example.note else []), "```", example.table.rstrip("\n"), "```", ""]


def _own_fields() -> list[str]:
    """How the fields that a company configures are told, by an example."""
    example = feature_of(OF_FIELD + "market")
    return [
        "## Fields of your own 自有字段",
        "",
        "Every field that `[features] fields` names in the workspace's `dealcast.toml` is one more category, of the",
        f"group *{' '.join(GROUPS[example.group])}*: its last known value, in the company's own words. The version",
        "then differs from the one above. Of a field `market`:",
        "",
        *_entry(example),
        "",
    ]


def _flags() -> list[str]:
    lines = ["## Risk flags 风险信号", "", "The thresholds can be edited in the workspace's `dealcast.toml`.", ""]
    lines += ["| flag | feature | raised | unit | says | 说明 |", "|---|---|---|---|---|---|"]
    for flag in FLAGS.values():
        side = "≥" if flag.above else "≤"
        cells = (f"`{flag.code}`", f"`{flag.feature}`", f"{side} {flag.threshold:g}", flag.unit, flag.en, flag.zh)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def sample_values(feature: Feature) -> list[float | str | None]:
    """Values whose sentences show how the feature is said: a usual one, those said in words of their own, none."""
    if feature.categorical:
        return ["Propose" if feature.name == "stage" else "A", None]
    usual = {"share": 0.25, "ratio": 1.5, "1 yes, 0 no": 1.0, "deal currency": 12_000.0, "month": 3.0}
    usual |= dict.fromkeys(("open stages before it", "stages", "moves", "times", "names"), 2.0)
    values: list[float | str | None] = [usual.get(feature.unit, 12.0)]
    values += [0.0] if feature.zero_en else []
    values += [-12.0] if feature.negative_en else []
    return [*values, None]


def reads(feature: Feature) -> str:
    """The tables a feature reads, and whose."""
    told = [_told(aggregate.stream) for aggregate in aggregates_of(feature)]
    return ", ".join(dict.fromkeys(told)) or "the date alone"


def _told(stream: Stream) -> str:
    if stream.name in _TABLES:
        return f"`{stream.name}`" if _TABLES[stream.name] == stream.name else _TABLES[stream.name]
    return f"deal_changes of the {stream.entity}'s deals"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(examples(SPECS)), encoding="utf-8")


if __name__ == "__main__":
    main()
