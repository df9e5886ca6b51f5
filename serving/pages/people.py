"""The pages of people: everybody's record as a forecaster, and one person with sheet, cues and goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote

import polars as pl
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from history.errors import NotAllowed
from history.fiscal import bounds, parse_period, previous, quarter_of
from indicators.accuracy import HORIZONS_DAYS, assess
from indicators.by_period import by_period
from indicators.catalogue import INDICATORS
from indicators.kinds import KINDS
from indicators.plans import Plan, plan_row
from indicators.scoring import TOTAL
from serving.access import PageCoach, PageReader
from serving.asking import one_of
from serving.charts import Bar, bars
from serving.live import Live, standing_of
from serving.pages.context import Option, Page
from serving.pages.drawn import Drawn, drawn_beside
from serving.pages.format import money
from serving.pages.people_parts import (
    cue_table,
    horizon_table,
    kind_word,
    people_table,
    period_table,
    person_link,
    plan_table,
    sheet_table,
    signed,
    statement_table,
    team_table,
)
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.pages.table import Choices, Table, choices
from serving.sight import Sight
from serving.standing import Standing
from serving.texts import joined, translator
from serving.tokens import utc_now
from serving.told import by_seen_forecasters, call_rows, cue_rows, plan_rows, scorecard_rows

router = APIRouter(include_in_schema=False)
USUAL_HORIZON = "45"


@dataclass(frozen=True)
class PeoplePage(Page):
    """Everybody who is seen, and their teams."""

    answer: str
    choices: list[Choices]
    tables: list[Table]


@dataclass(frozen=True)
class PersonPage(Page):
    """One person. `write_link` is where the form for a goal goes; "" where the reader may write none."""

    back_link: str
    answer: str
    said: str
    rules: list[str]
    accuracy: Table
    quarters: Table
    drawn: Drawn
    tables: list[Table]
    write_link: str
    indicators: list[Option]
    periods: list[Option]


@router.get("/people", name="people")
def people(request: Request, reader: PageReader, horizon: str = USUAL_HORIZON) -> Response:
    """The people that the reader sees; a rep is led to the own page."""
    standing = standing_of(request)
    sight = reader.sight
    one_of("horizon", horizon, map(str, HORIZONS_DAYS))
    if sight.people is not None and len(sight.people) == 1 and sight.rep_id:
        return RedirectResponse(person_link(sight.rep_id), status_code=303)
    return render(request, "people.html", people_page(Shell(request, standing, sight), horizon))


@router.get("/people/{rep_id:path}", name="person")
def person(request: Request, reader: PageReader, rep_id: str, written: Literal["", "1"] = "") -> Response:
    """One person who is seen."""
    reader.sight.require_person(rep_id)
    standing = standing_of(request)
    calls = calls_now(request).filter(pl.col("scope_id") == rep_id)
    page = person_page(Shell(request, standing, reader.sight), rep_id, calls, bool(written))
    return render(request, "person.html", page)


@router.post("/people/{rep_id:path}/goals")
def write_goal(
    request: Request,
    coach: PageCoach,
    rep_id: str,
    indicator: Annotated[str, Form()],
    goal: Annotated[float, Form()],
    period: Annotated[str, Form()],
    note: Annotated[str, Form()] = "",
) -> Response:
    """Writes a goal down for somebody who is seen; goals written before stay as they are."""
    coach.sight.require_person(rep_id)
    if coach.rep_id is None:
        raise NotAllowed(
            f"{coach.name[:80]} is no person of the history; a goal is written by the person or who leads the person. "
            "Ask one of them."
        )
    live: Live = request.app.state.live
    plan = Plan(rep_id, indicator, goal, period, coach.rep_id, note or None)
    live.store.append("coaching_plans", plan_row(standing_of(request).history, plan, utc_now()))
    return RedirectResponse(person_link(rep_id, written="1"), status_code=303)


def people_page(shell: Shell, horizon: str) -> PeoplePage:
    """The context of the list; raises `ParameterInvalid` for a horizon that is not offered."""
    days = {str(one): one for one in HORIZONS_DAYS}
    one_of("horizon", horizon, days)
    standing, language = shell.standing, shell.language
    t = translator(language)
    rows = own_calls(records(standing, shell.sight, "rep")).filter(pl.col("horizon_days") == days[horizon])
    teams = records(standing, shell.sight, "team").filter(pl.col("horizon_days") == days[horizon])
    kept = rows.sort(pl.col("bias_shrunk").abs(), "scope_id", descending=[True, False], nulls_last=True)
    offered = {name: t("people.days", days=name) for name in days}
    shown = teams.filter(pl.col("forecaster_kind").is_in(["manager", "rep"]))
    return PeoplePage(
        **shell.fields(t("people.title")),
        answer=answer(kept, days[horizon], standing, language),
        choices=[choices(t("people.horizon"), "/people", "horizon", offered, horizon)],
        tables=[
            people_table(kept, totals(standing, shell.sight), standing, language),
            team_table(shown, standing, language),
        ],
    )


def records(standing: Standing, sight: Sight, by: str) -> pl.DataFrame:
    """The records of statements about scopes that are seen, by forecasters who are seen, with their details."""
    rows = standing.remembered(("assess", by), lambda: assess(standing.history, standing.as_of, by))
    return by_seen_forecasters(sight.narrow_scopes(rows), sight)


def own_calls(rows: pl.DataFrame) -> pl.DataFrame:
    """What people said of themselves; what the CRM's dates imply stands in where nobody submitted a call."""
    own = rows.filter((pl.col("forecaster_kind") == "rep") & (pl.col("forecaster_id") == pl.col("scope_id")))
    keys = ["scope_id", "horizon_days"]
    submitted = own.filter(pl.col("source") == "submitted")
    implied = own.filter(pl.col("source") == "implied").join(submitted.select(keys), on=keys, how="anti")
    return pl.concat([submitted, implied])


