"""The forecast page: where a period lands against its target, what changed, the other ways, and what people say."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from history.errors import DateInvalid, DealcastError, DealUnknown, NoHistory, RequestInvalid
from history.fiscal import bounds, parse_period, previous, quarter_of
from history.scopes import COMPANY, parse_scope, scope_kinds
from serving.access import PageExporter, PageReader, PageSpeaker
from serving.bridge import Bridge, bridge, must_follow, pair_of
from serving.bridge_words import only
from serving.csv_text import csv_text
from serving.deeds import PROGRAM
from serving.flag_words import share
from serving.forecast_notes import notes
from serving.forecasting import Outlook, outlook
from serving.live import Live, standing_of
from serving.pace_words import working
from serving.pages.context import Page
from serving.pages.forecast_parts import (
    behind_table,
    bridge_charts,
    bridge_table,
    forecast_table,
    range_charts,
    scope_name,
    way_table,
)
from serving.pages.format import NOTHING, day, percent
from serving.pages.people import calls_now
from serving.pages.people_parts import signed, statement_table, told_measure
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.pages.speaking import MEASURES, SpeakForm, number, speak_form
from serving.pages.table import Choices, Table, Tile, choices, link
from serving.score_history import WEEK
from serving.sight import Sight
from serving.standing import Standing
from serving.submissions import Statement, submit
from serving.texts import joined, text_or, translator
from serving.tokens import utc_now
from serving.told import call_rows, forecast_rows, pace_rows
from serving.ways import MANAGERS, Way, ways

router = APIRouter(include_in_schema=False)
WIDEST_FIRST = (COMPANY, "region", "team", "rep")


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a period, a level, a measure, and a line of what changed to open."""

    period: str
    by: str
    measure: str
    line: str = ""

    @property
    def query(self) -> dict[str, str | None]:
        """The same for a link of this page."""
        return {"period": self.period, "by": self.by, "measure": self.measure}


@dataclass(frozen=True)
class Drawn:
    """A chart in two widths with its heading."""

    heading: str
    wide: Markup
    narrow: Markup


@dataclass(frozen=True)
class ForecastPage(Page):
    """Everything about one period: the answer first."""

    answer: str
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
    said: str = "",
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


def asked_of(shell: Shell, period: str, by: str, measure: str, line: str) -> Asked:
    """What is asked for, with what is left out filled in; raises `RequestInvalid` or `DateInvalid`."""
    settings = shell.standing.history.settings
    levels = offered_levels(shell)
    name = parse_period(period, settings).name if period else quarter_of(shell.standing.day, settings).name
    wanted = by or next((one for one in ("team", "rep") if one in levels), levels[0])
    if wanted not in levels:
        raise RequestInvalid(f"forecast by {by[:40]!r} is not offered; expected one of {', '.join(levels)}.")
    if measure not in MEASURES:
        raise RequestInvalid(f"measure {measure[:40]!r} is not known; expected amount or count.")
    return Asked(name, wanted, measure, line)


def offered_levels(shell: Shell) -> list[str]:
    """Levels of which the reader sees a scope."""
    kinds = scope_kinds(shell.standing.history.settings)
    scopes = shell.sight.scopes
    return [kind for kind in kinds if scopes is None or any(kind == seen for seen, _ in scopes)]


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
        lambda: range_charts(rows, standing, title, language),
    )
    seen = standing.remembered(
        ("outlook", asked.period), lambda: outlook(standing.history, standing.model, asked.period, standing.as_of)
    )
    return ForecastPage(
        **shell.fields(title),
        answer=answer(head, changed, shell, asked),
        said=t("forecast.submitted") if said else "",
        refused=t("forecast.refused", why=refused) if refused else "",
        choices=_choices(shell, asked),
        tiles=tiles(head, shell, asked),
        ranges=Drawn(t("forecast.table"), *ranges),
        table=forecast_table(rows, standing, language),
        notes=notes(seen, rows, language),
        **_changed_parts(changed, head, shell, asked),
        ways=_ways(seen, head, shell, asked),
        pace=_pace(head, shell, asked),
        statements=_statements(calls, shell, asked),
        form=speak_form(shell),
        csv_link=link("/forecast.csv", **asked.query) if shell.sight.may("export") else None,
    )


def ahead(standing: Standing, period: str) -> None:
    """Works out what the page of a period asks whatever its reader sees, so that no reader waits for it."""
    whole = Sight(PROGRAM, None, frozenset())
    seen = standing.remembered(
        ("outlook", period), lambda: outlook(standing.history, standing.model, period, standing.as_of)
    )
    rows = {kind: forecast_rows(standing, whole, period, kind, "amount") for kind in WIDEST_FIRST}
    for kind in (COMPANY, "team"):
        pace_rows(standing, whole, period, kind, "amount")
        asked_ways(standing, seen, period, kind, "amount", rows[kind])
    changed(standing, period, COMPANY, "amount")


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


def changed(standing: Standing, period: str, kind: str, measure: str) -> Bridge:
    """What changed since a week before in every scope of a level."""
    days = (standing.as_of - WEEK, standing.as_of)
    must_follow(standing.history, days)
    pair = standing.remembered(("pair", period, days), lambda: _pair(standing, period, days))
    return standing.remembered(("bridge", period, kind, measure), lambda: bridge(pair, kind, measure))


def _pair(standing: Standing, period: str, days: tuple[dt.datetime, dt.datetime]) -> Any:
    first, last = standing.model_at(days[0]), standing.model_at(days[1])
    same = (first.version, first.trained_as_of) == (last.version, last.trained_as_of)
    found = pair_of(standing.history, (last if same else first, last), period, days)
    last_seen = standing.remembered(("outlook", period), lambda: found.last)
    return replace(found, last=last_seen)


