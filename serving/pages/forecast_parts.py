"""The tables and charts of the forecast page: where scopes land, what changed, the other ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import polars as pl

from features.feature import category_word
from history.scopes import COMPANY, NONE
from serving.bridge import Bridge
from serving.bridge_words import before_and_after, line_name
from serving.charts import Range, Step, range_against_quota, waterfall
from serving.flag_words import share
from serving.pages.drawn import Drawn, Key, drawn_alone, drawn_beside
from serving.pages.format import NOTHING, percent
from serving.pages.people_parts import signed, told_measure
from serving.pages.table import Cell, Head, Row, Span, Table, link, num
from serving.standing import Standing
from serving.texts import Translator, translator
from serving.ways import MODEL, Way

LINKED = {"rep": "owner", "team": "team", "region": "region"}
"""Levels whose deals the pipeline page can list, with the filter's name there."""
SCOPES_SHOWN, RANGES_DRAWN, DEALS_SHOWN = 60, 14, 40


def scope_name(kind: str, scope_id: str, standing: Standing, language: str) -> str:
    """A scope as people call it."""
    t = translator(language)
    if kind == COMPANY:
        return t("forecast.company")
    if scope_id == NONE:
        return t("by.none")
    if kind == "segment":
        return category_word(scope_id, language == "zh-CN", kind)
    return standing.names.get(scope_id, scope_id) if kind == "rep" else scope_id


def forecast_table(rows: pl.DataFrame, standing: Standing, language: str) -> Table:
    """One row a scope, with its range against the target."""
    t = translator(language)
    names = ("booked", "open", "new", "mean", "range", "quota", "attainment", "chance")
    heads = [Head(t("forecast.scope")), *(num(t(f"forecast.{name}")) for name in names)]
    heads.append(num(t("forecast.coverage"), t("forecast.coverage_note")))
    shown = rows.head(SCOPES_SHOWN)
    top = max([1.0, *(max(row["p90"], row["quota"] or 0.0) for row in shown.iter_rows(named=True))]) * 1.03
    found = [_scope_row(row, top, standing, language) for row in shown.iter_rows(named=True)]
    return Table(t("forecast.table"), heads, found, t("forecast.table_note"), t("forecast.answer_none"))


def _scope_row(row: dict[str, Any], top: float, standing: Standing, language: str) -> Row:
    t = translator(language)
    kind, scope_id, measure = row["scope_kind"], row["scope_id"], row["measure"]

    def told(name: str) -> str:
        return told_measure(row[name], measure, standing.currency, language)

    spread = t("forecast.spread", low=told("p10"), high=told("p90"))
    place = {name: round(100 * max(0.0, row[name]) / top, 1) for name in ("p10", "p50", "p90")}
    line = -1.0 if row["quota"] is None else round(100 * row["quota"] / top, 1)
    span = Span(place["p10"], round(place["p90"] - place["p10"], 1), place["p50"], line, spread)
    at = link("/", **{LINKED[kind]: scope_id}) if kind in LINKED and scope_id != NONE else ""
    note = t("forecast.deals_of") if at else ""
    chance = row["p_attain"]
    tone = "" if chance is None else "good" if chance >= 0.7 else "bad_text" if chance < 0.3 else ""
    return Row(
        [
            Cell(scope_name(kind, scope_id, standing, language), f"{row['open_deals']:,} {note}" if note else "", at),
            *(Cell(told(name)) for name in ("booked", "open_expected", "new_expected", "mean")),
            Cell(spread, span=span),
            Cell(told("quota")),
            Cell(share(row["attainment"])),
            Cell(percent(chance), tone=tone),
            Cell(times(row["coverage"], t)),
        ]
    )


def times(value: float | None, t: Translator) -> str:
    """A ratio as times."""
    return NOTHING if value is None else t("forecast.times", value=f"{value:.1f}")


def range_chart(rows: pl.DataFrame, standing: Standing, title: str, language: str) -> Drawn:
    """Booked, range and target of the largest scopes."""
    t = translator(language)
    heading = t("forecast.table")
    largest = rows.sort("mean", "scope_id", descending=[True, False]).head(RANGES_DRAWN).sort("scope_id")
    ranges = [
        Range(
            scope_name(row["scope_kind"], row["scope_id"], standing, language),
            *(row[name] for name in ("booked", "p10", "p50", "p90", "quota")),
        )
        for row in largest.iter_rows(named=True)
    ]
    if not ranges:
        return Drawn(heading)
    marks = ("booked", "range", "middle", *(["quota"] if any(one.quota is not None for one in ranges) else []))
    legend = [Key(mark, t(f"forecast.{mark}")) for mark in marks]
    return drawn_alone(heading, lambda width: range_against_quota(ranges, title, language, width), legend)


