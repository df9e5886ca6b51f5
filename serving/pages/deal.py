"""The deal page: probability, health, reasons from the typical deal, flags and what happened."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from features.feature import category_word
from serving.access import PageReader
from serving.buyers import buyers
from serving.deal_facts import DealFacts, deal_facts
from serving.flag_words import flag_text, record_text
from serving.live import standing_of
from serving.odds import odds
from serving.pages.context import Chance, DealPage, Event, Fact, RaisedFlag, Step
from serving.pages.deal_course import course
from serving.pages.deal_people import odds_notes, odds_table, people_table
from serving.pages.format import NOTHING, day, days, money, percent, points
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.reasons import Reason, ReasonGroup, grouped
from serving.standing import Standing
from serving.texts import Translator, joined, text_or, translator

router = APIRouter(include_in_schema=False)
EVENTS_SHOWN = 60
REASONS_A_STEP = 2
CODED = ("forecast_category", "kind", "segment", "loss_reason")
"""Fields whose values the canonical tables know as codes; those of other fields are the company's own words."""


@router.get("/deals/{deal_id:path}", name="deal")
def deal(request: Request, reader: PageReader, deal_id: str) -> Response:
    """One deal that the reader sees."""
    standing = standing_of(request)
    facts = deal_facts(standing, deal_id)
    reader.sight.require_deal(deal_id, facts.owner_id)
    return render(request, "deal.html", deal_page(Shell(request, standing, reader.sight), facts))


def deal_page(shell: Shell, facts: DealFacts) -> DealPage:
    """The context of the page; where the deal is closed the parts that forecast are empty."""
    standing, language = shell.standing, shell.language
    t = translator(language)
    events = facts.timeline.head(EVENTS_SHOWN).iter_rows(named=True)
    more = facts.timeline.height > EVENTS_SHOWN
    return DealPage(
        **shell.fields(facts.name or facts.deal_id),
        deal_id=facts.deal_id if facts.name else "",
        facts=told_facts(facts, standing, language),
        **_forecast_parts(facts, standing, language),
        people=people_table(buyers(standing.past, facts.deal_id, standing.as_of), standing, language),
        events=[told_event(event, standing, language) for event in events],
        more_note=t("deal.timeline_more", count=EVENTS_SHOWN) if more else "",
    )


def _forecast_parts(facts: DealFacts, standing: Standing, language: str) -> dict[str, Any]:
    t = translator(language)
    if facts.row is None:
        return _no_forecast(t("deal.closed", outcome=t(f"deal.{facts.outcome}")))
    row = facts.row
    went = course(standing, facts.deal_id, language)
    found = odds(standing, facts.deal_id)
    return {
        "closed_note": "",
        "answer": answer(facts, row, went.pop("week"), language),
        "odds": odds_table(found, language),
        "odds_notes": odds_notes(found, language),
        "win": percent(row["win_probability"]),
        "win_note": t("deal.win_meaning", typical=percent(facts.baseline)),
        "health": f"{row['health']:.0f}",
        "health_at": round(row["health"], 1),
        "band": row["band"],
        "band_label": t(f"band.{row['band']}"),
        "horizon_label": t("deal.horizon", day=day(standing.horizon_day, language)),
        "chances": chances(row, t),
        "steps": waterfall(facts.baseline, facts.reasons, language),
        "flags": [raised_flag(code, standing, language) for code in (row["flags"] or "").split()],
        "problems": [t(f"problem.{code}") for code in (row["problems"] or "").split()],
        "caveats": _caveats(facts, standing, language),
        **went,
    }


def answer(facts: DealFacts, row: dict[str, Any], week: str, language: str) -> str:
    """How the deal stands, in a sentence, and what weighs most against it."""
    t = translator(language)
    win, typical = percent(row["win_probability"]), percent(facts.baseline)
    told = [t("deal.answer", band=t(f"band.{row['band']}"), win=win, typical=typical)]
    against = [reason for reason in facts.reasons if reason.points <= -1]
    if against:
        told.append(t("deal.answer_against", reason=min(against, key=lambda one: one.points).sentence(language)))
    if week and week != points(0.0):
        told.append(t("deal.answer_moved", points=week))
    return joined(told, language)


def _no_forecast(note: str) -> dict[str, Any]:
    words = dict.fromkeys(("win", "win_note", "health", "band", "band_label", "horizon_label"), "")
    lists: dict[str, list[Any]] = {name: [] for name in ("chances", "steps", "flags", "problems", "caveats", "moved")}
    none: dict[str, Any] = {
        "curve": None,
        "moved_label": "",
        "moved_note": "",
        "odds": None,
        "odds_notes": [],
        "answer": note,
    }
    return {"closed_note": note, "health_at": 0.0, **words, **lists, **none}


def raised_flag(code: str, standing: Standing, language: str) -> RaisedFlag:
    """A flag with its track record in words; a warning only where the record says that it goes with losing."""
    record = standing.model.flag_records.get(code)
    tone = "warning" if record is not None and record.goes_with == "losing" else ""
    return RaisedFlag(flag_text(code, language), record_text(record, language), tone)


