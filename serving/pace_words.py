"""The working behind required new pipeline, as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serving.flag_words import share
from serving.pace import out_of_reach
from serving.pages.format import money, three_figures
from serving.texts import translator


def working(row: Mapping[str, Any], currency: str, language: str) -> str:
    """What a scope is missing and what it would take, with each factor and the number behind it."""
    t = translator(language)
    if row["gap"] is None:
        return t("pace.no_quota", scope=row["scope_id"])
    if row["gap"] <= 0:
        return t("pace.enough", scope=row["scope_id"])

    def told(value: float | None) -> str:
        if value is None or row["measure"] == "amount":
            return money(value, currency, language)
        return three_figures(value)

    if row["day"] >= row["days"]:
        return t("pace.over", scope=row["scope_id"], gap=told(row["gap"]))
    if row["required_new_pipeline"] is None:
        return t("pace.unknown", scope=row["scope_id"], gap=told(row["gap"]))
    return t(
        "pace.out_of_reach" if out_of_reach(row) else "pace.working",
        period=row["period"],
        most=told(row["most_new_pipeline"]),
        scope=row["scope_id"],
        gap=told(row["gap"]),
        conversion=share(row["conversion"]),
        deals=f"{row['conversion_deals']:,}",
        whose=t("pace.company") if row["factors_of"] == "company" and row["scope_kind"] != "company" else "",
        share=share(row["closing_share"]),
        within=f"{row['closing_within']:,}",
        wins=f"{row['closing_wins']:,}",
        usual=told(row["usual_new_pipeline"]),
        required=told(row["required_new_pipeline"]),
    )
