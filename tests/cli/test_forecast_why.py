"""`dealcast forecast --why`: by what each scope's forecast was corrected."""

from __future__ import annotations

import polars as pl
import pytest

from cli.forecast import show_why
from serving.correction_parts import SCHEMA, WORDS


def parts(**effects: float) -> pl.DataFrame:
    rows = [("team", "North", "2026Q2", None, "amount", clue, effect, *WORDS[clue]) for clue, effect in effects.items()]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("language", "title", "words"),
    [("en", "What the correction goes by", "how much is booked already"), ("zh-CN", "修正的依据", "已签的比重")],
)
def test_every_line_is_told_in_the_readers_language(capsys, language: str, title: str, words: str):
    show_why(parts(booked=-1200.0, level=300.0), "amount", "USD", language)
    said = capsys.readouterr().out
    assert title in said
    assert words in said
    assert "North" in said


def test_where_nothing_was_corrected_that_is_said(capsys):
    show_why(parts(), "count", "USD", "en")
    show_why(parts(), "count", "USD", "zh-CN")
    assert capsys.readouterr().out.split("\n")[:2] == ["Nothing was corrected.", "未作任何修正。"]
