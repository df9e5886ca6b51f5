"""A chart as a page shows it: in the widths that screens have, with its heading and what its marks are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from markupsafe import Markup

from serving.charts import FULL, NARROW, WIDE

NO_CHART = Markup()


@dataclass(frozen=True)
class Key:
    """One entry of a legend: `kind` names the swatch in style.css."""

    kind: str
    label: str


@dataclass(frozen=True)
class Drawn:
    """A chart with its heading. `full` is shown in place of `wide` where there is room; empty where none is drawn."""

    heading: str
    wide: Markup = NO_CHART
    narrow: Markup = NO_CHART
    full: Markup = NO_CHART
    legend: list[Key] = field(default_factory=list)


def drawn_beside(heading: str, draw: Callable[[int], Markup]) -> Drawn:
    """A chart that stands beside a table, so that it never has the whole width."""
    return Drawn(heading, draw(WIDE), draw(NARROW))


def drawn_alone(heading: str, draw: Callable[[int], Markup], legend: list[Key] | None = None) -> Drawn:
    """A chart that has the width of the page."""
    return Drawn(heading, draw(WIDE), draw(NARROW), draw(FULL), legend or [])
