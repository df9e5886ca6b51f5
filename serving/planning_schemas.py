"""What the API takes and gives about the course of a period: what changed, pace, linearity, statements."""

from __future__ import annotations

from typing import Literal

from serving.fields import Answer, Utc, described, measured

MEASURED = "workspace currency or deals"


class ChangedDeal(Answer):
    """One deal behind a line, as it stood on the two days."""

    line: str = described("the line it is part of")
    deal_id: str = described("the deal")
    from_state: str = described("on the first day: unknown, open, booked, lost, won_before or slipped")
    to_state: str = described("on the last day: open, booked, lost, won_before or slipped")
    from_amount: float | None = measured("amount on the first day, null when unknown", "workspace currency")
    to_amount: float | None = measured("amount on the last day, null when unknown", "workspace currency")
    from_chance: float = measured("chance on the first day to be won within the period", "probability")
    to_chance: float = measured("chance on the last day to be won within the period", "probability")
    from_close_date: Utc | None = described("expected close date on the first day, UTC")
    to_close_date: Utc | None = described("expected close date on the last day, UTC")
    from_scope: str | None = described("the scope it counted for on the first day")
    to_scope: str | None = described("the scope it counted for on the last day")
    contribution: float = measured("what it adds to the line", MEASURED)
    before_en: str = described("what stood before, in English")
    before_zh: str = described("what stood before, in Chinese")
    after_en: str = described("what stands after, in English")
    after_zh: str = described("what stands after, in Chinese")


class ChangedLine(Answer):
    """One line of what changed."""

    line: str = described("won, lost, created, pulled_in, pushed_out, amount_up, re_scored, still_to_come and so on")
    en: str = described("its name in English")
    zh: str = described("its name in Chinese")
    deals: int = measured("deals behind it", "deals")
    contribution: float = measured("what it adds to the expected result", MEASURED)


class ChangedScope(Answer):
    """One scope: the expected result of the first day plus the lines is that of the last day."""

    scope_id: str = described("which one")
    mean_from: float = measured("expected result on the first day", MEASURED)
    mean_to: float = measured("expected result on the last day", MEASURED)
    lines: list[ChangedLine] = described("the lines that moved")
    deals: list[ChangedDeal] = described("the deals behind the lines, where asked for")


class ChangedAnswer(Answer):
    """What changed in a period's forecast between two days."""

    scope_kind: str = described("rep, team, region, product_line, segment or company")
    period: str = described("the period")
    from_day: Utc = described("the first day's start, UTC")
    to_day: Utc = described("the last day's start, UTC")
    measure: Literal["amount", "count"] = described("what is counted")
    from_model: str = described("the model that served the first day")
    to_model: str = described("the model that serves the last day")
    scopes: list[ChangedScope] = described("one per scope")
