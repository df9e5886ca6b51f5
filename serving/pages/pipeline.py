"""The pipeline page: open deals by risk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote

import polars as pl
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from features.flags import FLAGS
from serving.access import PageExporter, PageReader
from serving.asking import one_of
from serving.board import BANDS, RISKY, Wanted, chosen, ordered, value_at_risk
from serving.csv_text import csv_text
from serving.data_problems import PROBLEMS
from serving.flag_words import flag_text
from serving.live import standing_of
from serving.pages.context import BandShare, DealLine, Filter, Option, PipelinePage
from serving.pages.format import NOTHING, day, days, money, percent, points
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.pages.table import Choice, Choices, link
from serving.score_history import WEEK
from serving.shelf import Paged, paged
from serving.sight import Sight
from serving.standing import Standing
from serving.texts import Translator, joined, translator
from serving.week_ago import with_week_ago

router = APIRouter(include_in_schema=False)
PAGE_ROWS = 50
FALLEN_POINTS = 5
ORDERS = {
    "risk": "risk",
    "fell": "win_change",
    "amount": "-amount",
    "date": "close_date",
    "chance": "win_probability",
}
"""How the list can be ordered: the word in the address and the order of the board."""
VIEWS: dict[str, dict[str, str | None]] = {
    "all": {},
    "critical": {"band": "critical"},
    "fell": {"sort": "fell"},
    "quiet": {"flag": "no_recent_touch"},
    "overdue": {"flag": "overdue"},
    "pushed": {"flag": "pushed_repeatedly"},
}
"""Views that most people need: what each sets in the address."""
CSV_COLUMNS = (
    "deal_id",
    "name",
    "account_name",
    "owner_id",
    "owner_name",
    "team",
    "region",
    "stage",
    "days_in_stage",
    "amount_home",
    "close_day",
    "health",
    "band",
    "win_probability",
    "win_week_ago",
    "win_by_horizon",
    "flags",
    "problems",
    "model_version",
)


def wanted_of(
    owner: str = "",
    team: str = "",
    stage: str = "",
    band: str = "",
    region: str = "",
    flag: str = "",
    search: str = "",
    problem: str = "",
) -> Wanted:
    """The filters of the address; what is empty means any."""
    given = {"owner": owner, "team": team, "stage": stage, "band": band, "region": region, "flag": flag}
    return Wanted(**{name: value or None for name, value in {**given, "search": search, "problem": problem}.items()})


Filters = Annotated[Wanted, Depends(wanted_of)]


@router.get("/", name="pipeline")
def pipeline(request: Request, reader: PageReader, wanted: Filters, sort: str = "risk", cursor: str = "") -> Response:
    """Open deals that the reader sees, most at risk first."""
    standing = standing_of(request)
    check(standing, reader.sight, wanted, sort)
    page = pipeline_page(Shell(request, standing, reader.sight), wanted, sort, cursor or None)
    return render(request, "pipeline.html", page)


@router.get("/pipeline.csv", name="pipeline_csv")
def pipeline_csv(request: Request, reader: PageExporter, wanted: Filters, sort: str = "risk") -> Response:
    """The same deals, all of them, as a file."""
    standing = standing_of(request)
    check(standing, reader.sight, wanted, sort)
    matching = chosen(reader.sight.narrow_deals(with_week_ago(standing)), wanted)
    frame = ordered(matching, ORDERS[sort]).select(CSV_COLUMNS)
    name = f"pipeline-{standing.day}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(csv_text(frame), media_type="text/csv; charset=utf-8", headers=headers)


def check(standing: Standing, sight: Sight, wanted: Wanted, sort: str) -> None:
    """Raises `ParameterInvalid` for a value of the address that nothing the reader sees can have.

    A team or a stage without an open deal today is none: views that were kept by their address go on working.
    """
    one_of("sort", sort, ORDERS)
    known = standing.remembered(("filters", sight.mark), lambda: known_values(standing, sight))
    for name, value in vars(wanted).items():
        if value is not None and name in known:
            one_of(name, value, known[name])


def known_values(standing: Standing, sight: Sight) -> dict[str, list[str]]:
    """What each filter can be asked for: of people, stages and scopes those that the reader sees."""
    board, people = sight.narrow_deals(standing.board), sight.narrow_people(standing.past["reps"])
    stages = [stage.name for stage in standing.history.settings.stages]
    return {
        "band": list(BANDS),
        "flag": list(FLAGS),
        "problem": list(PROBLEMS),
        "stage": _known(stages, board["stage"]),
        "owner": _known(board["owner_id"], people["rep_id"]),
        "team": _known(board["team"], people["team"]),
        "region": _known(board["region"], people["region"]),
    }


def _known(*parts: Iterable[str | None]) -> list[str]:
    return sorted({value for part in parts for value in part if value is not None})


def pipeline_page(shell: Shell, wanted: Wanted, sort: str, cursor: str | None) -> PipelinePage:
    """The context of the page."""
    standing, language = shell.standing, shell.language
    t = translator(language)
    board = shell.sight.narrow_deals(with_week_ago(standing))
    matching = chosen(board, wanted)
    page = paged(matching, ORDERS[sort], PAGE_ROWS, cursor)
    kept = {**vars(wanted), "sort": None if sort == "risk" else sort}
    totals = _totals(standing, matching, language)
    return PipelinePage(
        **shell.fields(t("pipeline.title")),
        **totals,
        answer=answer(matching, totals, standing, language),
        views=views(kept, t),
        bands=band_shares(matching, kept, t),
        search=wanted.search or "",
        filters=[*filters(board, wanted, language), _order(sort, t)],
        filtered=wanted.any,
        win_by_label=t("column.win_by", day=day(standing.horizon_day, language)),
        deals=[deal_line(row, standing.currency, language) for row in page.rows.iter_rows(named=True)],
        shown=_shown(page, t),
        next_link=link("/", **kept, cursor=page.next_cursor) if page.next_cursor else None,
        first_link=link("/", **kept) if page.start else None,
        csv_link=link("/pipeline.csv", **kept) if shell.sight.may("export") else None,
    )


def answer(rows: pl.DataFrame, totals: dict[str, Any], standing: Standing, language: str) -> str:
    """What is at risk and what will come, and how many deals fell in a week."""
    t = translator(language)
    if rows.is_empty():
        return t("pipeline.answer_empty")
    told = t(
        "pipeline.answer",
        risk=totals["at_risk"],
        open=totals["open_value"],
        count=f"{rows.filter(pl.col('band').is_in(RISKY)).height:,}",
        total=f"{rows.height:,}",
        expected=totals["expected"],
        day=day(standing.horizon_day, language),
    )
    fallen = rows.filter(pl.col("win_change") <= -FALLEN_POINTS / 100).height
    since = day(standing.history.settings.day_of(standing.as_of - WEEK), language)
    if not fallen:
        return told
    return joined([told, t("pipeline.fallen", count=f"{fallen:,}", points=FALLEN_POINTS, day=since)], language)


def views(kept: dict[str, str | None], t: Translator) -> Choices:
    """Links to the views that most people need; the one that is shown is marked."""
    now = {name: value for name, value in kept.items() if value}
    made = [Choice(t(f"pipeline.view_{name}"), link("/", **sets), now == sets) for name, sets in VIEWS.items()]
    return Choices(t("pipeline.views"), made)


def _order(sort: str, t: Translator) -> Filter:
    options = [Option(name, t(f"pipeline.sort_{name}"), name == sort) for name in ORDERS]
    return Filter("sort", t("pipeline.sort"), options, any=False)


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
        "expected_notes": [
            t("pipeline.expected_count", count=f"{float(rows['win_by_horizon'].sum()):,.0f}"),
            t("pipeline.expected_basis"),
        ],
    }


def band_shares(rows: pl.DataFrame, kept: dict[str, str | None], t: Translator) -> list[BandShare]:
    """How many of the rows are in each band, worst first, with where each bar lies (percent of the track)."""
    counts = dict(rows.group_by("band").len().iter_rows())
    shares, start = [], 0.0
    for band in BANDS:
        count = counts.get(band, 0)
        width = round(100 * count / max(1, rows.height), 2)
        at = link("/", **{**kept, "band": band})
        shares.append(BandShare(band, t(f"band.{band}"), count, round(start, 2), width, at))
        start += width
    return shares


def filters(board: pl.DataFrame, wanted: Wanted, language: str) -> list[Filter]:
    """The drop-downs, each with what the board holds."""
    t = translator(language)
    owners = board.select("owner_id", "owner_name").drop_nulls("owner_id").unique().sort("owner_name", "owner_id")
    people = [(key, name or key) for key, name in owners.iter_rows()]
    flags = [(code, flag_text(code, language)) for code in FLAGS if code in _codes(board, "flags")]
    problems = [(code, t(f"problem.{code}")) for code in PROBLEMS if code in _codes(board, "problems")]
    return [
        _filter("team", t("column.team"), [(name, name) for name in _values(board, "team")], wanted.team),
        _filter("owner", t("column.owner"), people, wanted.owner),
        _filter("region", t("pipeline.region"), [(name, name) for name in _values(board, "region")], wanted.region),
        _filter("stage", t("column.stage"), [(name, name) for name in _values(board, "stage")], wanted.stage),
        _filter("band", t("column.band"), [(band, t(f"band.{band}")) for band in BANDS], wanted.band),
        _filter("flag", t("pipeline.flag"), flags, wanted.flag),
        _filter("problem", t("pipeline.problem"), problems, wanted.problem),
    ]


def _codes(board: pl.DataFrame, column: str) -> set[str]:
    return {code for codes in board[column].drop_nulls().unique() for code in codes.split()}


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
        win_note=_week(row, t),
        fell=(row["win_change"] or 0.0) <= -FALLEN_POINTS / 100,
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


def _week(row: dict[str, Any], t: Translator) -> str:
    """How the chance stands to a week ago."""
    if row["win_change"] is None:
        return t("pipeline.new_week")
    return t("pipeline.week_ago", win=percent(row["win_week_ago"]), points=points(100 * row["win_change"]))
