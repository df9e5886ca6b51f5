"""What the address of the forecast page asks for: a period, a level, a measure, and what else can be chosen."""

from __future__ import annotations

from dataclasses import dataclass

from history.fiscal import bounds, parse_period, previous, quarter_of
from history.scopes import scope_kinds
from serving.asking import asked_period, one_of
from serving.bridge import LINES
from serving.pages.shell import Shell
from serving.pages.speaking import MEASURES
from serving.pages.table import Choice, Choices, choices, link
from serving.texts import text_or, translator


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a period, a level, a measure, and a line of what changed to open."""

    period: str
    by: str
    measure: str
    line: str = ""

    @property
    def query(self) -> dict[str, str | None]:
        """The same for a link of this page."""
        return {"period": self.period, "by": self.by, "measure": self.measure}


def asked_of(shell: Shell, period: str, by: str, measure: str, line: str) -> Asked:
    """What is asked for, with what is left out filled in; raises `ParameterInvalid`."""
    settings = shell.standing.history.settings
    levels = offered_levels(shell)
    name = asked_period(period, settings) if period else quarter_of(shell.standing.day, settings).name
    wanted = by or next((one for one in ("team", "rep") if one in levels), levels[0])
    one_of("by", wanted, levels)
    one_of("measure", measure, MEASURES)
    one_of("line", line, ("", *LINES))
    return Asked(name, wanted, measure, line)


def offered_levels(shell: Shell) -> list[str]:
    """Levels of which the reader sees a scope."""
    kinds = scope_kinds(shell.standing.history.settings)
    scopes = shell.sight.scopes
    return [kind for kind in kinds if scopes is None or any(kind == seen for seen, _ in scopes)]


def over(shell: Shell, asked: Asked) -> bool:
    """Whether the period that is asked for has ended."""
    settings = shell.standing.history.settings
    return bounds(parse_period(asked.period, settings), settings)[1] <= shell.standing.as_of


def begins(shell: Shell, asked: Asked) -> bool:
    """Whether the period that is asked for begins on the day that is shown."""
    settings = shell.standing.history.settings
    return bounds(parse_period(asked.period, settings), settings)[0] == shell.standing.as_of


def ended_before(shell: Shell, asked: Asked) -> Choice | None:
    """The way to the period that ended as the one that is asked for begins; None on any other day."""
    if not begins(shell, asked):
        return None
    settings = shell.standing.history.settings
    before = previous(parse_period(asked.period, settings), settings).name
    told = translator(shell.language)("forecast.ended", period=before)
    return Choice(told, link("/forecast", **_without(asked, "period"), period=before), False)


def asked_choices(shell: Shell, asked: Asked) -> list[Choices]:
    """What else can be asked for."""
    t = translator(shell.language)
    settings = shell.standing.history.settings
    running = quarter_of(shell.standing.day, settings)
    names = [previous(running, settings, back).name for back in (1, 0, -1)]
    periods = {name: name for name in dict.fromkeys([*names, asked.period])}
    levels = {kind: text_or(shell.language, f"by.{kind}", kind) for kind in offered_levels(shell)}
    measures = {name: t(f"measure.{name}") for name in MEASURES}
    return [
        choices(t("forecast.period"), "/forecast", "period", periods, asked.period, **_without(asked, "period")),
        choices(t("forecast.by"), "/forecast", "by", levels, asked.by, **_without(asked, "by")),
        choices(t("forecast.measure"), "/forecast", "measure", measures, asked.measure, **_without(asked, "measure")),
    ]


def _without(asked: Asked, name: str) -> dict[str, str | None]:
    return {key: value for key, value in asked.query.items() if key != name}
