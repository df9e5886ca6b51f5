"""The time that a retraining says is left is about what comes, from the first step that tells it to the last."""

from __future__ import annotations

import re
from itertools import accumulate

import pytest

from cli.retrain import RetrainingProgress
from training.retraining.pace import SHARES
from training.retraining.run import STEPS, Under

MEASURED = {
    "freeze": 18.8, "validate": 0.6, "train": 60.3, "replay": 87.1, "forecast": 161.1, "probe": 77.0, "gate": 5.0,
    "decide": 0.0, "tell": 5.9, "register": 0.4, "hand-over": 0.1,
}  # fmt: skip
"""Seconds of a real one; see docs/speed.md."""
LOADING = 40.0
"""Seconds before the first step."""


def shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], done_before: tuple[str, ...] = ()
) -> list[tuple[str, float, float]]:
    """Each step with the seconds that were told to be left and those that came."""
    now = [0.0]
    monkeypatch.setattr("cli.retrain.time.monotonic", lambda: now[0])
    told, found = RetrainingProgress(), []
    now[0] = LOADING
    parts = [SHARES[step.name] / sum(SHARES.values()) for step in STEPS]
    behind = [0.0, *accumulate(parts)]
    takes = {name: 0.0 if name in done_before else seconds for name, seconds in MEASURED.items()}
    for number, step in enumerate(STEPS, 1):
        told(Under(step, number, len(STEPS), behind[number - 1], step.name in done_before))
        line = capsys.readouterr().err
        if left := re.search(r"about (\d+) (s|min) left", line):
            came = sum(takes[one.name] for one in STEPS[number - 1 :])
            found.append((step.name, float(left[1]) * (60 if left[2] == "min" else 1), came))
        now[0] += takes[step.name]
    return found


def test_what_is_shown_is_about_what_comes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = shown(monkeypatch, capsys)
    assert [name for name, _, _ in found] == [step.name for step in STEPS[3:]]
    for name, told, came in found:
        assert told == pytest.approx(came, rel=0.1, abs=30), name


def test_what_was_done_before_is_no_measure_of_what_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = shown(monkeypatch, capsys, ("freeze", "validate", "train", "replay"))
    assert found[0][0] == "probe"
    for name, told, came in found:
        assert told == pytest.approx(came, rel=0.1, abs=30), name


def test_too_little_done_tells_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "train" not in [name for name, _, _ in shown(monkeypatch, capsys)]
