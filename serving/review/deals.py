"""Which deals a review should talk about, and what there is to say of each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from serving.board import RISKY
from serving.flag_words import flag_text
from serving.pages.format import day, days, money, percent
from serving.standing import Standing
from serving.texts import translator

MOST_DEALS, MOST_REASONS = 8, 3
LEAST_POINTS = 0.5


@dataclass(frozen=True)
class DealCard:
    """One deal to talk about, ready to read. `tone` is its band."""

    name: str
    about: str
    figures: str
    band: str
    tone: str
    reasons: list[str]
    flags: str


def at_stake(board: pl.DataFrame, end: dt.date) -> pl.DataFrame:
    """Deals at risk that are dated before `end`, those first for which most is at stake: amount times the chance that
    they are not won in time. A deal without an amount comes after all others."""
    stake = (pl.col("amount_home") * (1 - pl.col("win_by_horizon"))).fill_null(0.0)
    dated = pl.col("close_day").is_not_null() & (pl.col("close_day") < end)
    risky = board.filter(pl.col("band").is_in(RISKY) & dated)
    return risky.sort(stake, "deal_id", descending=[True, False])


def cards(standing: Standing, rows: pl.DataFrame, language: str) -> list[DealCard]:
    """A card for each of the first rows."""
    return [_card(standing, row, language) for row in rows.head(MOST_DEALS).iter_rows(named=True)]


def against(standing: Standing, deal_id: str, language: str) -> list[str]:
    """What speaks against a deal beside the typical one at its stage, in sentences, the largest first."""
    t = translator(language)
    _, reasons = standing.scored.reasons_of(deal_id)
    kept = [reason for reason in reasons if reason.points <= -LEAST_POINTS][:MOST_REASONS]
    return [
        t("reason.short", sentence=one.sentence(language), points=f"{one.points:+.0f}".replace("-", "−"))
        for one in kept
    ]


def _card(standing: Standing, row: dict[str, Any], language: str) -> DealCard:
    t = translator(language)
    flags = [flag_text(code, language) for code in (row["flags"] or "").split()]
    about = [row["account_name"], row["owner_name"] or row["owner_id"], row["stage"]]
    return DealCard(
        name=row["name"] or row["deal_id"],
        about=" · ".join(one for one in about if one),
        figures=t(
            "review.deal_figures",
            amount=money(row["amount_home"], standing.currency, language),
            chance=percent(row["win_by_horizon"]),
            end=day(standing.horizon_day - dt.timedelta(days=1), language),
            close=day(row["close_day"], language),
            stay=days(row["days_in_stage"], language),
        ),
        band=t(f"band.{row['band']}"),
        tone=row["band"],
        reasons=against(standing, row["deal_id"], language),
        flags=("、" if language == "zh-CN" else ", ").join(flags),
    )
