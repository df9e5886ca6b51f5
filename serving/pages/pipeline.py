"""The pipeline page: open deals by risk."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import polars as pl
from fastapi import APIRouter, Request
from fastapi.responses import Response

from serving.access import PageReader
from serving.board import BANDS, RISKY, Paged, Wanted, chosen, paged, value_at_risk
from serving.flag_words import flag_text
from serving.live import standing_of
from serving.pages.context import BandShare, DealLine, Filter, Option, PipelinePage
from serving.pages.format import NOTHING, day, days, money, percent
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.standing import Standing
from serving.texts import Translator, translator

router = APIRouter(include_in_schema=False)
PAGE_ROWS = 50


@router.get("/", name="pipeline")
def pipeline(
    request: Request,
    _: PageReader,
    owner: str = "",
    team: str = "",
    stage: str = "",
    band: str = "",
    cursor: str = "",
) -> Response:
    """Open deals, most at risk first."""
    standing = standing_of(request)
    wanted = Wanted(owner or None, team or None, stage or None, band or None)
    page = pipeline_page(Shell(request, standing), wanted, cursor or None)
    return render(request, "pipeline.html", page)


def pipeline_page(shell: Shell, wanted: Wanted, cursor: str | None) -> PipelinePage:
    """The context of the page."""
    standing, language = shell.standing, shell.language
    t = translator(language)
    matching = chosen(standing.board, wanted)
    page = paged(matching, "risk", PAGE_ROWS, cursor)
    return PipelinePage(
        **shell.fields(t("pipeline.title")),
        **_totals(standing, matching, language),
        bands=band_shares(matching, wanted, t),
        filters=filters(standing.board, wanted, t),
        filtered=wanted.any,
        win_by_label=t("column.win_by", day=day(standing.horizon_day, language)),
        deals=[deal_line(row, standing.currency, language) for row in page.rows.iter_rows(named=True)],
        shown=_shown(page, t),
        next_link=_link(wanted, cursor=page.next_cursor) if page.next_cursor else None,
        first_link=_link(wanted) if page.start else None,
    )


def _totals(standing: Standing, rows: pl.DataFrame, language: str) -> dict[str, Any]:
    t = translator(language)
    total, risk = float(rows["amount_home"].sum()), value_at_risk(rows)
    unknown = rows["amount_home"].null_count()
    expected = float((rows["amount_home"] * rows["win_by_horizon"]).sum())
    notes = [t("pipeline.open_count", count=f"{rows.height:,}")]
    risky = rows.filter(pl.col("band").is_in(RISKY)).height
    return {
        "at_risk": money(risk, standing.currency, language),
        "at_risk_note": t(
            "pipeline.at_risk_share", share=f"{100 * risk / total:.0f}%" if total else NOTHING, count=f"{risky:,}"
        ),
        "open_value": money(total, standing.currency, language),
        "open_notes": [*notes, t("pipeline.no_amount", count=f"{unknown:,}")] if unknown else notes,
        "expected": money(expected, standing.currency, language),
        "expected_label": t("pipeline.expected", day=day(standing.horizon_day, language)),
        "expected_note": t("pipeline.expected_count", count=f"{float(rows['win_by_horizon'].sum()):,.0f}"),
    }


def band_shares(rows: pl.DataFrame, wanted: Wanted, t: Translator) -> list[BandShare]:
    """How many of the rows are in each band, worst first, with where each bar lies (percent of the track)."""
    counts = dict(rows.group_by("band").len().iter_rows())
    shares, start = [], 0.0
    for band in BANDS:
        count = counts.get(band, 0)
        width = round(100 * count / max(1, rows.height), 2)
        link = _link(Wanted(wanted.owner, wanted.team, wanted.stage, band))
        shares.append(BandShare(band, t(f"band.{band}"), count, round(start, 2), width, link))
        start += width
    return shares


def filters(board: pl.DataFrame, wanted: Wanted, t: Translator) -> list[Filter]:
    """The drop-downs, each with what the board holds."""
    owners = board.select("owner_id", "owner_name").drop_nulls("owner_id").unique().sort("owner_name", "owner_id")
    return [
        _filter("team", t("column.team"), [(name, name) for name in _values(board, "team")], wanted.team),
        _filter("owner", t("column.owner"), [(key, name or key) for key, name in owners.iter_rows()], wanted.owner),
        _filter("stage", t("column.stage"), [(name, name) for name in _values(board, "stage")], wanted.stage),
        _filter("band", t("column.band"), [(band, t(f"band.{band}")) for band in BANDS], wanted.band),
    ]


def _values(board: pl.DataFrame, column: str) -> list[str]:
    return board[column].drop_nulls().unique().sort().to_list()


def _filter(name: str, label: str, choices: list[tuple[str, str]], value: str | None) -> Filter:
    return Filter(name, label, [Option(key, text, key == value) for key, text in choices])


def deal_line(row: dict[str, Any], currency: str, language: str) -> DealLine:
    """One row of the board as it is shown."""
    t = translator(language)
    amount = row["amount_home"]
    return DealLine(
        link=f"/deals/{quote(row['deal_id'], safe='')}",
        name=row["name"] or row["deal_id"],
        account=_account(row),
        owner=row["owner_name"] or row["owner_id"] or NOTHING,
        team=row["team"] if row["team"] != "(none)" else "",
        stage=row["stage"] or NOTHING,
        days_in_stage=days(row["days_in_stage"], language),
        amount=money(amount, currency, language),
        health=f"{row['health']:.0f}",
        health_width=round(row["health"], 1),
        band=row["band"],
        band_label=t(f"band.{row['band']}"),
        win=percent(row["win_probability"]),
        win_width=round(100 * row["win_probability"], 1),
        win_by=percent(row["win_by_horizon"]),
        close_date=day(row["close_day"], language),
        flags=[flag_text(code, language) for code in (row["flags"] or "").split()],
    )


def _account(row: dict[str, Any]) -> str:
    """The customer, unless the deal's name says it already."""
    account = row["account_name"] or row["account_id"] or ""
    return "" if account and (row["name"] or "").startswith(account) else account


def _shown(page: Paged, t: Translator) -> str:
    last = page.start + page.rows.height
    return t("pipeline.shown", first=f"{page.start + 1:,}", last=f"{last:,}", total=f"{page.total:,}")


def _link(wanted: Wanted, cursor: str | None = None) -> str:
    parts = {**vars(wanted), "cursor": cursor}
    query = urlencode({name: value for name, value in parts.items() if value})
    return f"/?{query}" if query else "/"
