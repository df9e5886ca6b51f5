"""How a deal's win chance went: the curve of the last weeks and what moved it since a week before."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from serving.deal_facts import own_history
from serving.moves import Move, Part
from serving.pages.context import Curve, Level, Mark, MovedPart
from serving.pages.format import day, percent, points
from serving.score_history import WEEK, Replayed, last_move, replayed, stored_scores
from serving.standing import Standing
from serving.texts import Translator, translator

WIDTH, HEIGHT, EDGE = 600.0, 160.0, 8.0
STEPS = (5.0, 10.0, 25.0)
"""Between the levels of the scale that are named; the smallest with which there are four at most above 0."""


def course(standing: Standing, deal_id: str, language: str) -> dict[str, Any]:
    """The parts of the deal page that tell how it went: curve, moved_label, moved_note, moved."""
    t = translator(language)
    own = own_history(standing, deal_id)
    weeks = replayed(standing.prepared, own, standing.model, standing.as_of)
    move = last_move(standing.prepared, own, standing.model, deal_id, standing.as_of)
    since = standing.history.settings.day_of(standing.as_of - WEEK)
    return {
        "week": points(move.points) if move else "",
        "curve": curve(weeks, _said(standing, deal_id, weeks), standing, language),
        "moved_label": t("deal.moved", day=day(since, language)),
        "moved_note": _note(move, t),
        "moved": [_told(part, language) for part in move.parts] if move else [],
    }


def curve(
    weeks: list[Replayed], said: list[tuple[dt.datetime, float]], standing: Standing, language: str
) -> Curve | None:
    """The drawing; None where the deal was not open on two of the weeks."""
    if len(weeks) < 2:
        return None
    top = max(*(100 * week.win_probability for week in weeks), *(week.health for week in weeks))
    top = max(top, *(100 * chance for _, chance in said), 10.0)
    scale = levels(top)
    top = scale[-1]
    first, span = weeks[0].as_of, weeks[-1].as_of - weeks[0].as_of
    day_of = standing.history.settings.day_of

    def height(level: float) -> float:
        return round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * level / top, 1)

    def mark(at: dt.datetime, level: float, label: str) -> Mark:
        x = EDGE + (WIDTH - 2 * EDGE) * ((at - first) / span)
        return Mark(round(x, 1), height(level), f"{day(day_of(at), language)}: {label}")

    chances = [mark(one.as_of, 100 * one.win_probability, percent(one.win_probability)) for one in weeks]
    health = [mark(one.as_of, one.health, f"{one.health:.0f}") for one in weeks]
    return Curve(
        line=_line(chances),
        weeks=chances,
        health_line=_line(health),
        health=health,
        said=[mark(at, 100 * chance, percent(chance)) for at, chance in said],
        first_day=day(day_of(first), language),
        last_day=day(day_of(weeks[-1].as_of), language),
        levels=[Level(height(one), round(100 * height(one) / HEIGHT, 1), f"{one:.0f}") for one in scale],
        told=_in_words(weeks, standing, language),
    )


def levels(top: float) -> list[float]:
    """The heights of the scale that are named, from 0 to the first at or above `top` (0 to 100).

    >>> levels(34.0), levels(12.0), levels(78.0)
    ([0.0, 10.0, 20.0, 30.0, 40.0], [0.0, 5.0, 10.0, 15.0], [0.0, 25.0, 50.0, 75.0, 100.0])
    """
    step = next(one for one in STEPS if top <= 4 * one)
    return [step * number for number in range(math.ceil(top / step) + 1)]


def _line(marks: list[Mark]) -> str:
    return " ".join(f"{one.x},{one.y}" for one in marks)


def _in_words(weeks: list[Replayed], standing: Standing, language: str) -> str:
    """What the drawing shows, for those who do not see it."""
    day_of = standing.history.settings.day_of
    first, last = weeks[0], weeks[-1]
    return translator(language)(
        "deal.chart",
        first=day(day_of(first.as_of), language),
        last=day(day_of(last.as_of), language),
        from_chance=percent(first.win_probability),
        to_chance=percent(last.win_probability),
        from_health=f"{first.health:.0f}",
        to_health=f"{last.health:.0f}",
    )


def _said(standing: Standing, deal_id: str, weeks: list[Replayed]) -> list[tuple[dt.datetime, float]]:
    """Scores as they were given within the weeks shown: the instant and the win probability."""
    if not weeks:
        return []
    rows = stored_scores(standing.history, deal_id, standing.as_of)
    rows = rows.filter(rows["as_of"] >= weeks[0].as_of).unique(["as_of", "model_version"], maintain_order=True)
    return list(rows.select("as_of", "win_probability").iter_rows())


def _note(move: Move | None, t: Translator) -> str:
    if move is None:
        return t("deal.moved_new")
    if not move.parts:
        return t("deal.moved_none")
    said = {"before": f"{move.before:.1f}%", "after": f"{move.after:.1f}%"}
    return t("deal.moved_total", points=points(move.points), **said)


def _told(part: Part, language: str) -> MovedPart:
    kind = "up" if part.points > 0 else "down"
    return MovedPart(part.name(language), part.sentence(language), points(part.points), kind)
