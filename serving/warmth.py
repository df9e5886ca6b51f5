"""Works out what pages ask first, in a thread of its own, while what stood before still answers for it.

A statement that is made, a goal that is written or an import makes a new standing; without this the next reader would
wait for all that is worked out anew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import polars as pl

from history.errors import DealcastError
from history.fiscal import previous, quarter_of
from serving.memory import Memory
from serving.standing import Standing

LOG = logging.getLogger("dealcast.serving")
CARRIED_SECONDS = 60.0
SLOW = frozenset(
    {
        "outlook",
        "forecast",
        "pace",
        "pair",
        "bridge",
        "ways",
        "assess",
        "accuracy",
        "by period",
        "scorecard",
        "cues",
        "funnel",
        "api funnel",
        "track",
        "records",
        "ranges",
        "waterfall",
        "lately open",
        "week ago",
        "missing",
        "watched",
    }
)
"""Answers that may be a minute old. Who sees what and what was written down are never among them."""


def succeeding(made: Standing, stood: Standing | None) -> Standing:
    """`made`, which gives slow answers of what stood on the same day, by the same model and to the same people until it
    has its own; none that is older than `CARRIED_SECONDS`."""
    lasting = _carried(stood) if stood is not None and _alike(made, stood) else Memory()
    # The shelf and what else was worked out goes with it.
    vars(found := replace(made, lasting=lasting)).update(_worked_out(made))
    return found


def _alike(made: Standing, stood: Standing) -> bool:
    """Whether one may answer for the other: what a manager sees changes with who reports to whom."""
    from serving.sight import hierarchy_of, make_hierarchy

    if (stood.as_of, stood.model.version) != (made.as_of, made.model.version):
        return False
    was, now = hierarchy_of(stood), make_hierarchy(made.history, made.as_of)
    return was.people == now.people and was.known.equals(now.known)


def _carried(stood: Standing) -> Memory:
    """The slow answers of what stood, and those that it had itself taken over not long ago."""
    now, memory = time.monotonic(), stood.lasting
    fresh = {key: value for key, value in memory.answers.items() if _slow(key)}
    if now - memory.since > CARRIED_SECONDS or not memory.before:
        return Memory(before=fresh, since=now)
    return Memory(before={**memory.before, **fresh}, since=memory.since)


def _worked_out(standing: Standing) -> dict[str, object]:
    """What the standing has worked out when first asked, beside its fields."""
    named = {field.name for field in fields(standing)}
    return {name: value for name, value in vars(standing).items() if name not in named}


def _slow(question: object) -> bool:
    return isinstance(question, tuple) and question[0] in SLOW


def warm(standing: Standing, over: Callable[[Standing], bool] = lambda _: False, first: int = 0) -> int:
    """Asks for everything that pages ask first, from question `first` on; what cannot be told is told to who asks.

    Gives the question at which it was `over`, so that the next standing is asked from there on; 0 where all were asked.
    """
    asks = list(_questions(standing))
    for place in (*range(first, len(asks)), *range(first)):
        if over(standing):
            return place
        try:
            asks[place]()
        except DealcastError as error:
            LOG.info("not worked out ahead: %s", type(error).__name__)
        except Exception:
            LOG.exception("working out ahead failed")
    standing.lasting.before.clear()
    standing.lasting.settled.set()
    return 0


def forecast_tables(standing: Standing, period: str) -> list[pl.DataFrame]:
    """The forecasts of a period, of every level and measure and of the whole company."""
    from serving.deeds import PROGRAM
    from serving.forecasting import MEASURES
    from serving.sight import Sight
    from serving.told import forecast_rows, scope_names

    whole = Sight(PROGRAM, None, frozenset())
    return [forecast_rows(standing, whole, period, by, of) for by in scope_names(standing) for of in MEASURES]


def _questions(standing: Standing) -> Iterator[Callable[[], object]]:
    from serving import forecast_work
    from serving.deeds import PROGRAM
    from serving.odds import lately_open
    from serving.pages import data, funnel, models_watch, people
    from serving.sight import Sight
    from serving.told import cue_rows, scorecard_rows
    from serving.track import track
    from serving.week_ago import with_week_ago

    whole = Sight(PROGRAM, None, frozenset())
    settings = standing.history.settings
    quarter = quarter_of(standing.day, settings)
    yield lambda: with_week_ago(standing)
    yield lambda: standing.remembered(("lately open",), lambda: lately_open(standing))
    yield lambda: forecast_work.ahead(standing, quarter.name)
    yield lambda: people.records(standing, whole, "rep")
    yield lambda: people.records(standing, whole, "team")
    yield lambda: people.quarter_by_quarter(standing)
    yield lambda: scorecard_rows(standing, whole, previous(quarter, settings).name, None)
    yield lambda: cue_rows(standing, whole, None, None)
    yield lambda: funnel.stays(standing, whole, "team", "12")
    yield lambda: funnel.stays(standing, whole, "company", "12")
    yield lambda: standing.remembered(("track",), lambda: track(standing))
    yield lambda: models_watch.watched(standing)
    yield lambda: standing.remembered(("missing",), lambda: data.missing_records(standing))
    yield lambda: forecast_work.ahead(standing, previous(quarter, settings, -1).name)
