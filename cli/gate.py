"""How the gate's results are printed."""

from __future__ import annotations

from cli.console import Column
from cli.words import choose

GATE = (
    Column("code", "check", "检查"),
    Column("title", "of", "内容"),
    Column("outcome", "outcome", "结果"),
    Column("sentence", "says", "说明"),
)


def gate_row(result: dict[str, str], language: str) -> dict[str, str]:
    """A check's result in the words of a language."""
    from training.gate.check import OUTCOMES

    said = result["outcome"]
    words = {
        "title": choose(language, result["title"], result["title_zh"]),
        "outcome": choose(language, said.replace("_", " "), OUTCOMES[said]),
        "sentence": choose(language, result["sentence"], result["sentence_zh"]),
    }
    return {**result, **words}
