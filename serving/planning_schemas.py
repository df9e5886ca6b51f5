"""What the API takes and gives about the course of a period: what changed, pace, linearity, statements."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from serving.fields import Answer, Question, Utc, canonical, described, measured

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


class StatementIn(Question):
    """What a person says of a period. At least one of the three values; they rise from commit to best case."""

    period: str = described("the period, such as 2026Q4, 2026-11, 2026H2 or 2026", max_length=40)
    scope: str | None = described("what it is about, such as team:North; the speaker if left out", None, max_length=200)
    measure: Literal["amount", "count"] = described("amount or count of deals", "amount")
    commit: float | None = measured("what is promised", MEASURED, None)
    most_likely: float | None = measured("what is most likely", MEASURED, None)
    best_case: float | None = measured("what is possible if all goes well", MEASURED, None)
    note: str | None = described("why, in the speaker's words", None, max_length=2000)


class CallOut(Answer):
    """One statement as it was said."""

    scope_kind: str = canonical("forecast_calls", "scope_kind")
    scope_id: str = canonical("forecast_calls", "scope_id")
    period: str = canonical("forecast_calls", "period")
    called_at: Utc = canonical("forecast_calls", "called_at")
    forecaster_kind: str = canonical("forecast_calls", "forecaster_kind")
    forecaster_id: str = canonical("forecast_calls", "forecaster_id")
    category: str = canonical("forecast_calls", "category")
    measure: str = canonical("forecast_calls", "measure")
    value: float = canonical("forecast_calls", "value")
    note: str | None = canonical("forecast_calls", "note")
    holds: bool = described("whether this forecaster has said nothing later of this scope, category and measure")


class CallsAnswer(Answer):
    """Statements about periods."""

    calls: list[CallOut] = described("one per statement")


class PaceRow(Answer):
    """How a scope is coming along in a period, and what it would take."""

    scope_kind: str = described("rep, team, region, product_line, segment or company")
    scope_id: str = described("which one")
    period: str = described("the period")
    as_of: Utc = described("the moment up to which history was known, UTC")
    measure: Literal["amount", "count"] = described("what is counted")
    day: int = measured("how much of the period has passed", "days")
    days: int = measured("length of the period", "days")
    booked: float = measured("won in the period so far", MEASURED)
    same_day_mean: float | None = measured("booked on the same day of earlier periods, on average", MEASURED)
    same_day_low: float | None = measured("the lowest of these", MEASURED)
    same_day_high: float | None = measured("the highest of these", MEASURED)
    same_day_last_year: float | None = measured("booked on the same day a year before", MEASURED)
    pace: float | None = measured("booked over what was booked on the same day on average", "fraction")
    usual_share_booked: float | None = measured("part of earlier results that was booked by this day", "fraction")
    periods: int = measured("earlier periods compared with", "periods")
    quota: float | None = measured("target in force", MEASURED)
    mean: float = measured("expected total", MEASURED)
    gap: float | None = measured("target less expected total; below 0 when more is expected", MEASURED)
    coverage: float | None = measured("open pipeline dated in the period over what is missing to the target", "ratio")
    conversion: float | None = measured("part of new pipeline that has been won by now", "fraction")
    conversion_deals: int = measured("deals behind the conversion", "deals")
    closing_share: float | None = measured("part of these wins that came within the period", "fraction")
    closing_wins: int = measured("wins behind the closing share", "deals")
    closing_within: int = measured("of these, wins within the period", "deals")
    factors_of: Literal["own", "company"] = described("whose conversion and closing share these are")
    usual_new_pipeline: float | None = measured("created from this day on in earlier periods, on average", MEASURED)
    most_new_pipeline: float | None = measured("the most of these in one period", MEASURED)
    required_new_pipeline: float | None = measured(
        "to be created beyond the usual to close the gap: gap / (conversion × closing share)", MEASURED
    )
    working_en: str = described("the working in English")
    working_zh: str = described("the working in Chinese")


class PaceAnswer(Answer):
    """Pace, gap and required new pipeline."""

    model_version: str = described("which model said what is expected")
    pace: list[PaceRow] = described("one row per scope")


class LinearityRow(Answer):
    """One part of a past period."""

    scope_kind: str = described("rep, team, region, product_line, segment or company")
    scope_id: str = described("which one")
    period: str = described("the period, or (all) for all of them together")
    measure: Literal["amount", "count"] = described("what is counted")
    part: Literal["month", "week"] = described("what the period is parted into")
    number: int = measured("which part, from 1", "number")
    first_day: dt.date | None = described("the part's first day; null for all periods together")
    end_day: dt.date | None = described("the day after its last; null for all periods together")
    won: float = measured("won in this part", MEASURED)
    total: float = measured("won in the whole period", MEASURED)
    share: float | None = measured("won in this part over the whole; null where nothing was won", "fraction")
    wins: int = measured("wins in this part", "deals")
    blank_wins: int = measured("of these, wins without a known amount; they add nothing to won", "deals")


class LinearityAnswer(Answer):
    """How past periods' wins were spread."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    linearity: list[LinearityRow] = described("one row per scope, period and part")


class CorrectionRow(Answer):
    """What one clue does to a scope's forecast."""

    scope_kind: str = described("rep, team, region, product_line, segment, company or own level")
    scope_id: str = described("which one")
    period: str = described("the period, such as 2026Q4, 2026-11, 2026H2 or 2026")
    measure: Literal["amount", "count"] = described("what is counted")
    clue: str = described("what the correction goes by, as a name that stays")
    clue_en: str = described("the same in English")
    clue_zh: str = described("the same in Chinese")
    effect: float = measured("by how much it moves the expected total", MEASURED)


class CorrectionAnswer(Answer):
    """Per scope what adds up to its expected total less `before_correction`; empty where nothing was corrected."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    correction: list[CorrectionRow] = described("one row per scope and clue, the strongest first")
