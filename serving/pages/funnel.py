"""The funnel page: what enters each stage, how it goes on, how long it stays, and which group is held up where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl
from fastapi import APIRouter, Request
from fastapi.responses import Response

from features.feature import category_word
from history.scopes import NONE
from serving.access import PageReader
from serving.asking import one_of
from serving.charts import Bar, bars
from serving.flag_words import share
from serving.live import standing_of
from serving.pages.context import Page
from serving.pages.drawn import Drawn, drawn_alone
from serving.pages.format import days
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.pages.table import Cell, Choices, Head, Row, Table, choices, num
from serving.sight import Sight
from serving.standing import Standing
from serving.texts import Translator, joined, text_or, translator
from serving.told import funnel_rows

router = APIRouter(include_in_schema=False)
BY = ("company", "team", "rep", "region", "product_line", "segment", "source")
CODED = ("segment", "source")
"""Levels whose names are codes where they are the usual ones; a company's own words stay as they are."""
MONTHS = ("3", "6", "12")
MOST_GROUPS = 40


@dataclass(frozen=True)
class FunnelPage(Page):
    """Stages as a table and a chart, and where they are compared the groups beside each other."""

    answer: str
    choices: list[Choices]
    stages: Table
    drawn: Drawn
    groups: Table | None


@router.get("/funnel", name="funnel")
def funnel(request: Request, reader: PageReader, by: str = "team", months: str = "12") -> Response:
    """The funnel of a level."""
    standing = standing_of(request)
    return render(request, "funnel.html", funnel_page(Shell(request, standing, reader.sight), by, months))


def funnel_page(shell: Shell, by: str, months: str) -> FunnelPage:
    """The context of the page; raises `ParameterInvalid` for a level or a time that is not offered."""
    one_of("by", by, BY)
    one_of("months", months, MONTHS)
    t = translator(shell.language)
    whole, grouped = (stays(shell.standing, shell.sight, one, months) for one in ("company", by))
    words = {name: t(f"by.{name}") for name in BY}
    times = {name: t(f"funnel.months_{name}") for name in MONTHS}
    drawn = shell.standing.remembered(
        ("drawn funnel", months, shell.sight.mark, shell.language),
        lambda: _drawn(whole, t, shell.language),
    )
    return FunnelPage(
        **shell.fields(t("funnel.title")),
        answer=answer(whole, grouped, by, shell.standing.names if by == "rep" else {}, shell.language),
        choices=[
            choices(t("funnel.by"), "/funnel", "by", words, by, months=months),
            choices(t("funnel.months"), "/funnel", "months", times, months, by=by),
        ],
        stages=stage_table(whole, t, shell.language),
        drawn=drawn,
        groups=group_table(grouped, by, shell, t) if by != "company" else None,
    )


def stays(standing: Standing, sight: Sight, by: str, months: str) -> pl.DataFrame:
    """The funnel of one level over the last months, as far as the reader sees it."""
    first = standing.day - dt.timedelta(days=round(int(months) * 365 / 12))
    return funnel_rows(standing, sight, first, None, [by])


def answer(whole: pl.DataFrame, grouped: pl.DataFrame, by: str, names: dict[str, str], language: str) -> str:
    """The stage that holds somebody up, in a sentence; else where the fewest go on."""
    t = translator(language)
    told = whole.filter(pl.col("conversion").is_not_null())
    if told.is_empty():
        return t("funnel.answer_empty")
    least = told.sort("conversion").row(0, named=True)
    first = whole.row(0, named=True)
    if by == "company":
        begun = {"entered": f"{first['entered']:,}", "first": first["stage"], "share": share(first["conversion"])}
        return t("funnel.answer_company", **begun, stage=least["stage"], least=share(least["conversion"]))
    held = grouped.filter("bottleneck").sort("wins_short", descending=True)
    if held.is_empty():
        return t("funnel.answer_even", stage=least["stage"], share=share(least["conversion"]))
    worst = held.row(0, named=True)
    sentence = t(
        "funnel.answer_held",
        group=_group(worst[by], by, names, t, language),
        stage=worst["stage"],
        own=share(worst["onward"]),
        others=share(worst["others_onward"]),
        short=f"{worst['wins_short']:.0f}",
    )
    more = [t("funnel.answer_more", count=held.height - 1)] if held.height > 1 else []
    return joined([sentence, *more], language)


