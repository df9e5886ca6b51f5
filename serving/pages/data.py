"""The data page: what was imported, what was set aside, what is missing, and what that costs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl
from fastapi import APIRouter, Request
from fastapi.responses import Response

from features.flags import FLAGS
from indicators.catalogue import INDICATORS
from serving.access import PageReader
from serving.flag_words import flag_text
from serving.lacking import record_words
from serving.live import Live, standing_of
from serving.pages.context import Page
from serving.pages.format import day, money
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.pages.table import Cell, Head, Row, Table, Tile, link, num
from serving.standing import Standing
from serving.texts import Translator, joined, text_or, translator

router = APIRouter(include_in_schema=False)
IMPORTS_SHOWN = 20
FAULTS_SHOWN = 50


@dataclass(frozen=True)
class DataPage(Page):
    """Figures, then tables: problems of open deals, what is not recorded, imports, rows set aside."""

    answer: str
    tiles: list[Tile]
    tables: list[Table]
    own_note: str


@router.get("/data", name="data")
def data(request: Request, reader: PageReader) -> Response:
    """What is known and what is missing: of one's own deals, and of the imports for who sees everything."""
    live: Live = request.app.state.live
    standing = standing_of(request)
    kept = standing.remembered(("imports",), lambda: (live.store.imports(), live.store.quarantined()))
    return render(request, "data.html", data_page(Shell(request, standing, reader.sight), *kept))


def data_page(shell: Shell, imports: pl.DataFrame, quarantined: pl.DataFrame) -> DataPage:
    """The context of the page; `imports` and `quarantined` as the store gives them."""
    standing, language = shell.standing, shell.language
    t = translator(language)
    board = shell.sight.narrow_deals(standing.board)
    missing = standing.remembered(("missing",), lambda: missing_records(standing))
    tables = [problem_table(board, standing.currency, language), missing_table(missing, language)]
    if shell.sight.everything:
        tables += [import_table(imports, standing, language), quarantine_table(quarantined, t)]
    return DataPage(
        **shell.fields(t("data.title")),
        answer=answer(board, missing, standing.currency, language),
        tiles=tiles(board, imports, quarantined, missing, shell),
        tables=tables,
        own_note="" if shell.sight.everything else t("data.own"),
    )


def answer(board: pl.DataFrame, missing: dict[str, list[str]], currency: str, language: str) -> str:
    """How many open deals have something to put right, and what cannot be told at all."""
    t = translator(language)
    wrong = board.filter(pl.col("problems") != "")
    total = f"{board.height:,}"
    value = float(wrong["amount_home"].sum())
    told = t("data.answer_count", count=f"{wrong.height:,}", total=total)
    if value:
        told = t("data.answer", count=f"{wrong.height:,}", total=total, value=money(value, currency, language))
    told = told if wrong.height else t("data.answer_clean", total=total)
    codes = [code for found in missing.values() for code in found]
    flags = sum(code in FLAGS for code in codes)
    parts = [told]
    parts += [t("data.answer_lost", count=len(codes) - flags)] if len(codes) > flags else []
    parts += [t("data.answer_mute", flags=flags)] if flags else []
    return joined(parts, language)


def tiles(
    board: pl.DataFrame,
    imports: pl.DataFrame,
    quarantined: pl.DataFrame,
    missing: dict[str, list[str]],
    shell: Shell,
) -> list[Tile]:
    """The figures at the head of the page; those of imports for who sees everything."""
    t = translator(shell.language)
    wrong = board.filter(pl.col("problems") != "").height
    untold = sum(code in INDICATORS for found in missing.values() for code in found)
    found = [
        Tile(t("data.to_put_right"), f"{wrong:,}", t("data.of_open", total=f"{board.height:,}")),
        Tile(t("data.untold"), f"{untold}", t("data.of_all", total=len(INDICATORS))),
    ]
    if not shell.sight.everything:
        return found
    aside = quarantined.select("import_id", "file", "line").unique().height
    return [
        _last_import(imports, shell.standing, shell.language),
        Tile(t("data.aside"), f"{aside:,}", t("data.aside_note"), "alarm" if aside else ""),
        *found,
    ]


def _last_import(imports: pl.DataFrame, standing: Standing, language: str) -> Tile:
    t = translator(language)
    if imports.is_empty():
        return Tile(t("data.last_import"), t("data.no_import"))
    last = imports.row(-1, named=True)
    rows = f"{_sum(last['counts'], 'inserted'):,}"
    when = day(standing.history.settings.day_of(last["imported_at"]), language)
    return Tile(t("data.last_import"), when, t("data.rows_in", rows=rows))


