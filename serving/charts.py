"""Charts of the pages and the review, drawn to SVG in this process: no script, no asset, one theme.

Colours are the names of style.css with the light value as fallback, so that a chart inside a page follows its dark mode
and one that stands alone is still seen. Words and figures come ready in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from markupsafe import Markup, escape

FULL, WIDE, NARROW = 1200, 640, 340
"""Pixels; a page shows the first where a chart has the whole width of a large screen, the last on a telephone."""
RANGE_OPACITY = 0.32
"""Of the bar of a range; the page's legend has the same."""

PAINT = {
    "--ink": "#1b2430",
    "--dim": "#5d6876",
    "--line": "#e3e7eb",
    "--link": "#1f5f8b",
    "--up": "#2e8b6f",
    "--down": "#c0392f",
    "--total": "#51606f",
    "--watch": "#c99a1b",
}
INK, DIM, LINE, LINK, UP, DOWN, TOTAL, WATCH = PAINT.values()
FONT = "system-ui, -apple-system, Segoe UI, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"

WORDS: dict[str, tuple[str, str]] = {
    "said": ("said", "预测概率"),
    "came": ("came true", "实际赢单率"),
    "perfect": ("said = came true", "预测＝实际"),
    "count": ("deals", "商机数"),
    "compared": ("others", "同事"),
}
SHORT_MONEY = {
    "en": "abs(datum.value) >= 1e9 ? format(datum.value / 1e9, '.3~r') + 'B' : abs(datum.value) >= 1e6 ? "
    "format(datum.value / 1e6, '.3~r') + 'M' : abs(datum.value) >= 1e3 ? format(datum.value / 1e3, '.3~r') + 'k' : "
    "format(datum.value, ',')",
    "zh-CN": "abs(datum.value) >= 1e8 ? format(datum.value / 1e8, '.3~r') + '亿' : abs(datum.value) >= 1e4 ? "
    "format(datum.value / 1e4, '.3~r') + '万' : format(datum.value, ',')",
}


@dataclass(frozen=True)
class Range:
    """Where one scope's period lands. All in the currency or in deals; what is not known is None."""

    name: str
    booked: float
    p10: float
    p50: float
    p90: float
    quota: float | None = None


@dataclass(frozen=True)
class Step:
    """One line of what changed: its name, its signed amount and the amount in words."""

    name: str
    amount: float
    told: str


@dataclass(frozen=True)
class Bin:
    """Deals that were given about the same chance: what was said, what came (fractions), and of how many."""

    said: float
    came: float
    n: int


@dataclass(frozen=True)
class Bar:
    """One bar: its name, length, what is written at its end, and what it is compared with where there is such."""

    name: str
    value: float
    told: str
    kind: Literal["plain", "good", "bad", "total"] = "plain"
    compared: float | None = None


def range_against_quota(rows: Sequence[Range], title: str, language: str, width: int = WIDE) -> Markup:
    """Booked, range and middle of each scope beside its target, one line per scope in the order given.

    What the marks are is told beside the drawing, where the page sets the words: here nobody knows how wide they get.
    """
    told = [asdict(row) for row in rows]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None}
    top = 1.04 * max(max(row.p90, row.booked, row.quota or 0.0) for row in rows)

    def layer(mark: Mapping[str, Any], field: str, to: str | None = None) -> dict[str, Any]:
        x = {"field": field, "type": "quantitative", "title": None, "axis": _money(language)}
        # From 0 to the furthest end, so that lengths can be compared.
        x["scale"] = {"domain": [min(0.0, *(row.p10 for row in rows)), top], "nice": False}
        ends = {"x2": {"field": to}} if to else {}
        return {"mark": mark, "encoding": {"y": y, "x": x, **ends}}

    layers = [
        layer({"type": "bar", "size": 20, "color": LINK, "opacity": RANGE_OPACITY, "cornerRadius": 3}, "p10", "p90"),
        layer({"type": "bar", "size": 8, "color": UP, "cornerRadius": 2}, "booked"),
        layer({"type": "tick", "size": 20, "color": INK, "thickness": 2.5}, "p50"),
    ]
    if any(row.quota is not None for row in rows):
        layers.append(layer({"type": "tick", "size": 30, "color": DOWN, "thickness": 3}, "quota"))
    return draw({"data": {"values": told}, "layer": layers, "height": {"step": 38}}, title, width)