def totals(standing: Standing, sight: Sight) -> dict[str, float]:
    """The total of each person's sheet of the last whole quarter."""
    _, sheet = scorecard_rows(standing, sight, sheet_period(standing), None)
    rows = sheet.filter((pl.col("indicator") == TOTAL) & pl.col("score").is_not_null())
    return dict(rows.select("rep_id", "score").iter_rows())


def sheet_period(standing: Standing) -> str:
    """The last quarter that is over."""
    settings = standing.history.settings
    return previous(quarter_of(standing.day, settings), settings).name


def answer(rows: pl.DataFrame, days: int, standing: Standing, language: str) -> str:
    """What was said against what came, and how many lean which way."""
    t = translator(language)
    if rows.is_empty():
        return t("people.answer_none")
    said, came = float(rows["forecast_sum"].sum()), float(rows["actual_sum"].sum())
    kinds = dict(rows.group_by("kind_of_bias").len().iter_rows())
    return t(
        "people.answer",
        days=days,
        said=money(said, standing.currency, language),
        came=money(came, standing.currency, language),
        bias=signed((said - came) / came if came else None),
        people=f"{rows.height:,}",
        optimistic=kinds.get("optimistic", 0),
        cautious=kinds.get("sandbagging", 0),
        accurate=kinds.get("accurate", 0),
        erratic=kinds.get("erratic", 0),
        unclear=kinds.get("cannot tell", 0),
    )


def person_page(shell: Shell, rep: str, calls: pl.DataFrame, written: bool) -> PersonPage:
    """The context of one person's page; `calls` are the person's statements as the store has them."""
    standing, language = shell.standing, shell.language
    t = translator(language)
    name, settings = standing.names.get(rep, rep), standing.history.settings
    rows = records(standing, shell.sight, "rep").filter((pl.col("scope_id") == rep) & (pl.col("forecaster_id") == rep))
    rows = rows.sort("source", "horizon_days", descending=[True, True])
    mine = own_calls(rows).filter(pl.col("horizon_days") == int(USUAL_HORIZON))
    period, sheet = scorecard_rows(standing, shell.sight, sheet_period(standing), None)
    _, cues = cue_rows(standing, shell.sight, None, None)
    quarters = one_by_one(standing, rep)
    drawn = standing.remembered(("drawn person", rep, language), lambda: _drawn(quarters, shell))
    told = call_rows(calls, shell.sight, utc_now())
    ends = {one: bounds(parse_period(one, settings), settings)[1] for one in told["period"].unique()}
    running = told.filter(pl.col("period").is_in([one for one, end in ends.items() if end > standing.as_of]))
    return PersonPage(
        **shell.fields(name),
        back_link="/people" if shell.sight.people is None or len(shell.sight.people) > 1 else "",
        answer=person_answer(name, mine, sheet.filter(pl.col("rep_id") == rep), period, shell),
        said=t("person.written") if written else "",
        rules=_rules(rows, language),
        accuracy=horizon_table(rows, language),
        quarters=period_table(quarters, int(USUAL_HORIZON), standing.currency, language),
        drawn=drawn,
        tables=[
            statement_table(running, standing, language),
            cue_table(cues.filter(pl.col("rep_id") == rep), period, standing.currency, language),
            plan_table(plan_rows(standing, shell.sight).filter(pl.col("rep_id") == rep), standing.currency, language),
            sheet_table(sheet.filter(pl.col("rep_id") == rep), period, standing.currency, language),
        ],
        write_link=f"/people/{quote(rep, safe='')}/goals" if shell.sight.may("coach") and shell.sight.rep_id else "",
        indicators=[Option(one.slug, one.zh if language == "zh-CN" else one.en, False) for one in INDICATORS.values()],
        periods=[Option(one, one, False) for one in _ahead(standing)],
    )