def answer(head: dict[str, Any] | None, changed: Bridge | None, shell: Shell, asked: Asked) -> str:
    """Where the widest scope lands, against what target and with what chance, and how it stood a week ago."""
    t, language = translator(shell.language), shell.language
    if head is None:
        return t("forecast.answer_none")

    def told(value: float | None) -> str:
        return told_measure(value, asked.measure, shell.standing.currency, language)

    scope = scope_name(head["scope_kind"], head["scope_id"], shell.standing, t)
    if _over(shell, asked):
        return t("forecast.answer_over", scope=scope, mean=told(head["mean"]))
    parts = [t("forecast.answer", scope=scope, mean=told(head["mean"]), low=told(head["p10"]), high=told(head["p90"]))]
    if head["quota"] is None:
        parts.append(t("forecast.answer_no_quota"))
    else:
        odds = {"attainment": share(head["attainment"]), "chance": percent(head["p_attain"])}
        parts.append(t("forecast.answer_quota", quota=told(head["quota"]), **odds))
    if changed is not None and changed.lines.height:
        before = changed.lines["mean_from"][0]
        change = signed((head["mean"] - before) / before if before else None)
        parts.append(t("forecast.answer_changed", before=told(before), change=change))
    return joined(parts, language)


def _over(shell: Shell, asked: Asked) -> bool:
    settings = shell.standing.history.settings
    return bounds(parse_period(asked.period, settings), settings)[1] <= shell.standing.as_of


def _choices(shell: Shell, asked: Asked) -> list[Choices]:
    t = translator(shell.language)
    settings = shell.standing.history.settings
    running = quarter_of(shell.standing.day, settings)
    names = [previous(running, settings, back).name for back in (1, 0, -1)]
    periods = {name: name for name in dict.fromkeys([*names, asked.period])}
    levels = {kind: text_or(shell.language, f"by.{kind}", kind) for kind in offered_levels(shell)}
    measures = {name: t(f"measure.{name}") for name in MEASURES}
    return [
        choices(t("forecast.period"), "/forecast", "period", periods, asked.period, **_without(asked, "period")),
        choices(t("forecast.by"), "/forecast", "by", levels, asked.by, **_without(asked, "by")),
        choices(t("forecast.measure"), "/forecast", "measure", measures, asked.measure, **_without(asked, "measure")),
    ]


def _without(asked: Asked, name: str) -> dict[str, str | None]:
    return {key: value for key, value in asked.query.items() if key != name}


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


def _changed_parts(changed: Bridge | None, head: dict[str, Any] | None, shell: Shell, asked: Asked) -> dict[str, Any]:
    standing, language = shell.standing, shell.language
    t = translator(language)
    since = day(standing.history.settings.day_of(standing.as_of - WEEK), language)
    if changed is None or head is None:
        nothing = Table(t("forecast.bridge", day=since, scope=NOTHING), [], nothing=t("forecast.no_bridge"))
        return {"bridge": Drawn("", Markup(), Markup()), "lines": nothing, "behind": None}
    scope = scope_name(head["scope_kind"], head["scope_id"], standing, t)
    heading = t("forecast.bridge", day=since, scope=scope)
    drawn = standing.remembered(
        ("waterfall", asked.period, asked.measure, head["scope_kind"], head["scope_id"], language),
        lambda: bridge_charts(changed, heading, since, standing, language),
    )
    parts = changed.parts.filter(pl.col("line") == asked.line)
    behind = behind_table(parts, asked.line, asked.measure, standing, language) if parts.height else None
    return {
        "bridge": Drawn(heading, *drawn),
        "lines": bridge_table(changed, heading, asked.query, standing, language),
        "behind": behind,
    }


def _ways(seen: Outlook, head: dict[str, Any] | None, shell: Shell, asked: Asked) -> Table:
    """The ways of the headline's level, of which its own number is shown."""
    standing = shell.standing
    kind, scope_id = (head["scope_kind"], head["scope_id"]) if head else (COMPANY, COMPANY)
    whole = forecast_rows(standing, replace(shell.sight, people=None, scopes=None), asked.period, kind, asked.measure)
    found = [] if _over(shell, asked) else asked_ways(standing, seen, asked.period, kind, asked.measure, whole)
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


def asked_ways(
    standing: Standing, seen: Outlook, period: str, kind: str, measure: str, rows: pl.DataFrame
) -> list[Way]:
    """The ways of a level; `rows` are the forecast of all its scopes."""
    ours = dict(rows.select("scope_id", "mean").iter_rows())
    return standing.remembered(("ways", period, kind, measure), lambda: ways(seen, kind, measure, ours))


def _pace(head: dict[str, Any] | None, shell: Shell, asked: Asked) -> str:
    """The working behind the new pipeline that it would take."""
    if head is None or asked.measure != "amount":
        return ""
    rows = pace_rows(shell.standing, shell.sight, asked.period, head["scope_kind"], asked.measure)
    own = rows.filter(pl.col("scope_id") == head["scope_id"])
    if own.is_empty():
        return ""
    name = scope_name(head["scope_kind"], head["scope_id"], shell.standing, translator(shell.language))
    return working({**own.row(0, named=True), "scope_id": name}, shell.standing.currency, shell.language)


def _statements(calls: pl.DataFrame, shell: Shell, asked: Asked) -> Table:
    t = translator(shell.language)
    told = call_rows(calls.filter(pl.col("period") == asked.period), shell.sight, utc_now())
    held = told.filter(pl.col("holds"))
    table = statement_table(held, shell.standing, shell.language)
    return replace(table, caption=t("forecast.said", period=asked.period))