def waterfall(start: Step, steps: Sequence[Step], end: Step, title: str, language: str, width: int = WIDE) -> Markup:
    """From one expected result to another: each step begins where the one before it ended."""
    rows, at = [_piece(start, 0.0, start.amount, "total")], start.amount
    for step in steps:
        rows.append(_piece(step, at, at + step.amount, "up" if step.amount >= 0 else "down"))
        at += step.amount
    rows.append(_piece(end, 0.0, end.amount, "total"))
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": ["up", "down", "total"], "range": [UP, DOWN, TOTAL]},
        "legend": None,
    }
    y = {"field": "name", "type": "nominal", "sort": None, "title": None}
    x: dict[str, Any] = {"field": "from", "type": "quantitative", "title": None, "axis": _money(language)}
    # Room at the right for the words at a bar's end; steps that stand close together far from 0 begin near them.
    room = 0.22 if width >= WIDE else 0.45
    ends = [value for row in rows for value in (row["from"], row["to"])]
    low = min(row["from"] if row["kind"] != "total" else row["to"] for row in rows)
    low = 0.0 if low < 0.5 * max(ends) or min(ends) < 0 else low * 0.9
    spread = max(ends) - min(low, *ends) if low == 0 else max(ends) - low
    x["scale"] = {"domain": [min(0.0, *ends) if low == 0 else low, max(ends) + room * spread], "nice": False}
    bars = {"mark": {"type": "bar", "size": 16, "cornerRadius": 2, "clip": True}}
    bars |= {"encoding": {"y": y, "x": x, "x2": {"field": "to"}, "color": colour}}
    words = _words_at("right", y, x["scale"])
    return draw({"data": {"values": rows}, "layer": [bars, words], "height": {"step": 26}}, title, width)


def _piece(step: Step, start: float, end: float, kind: str) -> dict[str, Any]:
    return {"name": step.name, "from": start, "to": end, "right": max(start, end), "told": step.told, "kind": kind}


def _words_at(field: str, y: Mapping[str, Any], scale: Mapping[str, Any]) -> dict[str, Any]:
    x = {"field": field, "type": "quantitative", "title": None, "scale": scale}
    mark = {"type": "text", "align": "left", "dx": 5, "color": INK, "fontSize": 12}
    return {"mark": mark, "encoding": {"y": y, "x": x, "text": {"field": "told"}}}


def reliability(bins: Sequence[Bin], title: str, language: str, width: int = WIDE) -> Markup:
    """Of deals given a chance, how many were won: on the line is right; under it how many deals each point has."""
    rows = [{"said": one.said, "came": one.came, "n": one.n, "told": f"{one.n:,}"} for one in bins]
    share = {"format": ".0%", "tickCount": 5}
    bounds = {"domain": [0, 1]}
    x = {"field": "said", "type": "quantitative", "scale": bounds, "title": _word("said", language), "axis": share}
    y = {"field": "came", "type": "quantitative", "scale": bounds, "title": _word("came", language), "axis": share}
    line = {
        "data": {"values": [{"said": 0, "came": 0}, {"said": 1, "came": 1}]},
        "mark": {"type": "line", "color": DIM, "strokeDash": [5, 4], "strokeWidth": 1.5},
        "encoding": {"x": x, "y": y},
    }
    size = {"field": "n", "type": "quantitative", "legend": None, "scale": {"range": [30, 260]}}
    dots = {"mark": {"type": "circle", "color": LINK, "opacity": 0.85}, "encoding": {"x": x, "y": y, "size": size}}
    inner = max(width - 90, 200)
    top = {"layer": [line, dots], "width": inner, "height": 230}
    counted = {"field": "n", "type": "quantitative", "title": _word("count", language), "axis": {"tickCount": 3}}
    bars = {"mark": {"type": "bar", "color": TOTAL, "size": 12}, "encoding": {"x": x, "y": counted}}
    told = {
        "mark": {"type": "text", "dy": -7, "fontSize": 11, "color": DIM},
        "encoding": {"x": x, "y": counted, "text": {"field": "told"}},
    }
    under = {"layer": [bars, told], "width": inner, "height": 70}
    return draw({"data": {"values": rows}, "vconcat": [top, under], "spacing": 18}, title, None)


