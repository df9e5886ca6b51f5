"""What part of a retraining each step takes: as measured, and by the workspace's own record where there is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.retraining.journal import JOURNAL
from training.retraining.pace import SHARES, shares
from training.retraining.run import STEPS

MEASURED = {name: part / sum(SHARES.values()) for name, part in SHARES.items()}
EQUAL = dict.fromkeys(SHARES, 2.0)
ONLY_TRAINS = {**dict.fromkeys(SHARES, 0.0), "train": 9.0}


def kept(place: Path, name: str, seconds: dict[str, float], champion: str | None = "1", finished: bool = True) -> None:
    """A retraining as its journal tells it."""
    steps = [{"name": step, "content": "", "seconds": taken} for step, taken in seconds.items()]
    (place / name).mkdir(parents=True)
    told = {"format": 1, "plan": {"champion": champion}, "steps": steps, "finished": finished}
    (place / name / JOURNAL).write_text(json.dumps(told))


def test_every_step_has_its_share() -> None:
    assert list(SHARES) == [step.name for step in STEPS]
    assert sum(SHARES.values()) == pytest.approx(100, abs=0.1)


def test_the_first_retraining_goes_by_what_was_measured(tmp_path: Path) -> None:
    assert shares(tmp_path, champion=True) == pytest.approx(MEASURED)


def test_the_next_one_goes_by_the_seconds_of_the_one_before(tmp_path: Path) -> None:
    kept(tmp_path, "2026Q1", ONLY_TRAINS)
    kept(tmp_path, "2026Q2-2", ONLY_TRAINS)
    kept(tmp_path, "2026Q2-10", EQUAL)
    assert shares(tmp_path, champion=True) == pytest.approx(dict.fromkeys(SHARES, 1 / len(SHARES)))


@pytest.mark.parametrize(
    ("seconds", "champion", "finished"),
    [(EQUAL, "1", False), (EQUAL, None, True), ({"train": 5.0}, "1", True), (dict.fromkeys(SHARES, 0.0), "1", True)],
    ids=["not finished", "beside no champion", "of other steps", "not timed"],
)
def test_one_that_is_not_alike_tells_nothing(
    tmp_path: Path, seconds: dict[str, float], champion: str | None, finished: bool
) -> None:
    kept(tmp_path, "2026Q1", seconds, champion, finished)
    assert shares(tmp_path, champion=True) == pytest.approx(MEASURED)


def test_one_that_cannot_be_read_any_more_is_passed_over(tmp_path: Path) -> None:
    kept(tmp_path, "2026Q1", EQUAL)
    kept(tmp_path, "2026Q2", ONLY_TRAINS)
    (tmp_path / "2026Q2" / JOURNAL).write_text("{")
    assert shares(tmp_path, champion=True) == pytest.approx(dict.fromkeys(SHARES, 1 / len(SHARES)))
