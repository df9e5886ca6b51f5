"""The parts of the deal page about people and odds: who is on the deal, and how deals like it fare."""

from __future__ import annotations

from serving.buyers import Buyer, Buyers
from serving.odds import Odds, Outlook
from serving.pages.format import day, percent, points
from serving.pages.table import Cell, Head, Row, Table, num
from serving.standing import Standing
from serving.texts import Translator, text_or, translator


def people_table(found: Buyers, standing: Standing, language: str) -> Table:
    """The buyer's people with role and last touch, and which key roles are missing."""
    t = translator(language)
    missing = _listed([_role(role, language, t) for role in found.missing], language)
    roles = found.covered + len(found.missing)
    note = t("deal.people_note", covered=found.covered, roles=roles, missing=missing)
    heads = [Head(t("deal.person")), Head(t("deal.role")), Head(t("deal.last_touch")), num(t("deal.touches"))]
    return Table(
        t("deal.people"),
        heads,
        [_person(one, standing, language) for one in found.people],
        note if found.missing else t("deal.people_all", roles=roles),
        t("deal.nobody", missing=missing),
    )


def _person(one: Buyer, standing: Standing, language: str) -> Row:
    t = translator(language)
    day_of = standing.history.settings.day_of
    touched = day(day_of(one.last_touch), language) if one.last_touch else t("deal.never")
    return Row(
        [
            Cell(one.contact_id),
            Cell(_role(one.role, language, t), tone="bad" if one.role == "blocker" else ""),
            Cell(touched, tone="" if one.last_touch else "quiet"),
            Cell(f"{one.touches:,}"),
        ]
    )


def _role(role: str | None, language: str, t: Translator) -> str:
    return text_or(language, f"role.{role}", role) if role else t("role.unknown")


def odds_table(found: Outlook, language: str) -> Table:
    """What goes with other odds, the largest first."""
    t = translator(language)
    heads = [Head(t("odds.lever")), num(t("odds.chance")), num(t("odds.points"), t("odds.points_unit"))]
    heads.append(num(t("odds.deals")))
    rows = [_odds(one, t) for one in found.changes]
    return Table(t("odds.title"), heads, rows, t("odds.note"), t("odds.nothing"))


def _odds(one: Odds, t: Translator) -> Row:
    spread = t("odds.range", low=percent(one.low), high=percent(one.high))
    return Row(
        [
            Cell(t(f"lever.{one.code}")),
            Cell(percent(one.chance), spread),
            Cell(points(one.points), tone="good" if one.points > 0 else "bad"),
            Cell(f"{one.deals:,}"),
        ]
    )


def odds_notes(found: Outlook, language: str) -> list[str]:
    """What holds already, and what nothing can be said of."""
    t = translator(language)
    parts = (("odds.held", found.held), ("odds.unsupported", found.unsupported))
    return [t(key, levers=_listed([t(f"lever.{one}") for one in codes], language)) for key, codes in parts if codes]


def _listed(words: list[str], language: str) -> str:
    return ("、" if language == "zh-CN" else ", ").join(words)