def bars(rows: Sequence[Bar], title: str, language: str, width: int = WIDE, compared: str | None = None) -> Markup:
    """Bars with their figures; where a bar is compared with something, a stroke shows it, called `compared`."""
    told = [asdict(row) for row in rows]
    y = {"field": "name", "type": "nominal", "sort": None, "title": None}
    ends = [value for row in rows for value in (row.value, row.compared or 0.0)]
    scale = {"domain": [min(0.0, *ends), (max(0.0, *ends) or 1.0) * 1.25], "nice": False}
    x = {"field": "value", "type": "quantitative", "title": None, "scale": scale, "axis": None}
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": ["plain", "good", "bad", "total"], "range": [LINK, UP, DOWN, TOTAL]},
        "legend": None,
    }
    bar = {"mark": {"type": "bar", "size": 15, "cornerRadius": 2}, "encoding": {"y": y, "x": x, "color": colour}}
    for row in told:
        row["right"] = max(row["value"], row["compared"] or 0.0, 0.0)
    layers = [bar, _words_at("right", y, scale)]
    if any(row.compared is not None for row in rows):
        place = {"field": "compared", "type": "quantitative", "scale": scale, "title": None}
        name = compared or _word("compared", language)
        stroke = {"datum": name, "scale": {"domain": [name], "range": [INK]}, "legend": {"symbolType": "stroke"}}
        tick = {"mark": {"type": "tick", "thickness": 2.5, "size": 22}}
        layers.append(tick | {"encoding": {"y": y, "x": place, "stroke": stroke}})
    return draw({"data": {"values": told}, "layer": layers, "height": {"step": 26}}, title, width)


def draw(spec: Mapping[str, Any], title: str, width: int | None) -> Markup:
    """A Vega-Lite spec as an SVG element `width` pixels wide, named `title` for those who do not see it."""
    import vl_convert

    config = CONFIG if width is None or width >= WIDE else {**CONFIG, "legend": {**CONFIG["legend"], "columns": 2}}
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", **spec, "config": config}
    if width is not None:
        whole |= {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}
    return Markup(_themed(vl_convert.vegalite_to_svg(whole, allowed_base_urls=[]), title))


CONFIG: dict[str, Any] = {
    "aria": False,
    "background": None,
    "font": FONT,
    "padding": {"left": 12, "right": 4, "top": 4, "bottom": 4},
    "view": {"stroke": None},
    "axis": {
        "labelColor": DIM,
        "titleColor": DIM,
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 12,
        "labelLimit": 150,
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "ticks": False,
        "labelPadding": 6,
    },
    "axisY": {"labelColor": INK},
    "axisQuantitative": {"labelColor": DIM, "tickCount": 5},
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": DIM,
        "labelFontSize": 12,
        "symbolType": "square",
        "symbolOpacity": 1,
        "direction": "horizontal",
    },
}


def _themed(svg: str, title: str) -> str:
    """Colours by name, and the name of the whole in place of those of its parts."""
    for name, value in PAINT.items():
        svg = svg.replace(f'"{value}"', f'"var({name}, {value})"')
    svg = re.sub(r' aria-roledescription="[^"]*"| role="graphics-[a-z]*"| aria-hidden="true"', "", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)


def _word(word: str, language: str) -> str:
    return WORDS[word][0 if language == "en" else 1]


def _money(language: str) -> dict[str, Any]:
    return {"labelExpr": SHORT_MONEY[language]}
