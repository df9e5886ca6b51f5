"""What part of a retraining each step takes, by which the time that is left is told."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from history.errors import DealcastError
from training.retraining.journal import JOURNAL, Journal

SHARES: Mapping[str, float] = {
    "freeze": 4.5,
    "validate": 0.2,
    "train": 14.5,
    "replay": 20.9,
    "forecast": 38.7,
    "probe": 18.5,
    "gate": 1.2,
    "decide": 0.0,
    "tell": 1.4,
    "register": 0.1,
    "hand-over": 0.0,
}
"""Percent of the whole, measured at 58,000 deals beside a champion (docs/speed.md)."""


def shares(retrainings: Path, champion: bool) -> dict[str, float]:
    """The part (0 to 1) that each step is expected to take.

    By the seconds of the workspace's newest finished retraining, where that too was beside a champion, or this one is
    beside none either: a company's own sizes tell more than another's. Else by `SHARES`.
    """
    measured = _seconds(retrainings, champion) or SHARES
    whole = sum(measured.values())
    return {name: part / whole for name, part in measured.items()}


def _seconds(retrainings: Path, champion: bool) -> dict[str, float] | None:
    for path in sorted(retrainings.glob(f"*/{JOURNAL}"), key=_age, reverse=True):
        # One that cannot be read any more is no reason not to retrain.
        with contextlib.suppress(DealcastError):
            if taken := _taken(Journal(path.parent), champion):
                return taken
    return None


def _taken(journal: Journal, champion: bool) -> dict[str, float] | None:
    taken = {entry.name: entry.seconds for entry in journal.entries}
    alike = (journal.plan.get("champion") is not None) == champion
    return taken if journal.finished and alike and set(taken) == set(SHARES) and sum(taken.values()) > 0 else None


def _age(path: Path) -> tuple[str, int]:
    """Retrainings in the order in which they were begun: 2026Q2, 2026Q2-2, ..., 2026Q2-10, 2026Q3."""
    quarter, _, number = path.parent.name.partition("-")
    return quarter, int(number or 1)
