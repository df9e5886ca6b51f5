"""The widest scope that a reader of the forecast page sees: where it lands, in a sentence and in tiles."""

from __future__ import annotations

from typing import Any

import polars as pl

from history.errors import DateInvalid, DealUnknown, NoHistory
from history.fiscal import bounds, parse_period
from serving.bridge import Bridge
from serving.bridge_words import only
from serving.flag_words import share
from serving.forecast_work import WIDEST_FIRST, changed
from serving.pages.forecast_asked import Asked, begins, offered_levels, over
from serving.pages.forecast_parts import scope_name
from serving.pages.format import day, percent
from serving.pages.people_parts import signed, told_measure
from serving.pages.shell import Shell
from serving.pages.table import Tile
from serving.texts import joined, translator
from serving.told import forecast_rows


def headline(shell: Shell, asked: Asked) -> dict[str, Any] | None:
    """The row of the widest scope that the reader sees."""
    levels = offered_levels(shell)
    for kind in (one for one in WIDEST_FIRST if one in levels):
        rows = forecast_rows(shell.standing, shell.sight, asked.period, kind, asked.measure)
        own = rows.filter(pl.col("scope_id") == shell.sight.rep_id) if kind == "rep" else rows
        if own.height:
            return own.sort("mean", "scope_id", descending=[True, False]).row(0, named=True)
    return None


def bridge_of(shell: Shell, asked: Asked, head: dict[str, Any] | None) -> Bridge | None:
    """What changed in the headline's scope since a week before; None where nothing was known then."""
    if head is None:
        return None
    try:
        return only(changed(shell.standing, asked.period, head["scope_kind"], asked.measure), head["scope_id"])
    except (NoHistory, DateInvalid, DealUnknown):
        return None


def answer(head: dict[str, Any] | None, changed: Bridge | None, shell: Shell, asked: Asked) -> str:
    """Where the widest scope lands, against what target and with what chance, and how it stood a week ago."""
    t, language = translator(shell.language), shell.language
    if head is None:
        return t("forecast.answer_none")

    def told(value: float | None) -> str:
        return told_measure(value, asked.measure, shell.standing.currency, language)

    scope = scope_name(head["scope_kind"], head["scope_id"], shell.standing, language)
    if over(shell, asked):
        return t("forecast.answer_over", scope=scope, mean=told(head["mean"]))
    parts = [t("forecast.answer", scope=scope, mean=told(head["mean"]), low=told(head["p10"]), high=told(head["p90"]))]
    bare = head["quota"] is None
    if begins(shell, asked):
        told_day = day(shell.standing.day, language)
        parts.append(
            t("forecast.answer_began_bare" if bare else "forecast.answer_began", period=asked.period, day=told_day)
        )
    elif bare:
        parts.append(t("forecast.answer_no_quota"))
    if not bare:
        odds = {"attainment": share(head["attainment"]), "chance": percent(head["p_attain"])}
        parts.append(t("forecast.answer_quota", quota=told(head["quota"]), **odds))
    if changed is not None and changed.lines.height:
        before = changed.lines["mean_from"][0]
        change = signed((head["mean"] - before) / before if before else None)
        parts.append(t("forecast.answer_changed", before=told(before), change=change))
    return joined(parts, language)


def tiles(head: dict[str, Any] | None, shell: Shell, asked: Asked) -> list[Tile]:
    """Booked, expected, target and chance of the widest scope."""
    if head is None:
        return []
    t = translator(shell.language)
    standing = shell.standing

    def told(value: float | None) -> str:
        return told_measure(value, asked.measure, standing.currency, shell.language)

    settings = standing.history.settings
    start, end = bounds(parse_period(asked.period, settings), settings)
    passed = max(0, min((standing.as_of - start).days, (end - start).days))
    parts = t(
        "forecast.parts",
        open=told(head["open_expected"]),
        deals=f"{head['open_deals']:,}",
        new=told(head["new_expected"]),
    )
    spread = t("forecast.spread", low=told(head["p10"]), high=told(head["p90"]))
    gap = None if head["quota"] is None else head["quota"] - head["mean"]
    missing = (
        t("forecast.no_target")
        if gap is None
        else t("forecast.missing" if gap > 0 else "forecast.beyond", gap=told(abs(gap)))
    )
    reached = "" if gap is None else t("forecast.of_target", attainment=share(head["attainment"]))
    tone = "alarm" if head["p_attain"] is not None and head["p_attain"] < 0.3 else ""
    return [
        Tile(t("forecast.booked"), told(head["booked"]), t("forecast.day", day=passed, days=(end - start).days)),
        Tile(t("forecast.mean"), told(head["mean"]), f"{spread} · {parts}"),
        Tile(t("forecast.quota"), told(head["quota"]), missing),
        Tile(t("forecast.chance"), percent(head["p_attain"]), reached, tone),
    ]
