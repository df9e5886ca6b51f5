"""The context of the review page: the answer first, then what to settle, then the proof."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from history.errors import DateInvalid, DealUnknown, NoHistory
from history.fiscal import bounds, parse_period
from indicators.accuracy import assess
from serving.bridge import Bridge, bridge
from serving.bridge_words import only
from serving.deeds import PROGRAM
from serving.flag_words import share
from serving.forecast_notes import notes
from serving.forecasting import Outlook, table
from serving.pages.drawn import Drawn
from serving.pages.forecast_parts import bridge_chart, bridge_table, forecast_table, range_chart, scope_name
from serving.pages.format import day, percent
from serving.pages.people import USUAL_HORIZON, own_calls, totals
from serving.pages.people_parts import people_table, signed, told_measure
from serving.pages.table import Cell, Table
from serving.review.actions import goals, held_up, to_do
from serving.review.asked import Asked, deals_of, people_of, since
from serving.review.deals import DealCard, at_stake, cards
from serving.sight import Sight
from serving.standing import Standing
from serving.texts import Translator, translator
from serving.told import outlook_of, pair_between

EVERYTHING = Sight(PROGRAM, None, frozenset())
"""Who calls the verb reads the whole store anyway."""


@dataclass(frozen=True)
class Review:
    """One review in one language, ready to read."""

    t: Translator
    language: str
    title: str
    answer: str
    known: str
    to_do: list[str]
    ranges: Drawn
    table: Table
    notes: list[str]
    bridge: Drawn
    lines: Table
    deals: list[DealCard]
    accuracy: Table
    funnel: list[str]
    goals: Table


@dataclass(frozen=True)
class Facts:
    """What both languages tell: the outlook, the rows of the scope and below it, and what changed (None: unknown)."""

    asked: Asked
    seen: Outlook
    head: dict[str, Any]
    rows: pl.DataFrame
    changed: Bridge | None
    since: dt.datetime
    deals: pl.DataFrame


def facts(standing: Standing, asked: Asked) -> Facts:
    """Everything that is worked out, once for every language; raises what a forecast of the period raises."""
    seen = outlook_of(standing, asked.period)
    kind, scope_id = asked.head
    heads = table(seen, kind).filter(pl.col("scope_id") == scope_id)
    if heads.is_empty():
        raise DealUnknown(
            f"{kind} {scope_id!r} has nothing in {asked.period}: no deal, no target, no past; expected one that has. "
            "See `dealcast forecast`."
        )
    rows = table(seen, asked.rows_by)
    if asked.rows_by == "rep":
        rows = rows.filter(pl.col("scope_id").is_in(people_of(standing, asked)))
    start = since(standing, asked)
    settings = standing.history.settings
    end = bounds(parse_period(asked.period, settings), settings)[1]
    return Facts(
        asked,
        seen,
        heads.row(0, named=True),
        rows,
        _changed(standing, asked, start),
        start,
        at_stake(deals_of(standing, asked), settings.day_of(end)),
    )


def _changed(standing: Standing, asked: Asked, start: dt.datetime) -> Bridge | None:
    try:
        pair = pair_between(standing, asked.period, (start, standing.as_of))
        return only(bridge(pair, asked.head[0]), asked.head[1])
    except (NoHistory, DateInvalid):
        return None


def review(standing: Standing, found: Facts, language: str) -> Review:
    """The review in one language ("en" or "zh-CN")."""
    t = translator(language)
    asked = found.asked
    scope = scope_name(*asked.head, standing, language)
    title = t("review.title", cadence=t(f"review.{asked.cadence}"), scope=scope, period=asked.period)
    began = day(standing.history.settings.day_of(found.since), language)
    landing = t("review.landing")
    trained = day(standing.history.settings.day_of(standing.model.trained_as_of), language)
    return Review(
        t=t,
        language=language,
        title=title,
        answer=answer(standing, found, scope, language),
        known=t(
            "review.known",
            day=day(standing.day, language),
            since=began,
            version=standing.model.version,
            trained=trained,
        ),
        to_do=to_do(standing, asked, found, language),
        ranges=replace(range_chart(found.rows, standing, title, language), heading=landing),
        table=unlinked(forecast_table(found.rows, standing, language)),
        notes=notes(found.seen, found.rows, language),
        **_changed_parts(standing, found, began, language),
        deals=cards(standing, found.deals, language),
        accuracy=_accuracy(standing, asked, language),
        funnel=held_up(standing, asked, language),
        goals=unlinked(goals(standing, asked, language)),
    )


def answer(standing: Standing, found: Facts, scope: str, language: str) -> str:
    """Where the scope lands, against what target and with what chance, and how it stood before."""
    t, head = translator(language), found.head

    def told(value: float | None) -> str:
        return told_measure(value, "amount", standing.currency, language)

    if found.seen.now.end <= standing.as_of:
        parts = [t("forecast.answer_over", scope=scope, mean=told(head["mean"]))]
    else:
        spread = {"low": told(head["p10"]), "high": told(head["p90"])}
        parts = [t("forecast.answer", scope=scope, mean=told(head["mean"]), **spread)]
    parts.append(_against_target(head, told, t))
    if found.changed is not None and found.changed.lines.height:
        before = found.changed.lines["mean_from"][0]
        change = signed((head["mean"] - before) / before if before else None)
        began = day(standing.history.settings.day_of(found.since), language)
        parts.append(t("review.answer_changed", since=began, before=told(before), change=change))
    return ("" if language == "zh-CN" else " ").join(parts)


def _against_target(head: dict[str, Any], told: Callable[[float | None], str], t: Translator) -> str:
    if head["quota"] is None:
        return t("forecast.answer_no_quota")
    odds = {"attainment": share(head["attainment"]), "chance": percent(head["p_attain"])}
    return t("forecast.answer_quota", quota=told(head["quota"]), **odds)


def _changed_parts(standing: Standing, found: Facts, began: str, language: str) -> dict[str, Any]:
    t = translator(language)
    heading = t("review.changed", since=began)
    if found.changed is None:
        nothing = Table(heading, [], nothing=t("forecast.no_bridge"))
        return {"bridge": Drawn(heading), "lines": nothing}
    lines = bridge_table(found.changed, heading, {}, standing, language)
    chart = bridge_chart(found.changed, heading, began, standing, language)
    return {"bridge": chart, "lines": unlinked(lines)}


def _accuracy(standing: Standing, asked: Asked, language: str) -> Table:
    t = translator(language)
    rows = standing.remembered(("assess", "rep"), lambda: assess(standing.history, standing.as_of, "rep"))
    mine = own_calls(rows).filter(
        (pl.col("horizon_days") == int(USUAL_HORIZON)) & pl.col("scope_id").is_in(people_of(standing, asked))
    )
    order = mine.sort(pl.col("bias_shrunk").abs(), "scope_id", descending=[True, False], nulls_last=True)
    return replace(
        unlinked(people_table(order, totals(standing, EVERYTHING), standing, language)), caption=t("review.accuracy")
    )


def unlinked(found: Table) -> Table:
    """The table without its links: the page stands alone."""
    rows = [replace(row, cells=[_unlinked(cell) for cell in row.cells]) for row in found.rows]
    return replace(found, rows=rows)


def _unlinked(cell: Cell) -> Cell:
    return replace(cell, link="")
