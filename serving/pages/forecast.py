"""The forecast page: where a period lands against its target, what changed, the other ways, and what people say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from history.errors import DateInvalid, DealcastError, DealUnknown, RequestInvalid
from history.scopes import COMPANY, parse_scope, scope_kinds
from serving.access import PageExporter, PageReader, PageSpeaker
from serving.bridge import Bridge
from serving.csv_text import csv_text
from serving.forecast_notes import notes
from serving.forecast_work import asked_ways
from serving.live import Live, standing_of
from serving.pace_words import working
from serving.pages.context import Page
from serving.pages.drawn import Drawn
from serving.pages.forecast_asked import Asked, asked_choices, asked_of, ended_before, over
from serving.pages.forecast_headline import answer, bridge_of, headline, tiles
from serving.pages.forecast_parts import (
    behind_table,
    bridge_chart,
    bridge_table,
    forecast_table,
    range_chart,
    scope_name,
    way_table,
)
from serving.pages.format import NOTHING, day
from serving.pages.people import calls_now
from serving.pages.people_parts import statement_table
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.pages.speaking import SpeakForm, number, speak_form
from serving.pages.table import Choice, Choices, Table, Tile, link
from serving.score_history import WEEK
from serving.sight import Sight
from serving.submissions import Statement, submit
from serving.texts import translator
from serving.tokens import utc_now
from serving.told import call_rows, forecast_rows, outlook_of, pace_rows
from serving.ways import MANAGERS

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class ForecastPage(Page):
    """Everything about one period: the answer first."""

    answer: str
    ended: Choice | None
    said: str
    refused: str
    choices: list[Choices]
    tiles: list[Tile]
    ranges: Drawn
    table: Table
    notes: list[str]
    bridge: Drawn
    lines: Table
    behind: Table | None
    ways: Table
    pace: str
    statements: Table
    form: SpeakForm | None
    csv_link: str | None


@router.get("/forecast", name="forecast")
def forecast(
    request: Request,
    reader: PageReader,
    period: str = "",
    by: str = "",
    measure: str = "amount",
    line: str = "",
    said: Literal["", "1"] = "",
) -> Response:
    """Where the scopes that the reader sees will land."""
    shell = Shell(request, standing_of(request), reader.sight)
    asked = asked_of(shell, period, by, measure, line)
    return render(request, "forecast.html", forecast_page(shell, asked, calls_now(request), said=bool(said)))


@router.get("/forecast.csv", name="forecast_csv")
def forecast_csv(
    request: Request, reader: PageExporter, period: str = "", by: str = "", measure: str = "amount"
) -> Response:
    """The same rows as a file."""
    standing = standing_of(request)
    asked = asked_of(Shell(request, standing, reader.sight), period, by, measure, "")
    rows = forecast_rows(standing, reader.sight, asked.period, asked.by, asked.measure)
    name = f"forecast-{asked.period}-{asked.by}-{standing.day}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(csv_text(rows), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/forecast/statements")
def state(
    request: Request,
    speaker: PageSpeaker,
    scope: Annotated[str, Form()],
    period: Annotated[str, Form()],
    measure: Annotated[str, Form()] = "amount",
    commit: Annotated[str, Form()] = "",
    most_likely: Annotated[str, Form()] = "",
    best_case: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Appends what the speaker says of oneself or of a scope that one leads; nothing said before is replaced."""
    live: Live = request.app.state.live
    standing = standing_of(request)
    given = {"commit": commit, "most_likely": most_likely, "best_case": best_case}
    try:
        kind, scope_id = parse_scope(scope, scope_kinds(standing.history.settings))
        # Whoever sees a part is told of that part alone: not which other people and scopes there are.
        speaker.sight.require_scope(kind, scope_id)
        values = {name: number(name, text) for name, text in given.items() if text.strip()}
        statement = Statement(speaker.person, kind, scope_id, period, values, measure, note or None)
        submit(live.store, standing.history, statement, utc_now())
    except (RequestInvalid, DateInvalid, DealUnknown) as error:
        return _refused(request, speaker.sight, error)
    return RedirectResponse(link("/forecast", said="1"), status_code=303)


def _refused(request: Request, sight: Sight, error: DealcastError) -> Response:
    """The page again, with what was wrong."""
    shell = Shell(request, standing_of(request), sight)
    asked = asked_of(shell, "", "", "amount", "")
    return render(request, "forecast.html", forecast_page(shell, asked, calls_now(request), refused=str(error)), 422)


