"""The review as one HTML file that asks nothing of anybody: style and charts inside, both languages, no script."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from features.matrix import prepare
from history.fiscal import bounds, parse_period, quarter_of
from history.record import History
from serving.choosing import choose_model
from serving.pages.rendering import environment
from serving.review.asked import asked
from serving.review.page import Review, facts, review
from serving.scoring import score_fully
from serving.standing import Standing
from serving.texts import LANGUAGES
from training.registry import Registry

STYLE = Path(__file__).parents[1] / "static" / "style.css"


def standing_at(history: History, registry: Registry, as_of: dt.datetime, period: str | None = None) -> Standing:
    """Where things stand at `as_of` (naive UTC): every open deal scored by the model that serves that day.

    The horizon is the end of `period`, else of the running quarter. Raises `NoHistory` and `DateInvalid`.
    """
    settings = history.settings
    looked_at = parse_period(period, settings) if period else quarter_of(settings.day_of(as_of), settings)
    end = bounds(looked_at, settings)[1]
    if end <= as_of:
        end = bounds(quarter_of(settings.day_of(as_of), settings), settings)[1]
    model, prepared = choose_model(registry, as_of, history=history), prepare(history)
    scored = score_fully(history, model, as_of, end, prepared=prepared)
    return Standing(history, prepared, registry, model, as_of, end, scored)


def review_html(
    standing: Standing,
    level: str,
    scope_id: str | None = None,
    cadence: str = "weekly",
    period: str | None = None,
    language: str = "en",
) -> str:
    """The whole page; `language` is the one that is shown first. Raises what `serving.review.asked.asked` raises."""
    found = facts(standing, asked(standing, level, scope_id, cadence, period))
    ordered = sorted(LANGUAGES, key=lambda one: one != language)
    return page_of([review(standing, found, one) for one in ordered])


def page_of(told: Sequence[Review]) -> str:
    """The same review in some languages as one page, of which the first is shown first."""
    template = environment().get_template("review.html")
    return template.render(reviews=told, style=STYLE.read_text(encoding="utf-8"))
