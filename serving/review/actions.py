"""What a review has to settle: the head of the list of deals, the gap, the stage that holds people up, open goals."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from history.errors import NoHistory
from history.fiscal import previous, quarter_of
from indicators.funnel import funnel
from indicators.plans import followed
from indicators.shortfall import shortfalls
from serving.flag_words import flag_text, share
from serving.pace import out_of_reach, pace
from serving.pages.format import money
from serving.pages.people_parts import plan_table
from serving.pages.table import Table
from serving.review.asked import Asked, people_of
from serving.review.deals import against
from serving.standing import Standing
from serving.texts import translator

if TYPE_CHECKING:
    from serving.review.page import Facts

FUNNEL_DAYS = 365


def to_do(standing: Standing, asked: Asked, found: Facts, language: str) -> list[str]:
    """Two to four sentences: deals, what is missing to the target, where it is held up, who needs help."""
    told = [_deals(standing, asked, found, language), _gap(standing, found, language)]
    worst = _bottleneck(standing, asked)
    if worst is not None:
        told.append(held_up(standing, asked, language)[0])
    told.append(_short(standing, asked, language))
    return [sentence for sentence in told if sentence]


def _deals(standing: Standing, asked: Asked, found: Facts, language: str) -> str:
    t = translator(language)
    if found.deals.is_empty():
        return t("review.do_no_deals", period=asked.period)
    first = found.deals.row(0, named=True)
    flags = [flag_text(code, language) for code in (first["flags"] or "").split()]
    reasons = flags or against(standing, first["deal_id"], language)
    values = {
        "period": asked.period,
        "count": f"{found.deals.height:,}",
        "value": money(float(found.deals["amount_home"].fill_null(0.0).sum()), standing.currency, language),
        "name": first["name"] or first["deal_id"],
        "why": t("review.because", reason=reasons[0]) if reasons else "",
    }
    return t("review.do_deals_one" if found.deals.height == 1 else "review.do_deals", **values)


def _gap(standing: Standing, found: Facts, language: str) -> str:
    t, head = translator(language), found.head
    if head["quota"] is None or head["quota"] <= head["mean"]:
        return ""
    gap = money(head["quota"] - head["mean"], standing.currency, language)
    rows = pace(found.seen, head["scope_kind"]).filter(pl.col("scope_id") == head["scope_id"])
    needed = rows["required_new_pipeline"][0] if rows.height else None
    far = rows.height and out_of_reach(rows.row(0, named=True))
    if needed is None or found.seen.now.end <= standing.as_of:
        return t("review.do_gap_only", gap=gap)
    told = {"gap": gap, "needed": money(needed, standing.currency, language), "period": found.seen.period.name}
    return t("review.do_gap_far" if far else "review.do_gap", **told)


def _short(standing: Standing, asked: Asked, language: str) -> str:
    settings = standing.history.settings
    over = previous(quarter_of(standing.day, settings), settings).name
    try:
        rows = standing.remembered(("shortfalls", over), lambda: shortfalls(standing.history, over, standing.as_of))
    except NoHistory:
        return ""
    names = [row["name"] or row["rep_id"] for row in rows.iter_rows(named=True) if _in(standing, asked, row)]
    if not names:
        return ""
    return translator(language)("review.do_short", names=("、" if language == "zh-CN" else ", ").join(names))


def _in(standing: Standing, asked: Asked, row: dict[str, Any]) -> bool:
    return row["rep_id"] in people_of(standing, asked)


def held_up(standing: Standing, asked: Asked, language: str) -> list[str]:
    """Where the scope is held up in sentences, with its size; one sentence where nothing stands out."""
    t = translator(language)
    worst = _bottleneck(standing, asked)
    if worst is None:
        return [t("review.even")]
    who = worst["group"]
    own = {"stage": worst["stage"], "own": share(worst["onward"]), "others": share(worst["others_onward"])}
    first = (
        t("review.held_up", **own)
        if asked.scope_id is not None
        else t("funnel.answer_held", group=standing.names.get(who, who), short=f"{worst['wins_short']:.0f}", **own)
    )
    size = {name: f"{worst[key]:.1f}" for name, key in _SIZE.items()}
    return [first, t("review.funnel_size", ended=f"{worst['ended']:,}", **size)]


_SIZE = {"short": "wins_short", "low": "wins_short_p10", "high": "wins_short_p90"}


def _bottleneck(standing: Standing, asked: Asked) -> dict[str, Any] | None:
    """The row of the funnel that costs the scope, or anybody in the company, most wins; None where none does."""
    by = asked.level if asked.level != "company" else "team"
    rows = standing.remembered(("review funnel", by), lambda: _stays(standing, by))
    held = rows.filter(pl.col("bottleneck")).rename({by: "group"})
    if asked.scope_id is not None:
        held = held.filter(pl.col("group") == asked.scope_id)
    return held.sort("wins_short", descending=True).row(0, named=True) if held.height else None


def _stays(standing: Standing, by: str) -> pl.DataFrame:
    start = standing.history.settings.start_of(standing.day - dt.timedelta(days=FUNNEL_DAYS))
    return funnel(standing.history, start, standing.as_of, standing.as_of, [by])


def goals(standing: Standing, asked: Asked, language: str) -> Table:
    """Goals of the people in the scope and how they stand, the newest first."""
    rows = standing.remembered(("plans",), lambda: followed(standing.history, standing.as_of))
    mine = rows.filter(pl.col("rep_id").is_in(people_of(standing, asked)))
    found = plan_table(mine, standing.currency, language)
    return Table(translator(language)("review.actions"), found.heads, found.rows, found.note, found.nothing)