def bridge_table(found: Bridge, heading: str, at: Mapping[str, str | None], standing: Standing, language: str) -> Table:
    """The lines of one scope, each leading to its deals; `at` is the query of the page that is shown."""
    t = translator(language)
    heads = [Head(t("forecast.line")), num(t("forecast.deals")), num(t("forecast.contribution"))]
    rows = []
    for row in found.lines.iter_rows(named=True):
        told = told_measure(abs(row["contribution"]), row["measure"], standing.currency, language)
        sign = "+" if row["contribution"] > 0 else "−" if row["contribution"] < 0 else ""
        to = link("/forecast", **at, line=row["line"]) + "#deals" if row["deals"] else ""
        tone = "good" if row["contribution"] > 0 else "bad_text" if row["contribution"] < 0 else ""
        deals = Cell(f"{row['deals']:,}" if row["deals"] else "")
        rows.append(Row([Cell(line_name(row["line"], language), "", to), deals, Cell(sign + told, tone=tone)]))
    return Table(heading, heads, rows, t("forecast.bridge_note"), t("forecast.no_bridge"))


def bridge_chart(found: Bridge, heading: str, first_day: str, standing: Standing, language: str) -> Drawn:
    """The lines as a waterfall from what was expected then to what is expected now."""
    t = translator(language)
    if found.lines.is_empty():
        return Drawn(heading)
    head = found.lines.row(0, named=True)

    def step(name: str, value: float, signs: bool) -> Step:
        told = told_measure(abs(value), head["measure"], standing.currency, language)
        return Step(name, value, ("+" if value > 0 else "−" if value < 0 else "") + told if signs else told)

    steps = [
        step(line_name(row["line"], language), row["contribution"], True) for row in found.lines.iter_rows(named=True)
    ]
    ends = (
        step(t("forecast.before", day=first_day), head["mean_from"], False),
        step(t("forecast.after"), head["mean_to"], False),
    )
    return drawn_beside(heading, lambda width: waterfall(ends[0], steps, ends[1], heading, language, width))


def behind_table(parts: pl.DataFrame, line: str, measure: str, standing: Standing, language: str) -> Table:
    """The deals behind one line, the largest difference first, each leading to its page."""
    t = translator(language)
    names = dict(
        standing.past["deals"].select("deal_id", "name").join(parts.select("deal_id"), on="deal_id").iter_rows()
    )
    heads = [Head(t("forecast.deal")), Head(t("forecast.stood")), Head(t("forecast.stands"))]
    heads.append(num(t("forecast.contribution")))
    largest = parts.sort(pl.col("contribution").abs(), "deal_id", descending=[True, False]).head(DEALS_SHOWN)
    rows = []
    for part in largest.iter_rows(named=True):
        before, after = before_and_after(part, standing.history.settings, language)
        told = told_measure(abs(part["contribution"]), measure, standing.currency, language)
        sign = "+" if part["contribution"] > 0 else "−"
        deal = Cell(names.get(part["deal_id"]) or part["deal_id"], "", f"/deals/{quote(part['deal_id'], safe='')}")
        rows.append(Row([deal, Cell(before), Cell(after), Cell(sign + told)]))
    return Table(t("forecast.behind", line=line_name(line, language)), heads, rows, nothing=t("forecast.no_bridge"))


def way_table(found: list[Way], scope_id: str, measure: str, standing: Standing, language: str) -> Table:
    """What each way says of one scope now, and how it has done over all scopes of the level."""
    t = translator(language)
    names = ("says", "against", "miss", "lean", "periods")
    heads = [Head(t("forecast.way")), *(num(t(f"forecast.{name}")) for name in names)]
    ours = next((way.now.get(scope_id) for way in found if way.name == MODEL), None)
    best = min((way.wape for way in found if way.wape is not None), default=None)
    rows = []
    for way in found:
        now = way.now.get(scope_id)
        apart = (now - ours) / ours if now is not None and ours and way.name != MODEL else None
        name = t("way.model_forecast") if way.name == MODEL else t(f"way.{way.name}")
        cells = [
            Cell(name),
            Cell(told_measure(now, measure, standing.currency, language)),
            Cell(signed(apart)),
            Cell(share(way.wape), tone="good" if way.wape is not None and way.wape == best else ""),
            Cell(signed(way.bias)),
            Cell(f"{way.periods}" if way.periods else NOTHING),
        ]
        rows.append(Row(cells, "current" if way.name == MODEL else ""))
    return Table(t("forecast.ways"), heads, rows, t("forecast.ways_note"))