def forecast_page(
    shell: Shell, asked: Asked, calls: pl.DataFrame, said: bool = False, refused: str = ""
) -> ForecastPage:
    """The context of the page; `calls` are the statements as the store has them."""
    standing, language = shell.standing, shell.language
    t = translator(language)
    rows = forecast_rows(standing, shell.sight, asked.period, asked.by, asked.measure)
    head = headline(shell, asked)
    changed = bridge_of(shell, asked, head)
    title = t("forecast.title", period=asked.period)
    ranges = standing.remembered(
        ("ranges", asked.query["period"], asked.by, asked.measure, shell.sight.mark, language),
        lambda: range_chart(rows, standing, title, language),
    )
    return ForecastPage(
        **shell.fields(title),
        answer=answer(head, changed, shell, asked),
        ended=ended_before(shell, asked),
        said=t("forecast.submitted") if said else "",
        refused=t("forecast.refused", why=refused) if refused else "",
        choices=asked_choices(shell, asked),
        tiles=tiles(head, shell, asked),
        ranges=ranges,
        table=forecast_table(rows, standing, language),
        notes=notes(outlook_of(standing, asked.period), rows, language),
        **_changed_parts(changed, head, shell, asked),
        ways=_ways(head, shell, asked),
        pace=_pace(head, shell, asked),
        statements=_statements(calls, shell, asked),
        form=speak_form(shell, asked.period),
        csv_link=link("/forecast.csv", **asked.query) if shell.sight.may("export") else None,
    )


def _changed_parts(changed: Bridge | None, head: dict[str, Any] | None, shell: Shell, asked: Asked) -> dict[str, Any]:
    standing, language = shell.standing, shell.language
    t = translator(language)
    since = day(standing.history.settings.day_of(standing.as_of - WEEK), language)
    if changed is None or head is None:
        nothing = Table(t("forecast.bridge", day=since, scope=NOTHING), [], nothing=t("forecast.no_bridge"))
        return {"bridge": Drawn(since), "lines": nothing, "behind": None}
    scope = scope_name(head["scope_kind"], head["scope_id"], standing, language)
    heading = t("forecast.bridge", day=since, scope=scope)
    drawn = standing.remembered(
        ("waterfall", asked.period, asked.measure, head["scope_kind"], head["scope_id"], language),
        lambda: bridge_chart(changed, heading, since, standing, language),
    )
    parts = changed.parts.filter(pl.col("line") == asked.line)
    behind = behind_table(parts, asked.line, asked.measure, standing, language) if parts.height else None
    return {
        "bridge": drawn,
        "lines": bridge_table(changed, heading, asked.query, standing, language),
        "behind": behind,
    }


def _ways(head: dict[str, Any] | None, shell: Shell, asked: Asked) -> Table:
    """The ways of the headline's level, of which its own number is shown."""
    standing = shell.standing
    kind, scope_id = (head["scope_kind"], head["scope_id"]) if head else (COMPANY, COMPANY)
    whole = forecast_rows(standing, replace(shell.sight, people=None, scopes=None), asked.period, kind, asked.measure)
    found = [] if over(shell, asked) else asked_ways(standing, asked.period, kind, asked.measure, whole)
    if not _heard(shell, kind, scope_id, asked):
        found = [replace(way, now={}) if way.name == MANAGERS else way for way in found]
    return way_table(found, scope_id, asked.measure, standing, shell.language)


def _heard(shell: Shell, kind: str, scope_id: str, asked: Asked) -> bool:
    """Whether the reader sees everybody who spoke for the scope as a manager: what is said of one is not told one."""
    people = shell.sight.people
    if people is None:
        return True
    calls = shell.standing.history["forecast_calls"].filter(
        (pl.col("scope_kind") == kind) & (pl.col("scope_id") == scope_id) & (pl.col("period") == asked.period)
    )
    return set(calls.filter(pl.col("forecaster_kind") == "manager")["forecaster_id"]) <= people


def _pace(head: dict[str, Any] | None, shell: Shell, asked: Asked) -> str:
    """The working behind the new pipeline that it would take."""
    if head is None or asked.measure != "amount":
        return ""
    rows = pace_rows(shell.standing, shell.sight, asked.period, head["scope_kind"], asked.measure)
    own = rows.filter(pl.col("scope_id") == head["scope_id"])
    if own.is_empty():
        return ""
    name = scope_name(head["scope_kind"], head["scope_id"], shell.standing, shell.language)
    return working({**own.row(0, named=True), "scope_id": name}, shell.standing.currency, shell.language)


def _statements(calls: pl.DataFrame, shell: Shell, asked: Asked) -> Table:
    t = translator(shell.language)
    told = call_rows(calls.filter(pl.col("period") == asked.period), shell.sight, utc_now())
    held = told.filter(pl.col("holds"))
    table = statement_table(held, shell.standing, shell.language)
    return replace(table, caption=t("forecast.said", period=asked.period))