def stage_table(whole: pl.DataFrame, t: Translator, language: str) -> Table:
    """One row a stage: in, out and how long."""
    counts = {"entered": "entered", "moved_on": "onward", "won": "won", "went_back": "back", "lost": "lost"}
    heads = [Head(t("funnel.stage")), *(num(t(f"funnel.{word}")) for word in counts.values()), num(t("funnel.still"))]
    heads += [num(t("funnel.conversion"), t("funnel.conversion_note")), num(t("funnel.dwell"))]
    heads.append(num(t("funnel.won_dwell"), t("funnel.dwell")))
    return Table(
        t("funnel.stages"),
        heads,
        [Row(_stage_cells(row, [*counts, "still_there"], t, language)) for row in whole.iter_rows(named=True)],
        note=t("funnel.stages_note"),
        nothing=t("funnel.nothing"),
    )


def _stage_cells(row: dict[str, Any], counts: list[str], t: Translator, language: str) -> list[Cell]:
    return [
        Cell(row["stage"]),
        *(Cell(f"{row[name]:,}") for name in counts),
        Cell(share(row["conversion"])),
        Cell(days(row["dwell_median"], language), t("funnel.dwell_note", days=days(row["dwell_p80"], language))),
        Cell(days(row["won_dwell_median"], language)),
    ]


def group_table(grouped: pl.DataFrame, by: str, shell: Shell, t: Translator) -> Table:
    """One row a group, one column a stage: the share that went on, and what a bottleneck costs."""
    stages = grouped["stage"].unique(maintain_order=True).to_list()
    names = shell.standing.names if by == "rep" else {}
    rows = [
        Row([Cell(_group(key, by, names, t, shell.language)), *_group_cells(frame, stages, t)])
        for key, frame in _groups(grouped.filter(pl.col(by).is_not_null()), by)
    ]
    heads = [Head(text_or(shell.language, f"by.{by}", by)), *(num(stage) for stage in stages)]
    return Table(t("funnel.groups"), heads, rows, t("funnel.groups_note"), t("funnel.nothing"))


def _groups(grouped: pl.DataFrame, by: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """Groups with the one that is held up most first, then by what entered; at most `MOST_GROUPS`."""
    cost = pl.when("bottleneck").then("wins_short").max().fill_null(-1.0)
    order = grouped.group_by(by).agg(cost=cost, entered=pl.col("entered").sum())
    for key in order.sort("cost", "entered", by, descending=[True, True, False])[by].head(MOST_GROUPS):
        yield key, grouped.filter(pl.col(by) == key)


def _group(key: str, by: str, names: dict[str, str], t: Translator, language: str) -> str:
    if key == NONE:
        return t("by.none")
    return category_word(key, language == "zh-CN", by) if by in CODED else names.get(key, key)


def _group_cells(frame: pl.DataFrame, stages: list[str], t: Translator) -> list[Cell]:
    found = {row["stage"]: row for row in frame.iter_rows(named=True)}
    return [_group_cell(found.get(stage), t) for stage in stages]


def _group_cell(row: dict[str, Any] | None, t: Translator) -> Cell:
    if row is None or not row["ended"]:
        return Cell(share(None), tone="quiet")
    note = t("funnel.of", n=f"{row['ended']:,}")
    if row["gap"] is None:
        return Cell(share(row["onward"]), f"{note} · {t('funnel.few')}", tone="quiet")
    if not row["bottleneck"]:
        return Cell(share(row["onward"]), note)
    short, low, high = (f"{row[name]:.1f}" for name in ("wins_short", "wins_short_p10", "wins_short_p90"))
    return Cell(share(row["onward"]), f"{note} · {t('funnel.short', short=short, low=low, high=high)}", tone="bad")


def _drawn(whole: pl.DataFrame, t: Translator, language: str) -> Drawn:
    rows = [
        Bar(row["stage"], row["conversion"], share(row["conversion"]))
        for row in whole.iter_rows(named=True)
        if row["conversion"] is not None
    ]
    heading = t("funnel.chart")
    return drawn_alone(heading, lambda width: bars(rows, heading, language, width)) if rows else Drawn(heading)
