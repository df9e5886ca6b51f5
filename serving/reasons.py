"""Reasons as people read them: a neutral code and points become a sentence in either language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from features.catalogue import feature_of, is_feature
from features.feature import GROUPS
from serving.pages.format import points as points_text
from serving.texts import translator


@dataclass(frozen=True)
class Reason:
    """One reason: its code, the value it speaks of, and its share of the way from the typical deal, in points."""

    code: str
    value: Any
    points: float

    @property
    def group(self) -> str:
        """The group of features that it belongs to."""
        return feature_of(self.code).group if is_feature(self.code) else "other"

    def sentence(self, language: str) -> str:
        """What the data holds, without the points.

        >>> Reason("days_since_inbound", 21.0, -9.0).sentence("en")
        'No reply from the buyer for 21 days'
        """
        if is_feature(self.code):
            return feature_of(self.code).sentence(self.value, language)
        return self.code

    def full(self, language: str) -> str:
        """The sentence with its points.

        >>> Reason("days_since_inbound", 21.0, -9.0).full("en")
        'No reply from the buyer for 21 days, −9.0 points'
        >>> Reason("days_since_inbound", 21.0, -9.0).full("zh-CN")
        '对方 21 天没有回复，赢率 −9.0 个百分点'
        """
        told = points_text(self.points)
        return translator(language)("reason.points", sentence=self.sentence(language), points=told)


def value_of(matrix: pd.DataFrame, name: str, row: int) -> object:
    """The value of a feature in a row of the matrix; None where there is none."""
    return told(matrix[name].array[row]) if name in matrix.columns else None


def told(value: Any) -> object:
    """A value of a matrix; None where it holds none."""
    return None if value is None or pd.isna(value) else value


@dataclass(frozen=True)
class ReasonGroup:
    """Reasons of one group of features together: their points add up to the group's."""

    group: str
    points: float
    reasons: list[Reason]

    def name(self, language: str) -> str:
        """The group's name in the reader's language."""
        names = GROUPS.get(self.group, (self.group, self.group))
        return names[1 if language == "zh-CN" else 0]


def grouped(reasons: list[Reason]) -> list[ReasonGroup]:
    """The reasons by group, largest group first, so that a reader sees eight bars and not a hundred."""
    groups = {reason.group: [one for one in reasons if one.group == reason.group] for reason in reasons}
    found = [ReasonGroup(name, round(sum(one.points for one in own), 1), own) for name, own in groups.items()]
    return sorted(found, key=lambda group: (-abs(group.points), group.group))


def written(code: str, points: float) -> str:
    """How a reason stands in the scores table.

    >>> written("pushes", -3.21)
    'pushes:-3.2'
    """
    return f"{code}:{points:+.1f}"