def calls_now(request: Request) -> pl.DataFrame:
    """Statements as the store has them now; where the service answers for a day in the past, those known then."""
    live: Live = request.app.state.live
    calls = live.store.read("forecast_calls")
    if live.settings.as_of is None:
        return calls
    as_of = standing_of(request).as_of
    return calls.filter((pl.col("called_at") < as_of) & (pl.col("recorded_at") < as_of))


def _ahead(standing: Standing) -> list[str]:
    """The running quarter and the next."""
    settings = standing.history.settings
    running = quarter_of(standing.day, settings)
    return [running.name, previous(running, settings, -1).name]


def one_by_one(standing: Standing, rep: str) -> pl.DataFrame:
    """A person's own calls quarter by quarter, those submitted before those implied."""
    rows = quarter_by_quarter(standing)
    own = rows.filter((pl.col("scope_id") == rep) & (pl.col("forecaster_id") == rep))
    submitted = own.filter(pl.col("source") == "submitted")
    return (submitted if submitted.height else own.filter(pl.col("source") == "implied")).sort("start")


def quarter_by_quarter(standing: Standing) -> pl.DataFrame:
    """Everybody's calls period by period at the usual horizon."""
    days = int(USUAL_HORIZON)
    return standing.remembered(("by period", days), lambda: by_period(standing.history, standing.as_of, "rep", (days,)))


def person_answer(name: str, mine: pl.DataFrame, sheet: pl.DataFrame, period: str, shell: Shell) -> str:
    """How the person calls, and the total of the sheet."""
    t, language = translator(shell.language), shell.language
    parts = [t("person.answer_none", name=name)]
    if mine.height:
        row = mine.row(0, named=True)
        told = {key: money(row[f"{column}_sum"], shell.standing.currency, language) for key, column in SUMS.items()}
        kind = kind_word(row["kind_of_bias"], language)
        bias = signed(row["bias"])
        parts = [t("person.answer", name=name, n=row["n_periods"], days=USUAL_HORIZON, bias=bias, kind=kind, **told)]
    total = sheet.filter((pl.col("indicator") == TOTAL) & pl.col("score").is_not_null())
    if total.height:
        parts.append(t("person.answer_sheet", period=period, total=f"{total['score'].item():.0f}"))
    return joined(parts, language)


SUMS = {"said": "forecast", "came": "actual"}


def _rules(rows: pl.DataFrame, language: str) -> list[str]:
    """The rule behind each kind word that is shown."""
    t = translator(language)
    shown = [KINDS[code] for code in KINDS if code in set(rows["kind_of_bias"])]
    if language == "zh-CN":
        return [t("person.rule", kind=one.zh, rule=one.rule_zh) for one in shown]
    return [t("person.rule", kind=one.en, rule=one.rule_en) for one in shown]


def _drawn(quarters: pl.DataFrame, shell: Shell) -> Drawn:
    """What came as bars, what was said as strokes."""
    t = translator(shell.language)
    currency = shell.standing.currency
    rows = [
        Bar(row["period"], row["actual"], money(row["actual"], currency, shell.language), "plain", row["forecast"])
        for row in quarters.tail(8).iter_rows(named=True)
    ]
    title = t("person.periods", days=USUAL_HORIZON)
    if not rows:
        return Drawn(title)
    return drawn_beside(title, lambda width: bars(rows, title, shell.language, width, t("person.said")))
