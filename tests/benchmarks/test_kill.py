"""A server, an import and a scoring run, each killed once at a random moment; `benchmarks.kill` does it 50 times."""

from __future__ import annotations

import pytest

from benchmarks import kill


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    return kill.prepared(tmp_path_factory.mktemp("killed"), seed=5)


@pytest.mark.parametrize("name", kill.ROUNDS)
def test_after_a_kill_the_store_is_whole_and_nothing_acknowledged_is_lost(tried, name, monkeypatch):
    monkeypatch.setattr(kill, "WORKERS", 1)
    monkeypatch.setattr(kill, "CHANGES_IMPORTED", 10_000)
    monkeypatch.setattr(kill, "LONGEST_SERVED_SECONDS", 0.5)
    kill.ROUNDS[name](tried)