def problem_table(board: pl.DataFrame, currency: str, language: str) -> Table:
    """One row a problem, the one with most money first, each leading to its deals."""
    t = translator(language)
    codes = board.select(pl.col("problems").str.split(" ").alias("code"), "amount_home").explode("code")
    found = (
        codes.filter(pl.col("code") != "")
        .group_by("code")
        .agg(
            n=pl.len(),
            value=pl.col("amount_home").sum(),
        )
        .sort("value", "n", "code", descending=[True, True, False])
    )
    rows = [
        Row(
            [
                Cell(t(f"problem.{code}"), link=link("/", problem=code)),
                Cell(f"{n:,}"),
                Cell(money(value or None, currency, language)),
                Cell(t(f"cost.{code}")),
            ]
        )
        for code, n, value in found.iter_rows()
    ]
    heads = [Head(t("data.problem")), num(t("data.deals")), num(t("data.value")), Head(t("data.cost"))]
    return Table(t("data.problems"), heads, rows, nothing=t("data.no_problem"))


def missing_records(standing: Standing) -> dict[str, list[str]]:
    """By record that history does not hold: the indicators (by slug) and flags (by code) that need it."""
    found: dict[str, list[str]] = {}
    for one in INDICATORS.values():
        for need in one.needs:
            if not need.met(standing.past):
                found.setdefault(str(need), []).append(one.slug)
    for code in sorted(standing.mute_at(standing.as_of)):
        found.setdefault(f"needs_{FLAGS[code].needs}", []).append(code)
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def missing_table(missing: dict[str, list[str]], language: str) -> Table:
    """One row a record that is not there, with what cannot be told without it."""
    t = translator(language)
    comma = "、" if language == "zh-CN" else ", "
    rows = [
        Row([Cell(_record(need, language)), Cell(comma.join(_names(codes, language)))])
        for need, codes in missing.items()
    ]
    heads = [Head(t("data.needs")), Head(t("data.without"))]
    return Table(t("data.missing"), heads, rows, t("data.missing_note") if rows else "", t("data.nothing_missing"))


def _record(need: str, language: str) -> str:
    return text_or(language, f"data.{need}", record_words(need, language))


def _names(codes: list[str], language: str) -> list[str]:
    t = translator(language)
    flags = [t("data.flag", name=flag_text(code, language)) for code in codes if code in FLAGS]
    known = [INDICATORS[code] for code in codes if code in INDICATORS]
    return [one.zh if language == "zh-CN" else one.en for one in known] + flags


def import_table(imports: pl.DataFrame, standing: Standing, language: str) -> Table:
    """The newest imports with what became of their rows."""
    t = translator(language)
    counts = ("read", "inserted", "unchanged", "duplicates", "quarantined")
    heads = [Head(t("data.import")), Head(t("data.when")), Head(t("data.source"))]
    rows = [
        Row(
            [
                Cell(f"{row['import_id']}"),
                Cell(day(standing.history.settings.day_of(row["imported_at"]), language)),
                Cell(_last_part(row["source"])),
                *(Cell(f"{_sum(row['counts'], name):,}") for name in counts),
            ]
        )
        for row in imports.reverse().head(IMPORTS_SHOWN).iter_rows(named=True)
    ]
    note = t("data.newest", count=IMPORTS_SHOWN) if imports.height > IMPORTS_SHOWN else ""
    heads += [num(t(f"data.{name}")) for name in counts]
    return Table(t("data.imports"), heads, rows, note, t("data.no_imports"))


def _last_part(source: str) -> str:
    """The folder's own name: where it lies on the server is nobody's business here."""
    return source.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]


def _sum(counts: str, name: str) -> int:
    tables: dict[str, dict[str, Any]] = json.loads(counts)
    return sum(int(table.get(name, 0)) for table in tables.values())


def quarantine_table(quarantined: pl.DataFrame, t: Translator) -> Table:
    """Bad cells by file, column and what was expected, the most frequent first, each with an example."""
    keys = ["file", "column_name", "expected"]
    found = quarantined.group_by(keys).agg(n=pl.len(), line=pl.col("line").first(), value=pl.col("value").first())
    worst = found.sort("n", *keys, descending=[True, False, False, False]).head(FAULTS_SHOWN)
    rows = [
        Row(
            [
                Cell(row["file"]),
                Cell(row["column_name"]),
                Cell(row["expected"]),
                Cell(f"{row['n']:,}"),
                Cell(_example(row, t)),
            ]
        )
        for row in worst.iter_rows(named=True)
    ]
    heads = [Head(t(f"data.{name}")) for name in ("file", "column", "expected")]
    heads += [num(t("data.cells")), Head(t("data.example"))]
    return Table(t("data.quarantine"), heads, rows, t("data.quarantine_note") if rows else "", t("data.clean"))


def _example(row: dict[str, Any], t: Translator) -> str:
    value = t("data.empty_cell") if row["value"] is None else str(row["value"])[:60]
    return t("data.example_cell", line=row["line"], value=value)