def _caveats(facts: DealFacts, standing: Standing, language: str) -> list[str]:
    t = translator(language)
    evidence = standing.scored.evidence_of(facts.deal_id)
    found = {"deal.small_data": evidence is not None, "deal.in_sample": standing.in_sample}
    told = [t(key) for key, holds in found.items() if holds]
    return [*told, evidence.sentence(language)] if evidence else told


def chances(row: dict[str, Any], t: Translator) -> list[Chance]:
    """What may be by the horizon: won, still open, lost; the three fill the track."""
    parts = (("won", "win_by_horizon"), ("open", "open_at_horizon"), ("lost", "lose_by_horizon"))
    shown, start = [], 0.0
    for kind, column in parts:
        width = 100 * row[column]
        shown.append(Chance(kind, t(f"deal.{kind}"), percent(row[column]), round(start, 2), round(width, 2)))
        start += width
    return shown


def waterfall(baseline: float, reasons: list[Reason], language: str) -> list[Step]:
    """Bars from the typical deal to this one, a bar a group; they add up. The track runs from 0 to the highest."""
    t = translator(language)
    groups = [group for group in grouped(reasons) if group.points != 0]
    levels = [100 * baseline]
    for group in groups:
        levels.append(levels[-1] + group.points)
    top = max(*levels, 1.0) * 1.04
    steps = [_total(t("deal.typical"), levels[0], top)]
    steps += [_step(group, pair, top, language) for group, pair in zip(groups, pairwise(levels), strict=True)]
    return [*steps, _total(t("deal.this"), levels[-1], top)]


def _step(group: ReasonGroup, levels: tuple[float, float], top: float, language: str) -> Step:
    t = translator(language)
    low, high = max(0.0, min(levels)), max(levels)
    shown = group.reasons[:REASONS_A_STEP]
    told = [t("reason.short", sentence=one.sentence(language), points=points(one.points)) for one in shown]
    width = max(100 * (high - low) / top, 0.4)
    kind = "up" if group.points > 0 else "down"
    return Step(group.name(language), told, points(group.points), kind, round(100 * low / top, 2), round(width, 2))


def _total(label: str, level: float, top: float) -> Step:
    return Step(label, [], percent(level / 100), "total", 0.0, round(100 * level / top, 2))


def told_facts(facts: DealFacts, standing: Standing, language: str) -> list[Fact]:
    """What is known of the deal, in the order people ask for it."""
    t = translator(language)
    row = facts.row or {}
    stage = facts.stage or NOTHING
    since = t("column.days_in_stage", days=days(row["days_in_stage"], language)) if row else ""
    told = [
        (t("column.amount"), money(facts.amount_home, standing.currency, language)),
        (t("column.stage"), t("reason.short", sentence=stage, points=since) if since else stage),
        (t("column.owner"), facts.owner_name or facts.owner_id or NOTHING),
        (t("column.team"), row.get("team", "(none)")),
        (t("deal.account"), facts.account_name or facts.account_id or NOTHING),
        (t("column.close_date"), day(facts.close_day, language)),
        (t("deal.created"), day(standing.history.settings.day_of(facts.created_at), language)),
    ]
    return [Fact(label, value) for label, value in told if value != "(none)"]


def told_event(event: dict[str, Any], standing: Standing, language: str) -> Event:
    """One change or touch as a line."""
    t = translator(language)
    when = day(standing.history.settings.day_of(event["at"]), language)
    by = standing.names.get(event["by"] or "", event["by"] or "")
    if event["kind"] == "change":
        return Event(when, "change", _told_change(event, standing, language, t), by)
    way = event["direction"]
    parts = [text_or(language, f"activity.{event['kind']}", event["kind"])]
    parts += [t(f"direction.{way}")] if way in ("in", "out") else []
    parts += [t("event.minutes", minutes=f"{event['duration_minutes']:.0f}")] if event["duration_minutes"] else []
    note = " · ".join(part for part in (event["subject"], by) if part)
    return Event(when, f"touch_{way}" if way in ("in", "out") else "touch", " · ".join(parts), note)


def _told_change(event: dict[str, Any], standing: Standing, language: str, t: Translator) -> str:
    name = event["field"]
    old, new = (_told_value(name, event[side], standing, language) for side in ("old_value", "new_value"))
    label = text_or(language, f"field.{name}", name)
    if event["new_value"] is None:
        return t("event.cleared", field=label, old=old)
    if event["old_value"] is None:
        return t("event.first", field=label, new=new)
    return t("event.change", field=label, old=old, new=new)


def _told_value(field: str, value: str | None, standing: Standing, language: str) -> str:
    if value is None:
        return NOTHING
    if field == "owner_id":
        return standing.names.get(value, value)
    if field in CODED:
        return category_word(value, language == "zh-CN", field)
    try:
        if field == "amount":
            return f"{float(value):,.0f}"
        if field == "close_date":
            return day(dt.date.fromisoformat(value[:10]), language)
    except ValueError:
        return value
    return value
