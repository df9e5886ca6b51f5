"""G05: the candidate is not worse than the champion by more than the margin, on days that neither had learned."""

from __future__ import annotations

from tests.gate.evidence import beside, outcome
from training.probes.beside import refused


def test_a_better_candidate_passes() -> None:
    found = outcome("G05", beside=beside())
    assert found.outcome == "passed"
    assert "than champion 7's by 0." in found.sentence


def test_an_equal_candidate_passes() -> None:
    assert outcome("G05", beside=beside(noise=0.3)).outcome == "passed"


def test_a_stale_candidate_is_found_however_old_the_champion_is() -> None:
    stale = beside()
    swapped = stale.rows.rename({"model": "champion", "champion": "model"})
    found = outcome("G05", beside=type(stale)("7", swapped))
    assert found.outcome == "found"


def test_a_stale_champion_gives_way_to_a_better_candidate_only() -> None:
    assert outcome("G05", beside=beside(noise=2.0)).outcome == "passed"
    assert outcome("G05", beside=beside(noise=2.0, worse_in="Qualify")).outcome == "passed"
    assert outcome("G05", beside=beside(noise=0.0, worse_in="Qualify")).outcome == "found"


def test_few_rows_do_not_judge() -> None:
    assert outcome("G05", beside=beside(rows=150)).outcome == "not_applicable"


def test_the_first_model_has_nobody_to_beat() -> None:
    assert outcome("G05").sentence == "there is no champion yet"


def test_a_champion_that_cannot_be_loaded_is_found_by_name_and_never_passed_over() -> None:
    found = outcome("G05", beside=refused("3", "model 3 was trained on feature version x"))
    assert found.outcome == "found"
    assert "champion 3 cannot be replayed: model 3 was trained on feature version x" in found.sentence
