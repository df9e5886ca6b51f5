"""G16: what is not as the last freeze led to expect is named before a model learned from it serves."""

from __future__ import annotations

from history.expectations import Surprise
from tests.gate.evidence import outcome

RENAMED = Surprise("stages", "dealcast.toml", "stages were A; now B", "阶段原为 A；现为 B")


def test_a_history_as_expected_passes() -> None:
    assert outcome("G16", surprises=[]).outcome == "passed"


def test_a_surprise_is_found_in_words() -> None:
    found = outcome("G16", surprises=[RENAMED])
    assert (found.outcome, found.sentence, found.sentence_zh) == ("found", "stages were A; now B", "阶段原为 A；现为 B")


def test_many_surprises_are_told_in_part_and_counted() -> None:
    assert outcome("G16", surprises=[RENAMED] * 8).sentence.endswith("; and 3 more")


def test_the_first_freeze_has_nothing_to_be_held_against() -> None:
    assert outcome("G16").outcome == "not_applicable"
