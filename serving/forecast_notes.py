"""What a reader of a forecast has to know beside its numbers, one sentence each, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from history.money import currencies_without_rate
from serving.correction_parts import WORDS
from serving.forecasting import Outlook
from training.attainment.correction import NONE
from training.attainment.inflow import TREES, USUAL

MOST_NAMED = 5


def notes(seen: Outlook, rows: pl.DataFrame, language: str) -> list[str]:
    """The notes on the `rows` of one level and measure of an outlook."""
    chinese = language.startswith("zh")
    return [zh if chinese else en for en, zh in _pairs(seen, rows)]


def _pairs(seen: Outlook, rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    if rows.is_empty() or seen.now.end <= seen.now.as_of:
        return
    yield from _unknown_amounts(seen, rows)
    yield from _without_quota(rows)
    if rows["past_periods"].max() == 0:
        yield (
            "No earlier period is known from this point on, so nothing is added for deals yet to come.",
            "没有可参照的往期，因此未计入尚未出现的商机。",
        )
    yield from _inflow(seen)
    yield from _corrected(seen, str(rows["measure"][0]))


def _unknown_amounts(seen: Outlook, rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    unknown = int(rows["amount_unknown"].sum())
    if not unknown or rows["measure"][0] == "count":
        return
    yield (
        f"{unknown} deals have no amount that is known; each counts with the norm of amounts won in its segment, "
        "else in its team.",
        f"{unknown} 个商机没有已知金额，按所在客群（否则按所在团队）赢单金额的常值计入。",
    )
    deals = seen.now.past["deals"].filter(pl.col("created_at") < seen.now.as_of)
    without = currencies_without_rate(seen.now.past, deals, "currency", seen.now.as_of)
    if without:
        names = ", ".join(without)
        yield f"No rate is known for {names}: amounts in it count as unknown.", f"{names} 没有汇率，其金额按未知处理。"


def _without_quota(rows: pl.DataFrame) -> Iterator[tuple[str, str]]:
    without = rows.filter(pl.col("quota").is_null())["scope_id"].to_list()
    if not without:
        return
    if len(without) == rows.height:
        yield "No quota is set here, so there are no odds.", "此处没有设定目标，因此没有达成概率。"
        return
    named = ", ".join(without[:MOST_NAMED]) + (" …" if len(without) > MOST_NAMED else "")
    yield f"No quota is set for {named}.", f"未设定目标：{named}。"


def _inflow(seen: Outlook) -> Iterator[tuple[str, str]]:
    """Which forecast of deals yet to come serves, where both were tried."""
    flow = seen.lessons.inflow
    if not flow.scores:
        return
    usual, trees = flow.scores[USUAL], flow.scores[TREES]
    if flow.used:
        yield (
            f"Deals yet to come are told from pace, people and new pipeline: in {flow.tested} earlier results their "
            f"number was missed by {trees:.0%} with it, by {usual:.0%} with what is usual alone.",
            f"尚未出现的商机按进度、人员和新增商机估计：{flow.tested} 个往期结果中，单数偏差 {trees:.0%}，"
            f"仅按往期常值为 {usual:.0%}。",
        )
        return
    yield (
        f"Deals yet to come are told from what is usual: in {flow.tested} earlier results their number was missed by "
        f"{usual:.0%}, with pace, people and new pipeline by {trees:.0%}; that was not reliably nearer.",
        f"尚未出现的商机按往期常值估计：{flow.tested} 个往期结果中，单数偏差 {usual:.0%}；"
        f"结合进度、人员和新增商机为 {trees:.0%}，并非稳定更准。",
    )


def _corrected(seen: Outlook, measure: str) -> Iterator[tuple[str, str]]:
    yield from _second_opinion(seen, measure)
    done = seen.lessons.corrections[measure]
    if not done.scores:
        yield (
            "No correction was learnt: too few earlier results of the same point to learn from how forecasts missed.",
            "未学得修正：相同时点的往期结果太少，无法从以往的偏差中学习。",
        )
        return
    before = done.scores[NONE]
    if done.used == NONE:
        best = min(value for name, value in done.scores.items() if name != NONE)
        yield (
            f"Not corrected: in {done.tested} earlier results a correction would have missed by {best:.0%}, without by "
            f"{before:.0%}.",
            f"未作修正：在 {done.tested} 个往期结果中，修正后偏差 {best:.0%}，不修正 {before:.0%}。",
        )
        return
    after = done.scores[done.used]
    en, zh = _strongest(done.parts)
    yield (
        f"Corrected by what earlier forecasts missed: in {done.tested} results the miss was {after:.0%} with it, "
        f"{before:.0%} without. It goes most by {en}.",
        f"已按以往偏差修正：{done.tested} 个往期结果中，修正后偏差 {after:.0%}，修正前 {before:.0%}。主要依据：{zh}。",
    )


def _second_opinion(seen: Outlook, measure: str) -> Iterator[tuple[str, str]]:
    """That open deals are drawn towards what came of such deals before; said wherever it changes a number."""
    if not any(factor != 1.0 for factor in seen.lessons.drawn[measure].values()):
        return
    yield (
        "Open deals are drawn in part towards what came of open deals of their stage and age in earlier periods.",
        "在途商机已部分参照往期同阶段、同账龄商机的赢单情况作了调整。",
    )


def _strongest(parts: pl.DataFrame) -> tuple[str, str]:
    """The clue that moves the scopes' forecasts most, in both languages."""
    strength = parts.group_by("clue").agg(pl.col("effect").abs().sum()).sort("effect", "clue", descending=[True, False])
    return WORDS[strength["clue"][0]]
