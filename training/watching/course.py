"""The course of one watched figure over weeks, as it would have been seen in each, and what is read off its end."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

KINDS = ("feature", "score", "wins", "calibration", "loss", "feed", "stage")
"""The families of figures; each family shares out its own part of the false alarms."""


@dataclass(frozen=True)
class Course:
    """One figure by week, the newest last; NaN where too little was known to say anything.

    `noise` is the level that chance alone passes so seldom that one check raises the stated share of false alarms,
    the number of figures of the family minded. `n` is what the newest figure rests on, `en` and `zh` say it in words.
    """

    kind: str
    what: str
    value: np.ndarray
    noise: np.ndarray
    n: int
    en: str
    zh: str


@dataclass(frozen=True)
class Reading:
    """A figure of the as-of date beside its threshold; `weeks` is how many earlier ones the threshold was learned from.

    A threshold that no earlier week could teach is the noise level.
    """

    kind: str
    what: str
    value: float
    noise: float
    threshold: float
    n: int
    weeks: int
    crossed: bool
    en: str
    zh: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
