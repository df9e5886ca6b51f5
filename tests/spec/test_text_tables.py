"""Tables drawn as text are read as they are meant."""

from __future__ import annotations

import pytest

from tests.lib.builders import instant
from tests.lib.text_tables import read_story, read_tables


def test_a_field_begins_with_the_value_above_it_in_the_same_deal() -> None:
    story = read_story("deal | at | stage\nD1 | 2026-01-01 | Qualify\nD2 | 2026-01-02 | Won\nD1 | 2026-01-03 | cleared")
    changes = story.history["deal_changes"].select("deal_id", "old_value", "new_value").rows()
    assert changes == [("D1", None, "Qualify"), ("D2", None, "Won"), ("D1", "Qualify", None)]


def test_an_empty_cell_says_nothing() -> None:
    changes = read_story("at | stage | amount\n2026-01-01 | Qualify |").history["deal_changes"]
    assert changes["field"].to_list() == ["stage"]


def test_a_row_is_known_when_it_happened_or_when_it_says() -> None:
    told = "at | stage | known\n2026-01-01 | Qualify |\n2026-01-02 | Propose | 2026-01-05"
    recorded = read_story(told).history["deal_changes"]["recorded_at"].to_list()
    assert recorded == [instant("2026-01-01"), instant("2026-01-05")]


def test_answers_name_feature_deal_and_day() -> None:
    text = "at | stage\n2026-01-01 | Qualify\n\nas of | deal | stage | age_days | because\n2026-01-03 | D2 | - | 2 | so"
    answers = read_story(text).answers
    assert [(a.feature, a.deal, a.as_of, a.expected, a.because) for a in answers] == [
        ("stage", "D2", "2026-01-03", "-", "so"),
        ("age_days", "D2", "2026-01-03", "2", "so"),
    ]


def test_a_row_of_too_few_cells_is_named() -> None:
    with pytest.raises(ValueError, match=r"row '2026-01-01' has 1 cells under 2 headings"):
        read_tables("at | stage\n2026-01-01")
