"""What the API takes and gives. Every field says its meaning and unit; instants are UTC, fractions are not percent."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from serving.fields import Answer, Instant, Question, Utc, canonical, described, measured


class ChangeIn(Question):
    """One change of one field of a deal."""

    changed_at: Instant = canonical("deal_changes", "changed_at")
    field: str = canonical("deal_changes", "field", min_length=1, max_length=200)
    old_value: str | None = canonical("deal_changes", "old_value", None)
    new_value: str | None = canonical("deal_changes", "new_value", None)
    recorded_at: Instant | None = canonical("deal_changes", "recorded_at", None)
    changed_by: str | None = canonical("deal_changes", "changed_by", None)


class ActivityIn(Question):
    """One touch on a deal."""

    activity_id: str = canonical("activities", "activity_id", min_length=1, max_length=200)
    happened_at: Instant = canonical("activities", "happened_at")
    kind: Literal["call", "email", "meeting", "visit", "demo", "message", "review", "task"] = canonical(
        "activities", "kind"
    )
    account_id: str | None = canonical("activities", "account_id", None)
    rep_id: str | None = canonical("activities", "rep_id", None)
    contact_id: str | None = canonical("activities", "contact_id", None)
    direction: Literal["in", "out"] | None = canonical("activities", "direction", None)
    duration_minutes: float | None = canonical("activities", "duration_minutes", None, ge=0)
    opened: bool | None = canonical("activities", "opened", None)
    replied: bool | None = canonical("activities", "replied", None)
    effective: bool | None = canonical("activities", "effective", None)
    channel: Literal["online", "onsite"] | None = canonical("activities", "channel", None)
    subject: str | None = canonical("activities", "subject", None)
    recorded_at: Instant | None = canonical("activities", "recorded_at", None)


class ContactIn(Question):
    """One person on a deal."""

    contact_id: str = canonical("contacts", "contact_id", min_length=1, max_length=200)
    role: str | None = canonical("contacts", "role", None)
    added_at: Instant = canonical("contacts", "added_at")
    recorded_at: Instant | None = canonical("contacts", "recorded_at", None)


class DealIn(Question):
    """One deal with its own history. It is scored among the workspace's history and changes nothing of it."""

    deal_id: str = canonical("deals", "deal_id", min_length=1, max_length=200)
    created_at: Instant = canonical("deals", "created_at")
    name: str | None = canonical("deals", "name", None)
    currency: str | None = canonical("deals", "currency", None, max_length=3)
    source: str | None = canonical("deals", "source", None)
    account_id: str | None = canonical("deals", "account_id", None)
    recorded_at: Instant | None = canonical("deals", "recorded_at", None)
    changes: list[ChangeIn] = described("changes of its fields, in any order", min_length=1, max_length=5_000)
    activities: list[ActivityIn] = described("touches on it", [], max_length=5_000)
    contacts: list[ContactIn] = described("people on it", [], max_length=500)


class ScoreRequest(Question):
    """One or more deals to score."""

    as_of: dt.date | None = described(
        "the day before whose start history counts as known, in the workspace's time zone; if left out, the service's",
        None,
    )
    horizon: dt.date | None = described(
        "the day, exclusive, up to which `win_by_horizon` looks; the end of the fiscal quarter if left out", None
    )
    deals: list[DealIn] = described("the deals", min_length=1, max_length=200)


class ReasonOut(Answer):
    """One reason for a win probability, as a share of the distance from the typical deal."""

    code: str = described("neutral name of the reason")
    points: float = measured("how far it moves the win probability", "percentage points")
    en: str = described("the reason as a sentence in English")
    zh: str = described("the reason as a sentence in Chinese")


class FlagRecordOut(Answer):
    """What became of past deals with a flag and without it, by replay at the training of the model."""

    threshold: float = measured("where the flag was raised", "the feature's own")
    horizon_days: int = measured("within which a deal counts as won", "days")
    deals_flagged: int = measured("distinct past deals flagged", "deals")
    deals_other: int = measured("distinct past deals not flagged at some date", "deals")
    rows_flagged: int = measured("past deals flagged, times weekly dates", "rows")
    rows_other: int = measured("past deals not flagged, times weekly dates", "rows")
    won_flagged: float | None = measured("of the flagged, won", "fraction")
    won_other: float | None = measured("of the others, won", "fraction")
    lift: float | None = measured("won_flagged over won_other; below 1, fewer of the flagged were won", "ratio")
    lift_low: float | None = measured("lower end of its 90 % interval over resampled deals", "ratio")
    lift_high: float | None = measured("upper end of it", "ratio")
    won_same_stage: float | None = measured("of the others, won, weighted to the stages of the flagged", "fraction")
    lift_same_stage: float | None = measured("won_flagged over won_same_stage", "ratio")
    lift_same_stage_low: float | None = measured("lower end of its 90 % interval", "ratio")
    lift_same_stage_high: float | None = measured("upper end of it", "ratio")
    precision: float | None = measured("of the flagged, not won", "fraction")
    precision_low: float | None = measured("lower end of its 90 % interval", "fraction")
    precision_high: float | None = measured("upper end of it", "fraction")
    en: str = described("the record as a sentence in English")
    zh: str = described("the record as a sentence in Chinese")


class FlagOut(Answer):
    """One risk flag that is raised."""

    code: str = described("neutral name of the flag")
    en: str = described("what it says, in English")
    zh: str = described("what it says, in Chinese")
    record: FlagRecordOut | None = described("its track record; null where the model carries none")


class ProblemOut(Answer):
    """One thing wrong with the data of a deal."""

    code: str = described("neutral name of the problem")
    en: str = described("what it says, in English")
    zh: str = described("what it says, in Chinese")


class EvidenceOut(Answer):
    """How much a win probability of the small-data tables rests on."""

    n_deals: int = measured("closed deals that were once at that stage and age", "deals")
    low: float = measured("lower end of the 80 % interval of the win probability", "probability")
    high: float = measured("upper end of it", "probability")
    en: str = described("the same as a sentence in English")
    zh: str = described("the same as a sentence in Chinese")


class ScoreOut(Answer):
    """What the model says of one open deal."""

    deal_id: str = canonical("scores", "deal_id")
    as_of: Utc = canonical("scores", "as_of")
    stage: str | None = canonical("scores", "stage")
    owner_id: str | None = canonical("scores", "owner_id")
    amount: float | None = canonical("scores", "amount")
    win_probability: float = canonical("scores", "win_probability", ge=0, le=1)
    horizon: Utc = canonical("scores", "horizon")
    win_by_horizon: float = canonical("scores", "win_by_horizon", ge=0, le=1)
    lose_by_horizon: float = canonical("scores", "lose_by_horizon", ge=0, le=1)
    open_at_horizon: float = canonical("scores", "open_at_horizon", ge=0, le=1)
    health: float = canonical("scores", "health", ge=0, le=100)
    band: Literal["healthy", "watch", "at_risk", "critical"] = canonical("scores", "band")
    baseline: float = measured("win probability of the typical open deal that the reasons start from", "probability")
    reasons: list[ReasonOut] = described("reasons that add up from the baseline to the win probability, largest first")
    flags: list[FlagOut] = described("risk flags raised")
    problems: list[str] = described("codes of what is wrong with the deal's data")
    problems_told: list[ProblemOut] = described("the same in words")
    evidence: EvidenceOut | None = described("what the number rests on where tables of few past deals speak, else null")
    in_sample: bool | None = canonical("scores", "in_sample")
    model_version: str = canonical("scores", "model_version")


class DealRow(Answer):
    """One open deal in the list."""

    deal_id: str = canonical("deals", "deal_id")
    name: str | None = canonical("deals", "name")
    account_id: str | None = canonical("deals", "account_id")
    owner_id: str | None = canonical("scores", "owner_id")
    owner_name: str | None = canonical("reps", "name")
    team: str = described("team of the owner; `(none)` where unknown")
    region: str = described("region of the deal, else of its owner; `(none)` where unknown")
    product_line: str = described("product line of the deal; `(none)` where unknown")
    segment: str = described("segment of the deal; `(none)` where unknown")
    stage: str | None = canonical("scores", "stage")
    days_in_stage: float | None = measured("time since the deal entered its stage", "days")
    age_days: float = measured("time since the deal was created", "days")
    amount: float | None = canonical("scores", "amount")
    amount_home: float | None = measured("amount in the workspace's currency", "workspace currency")
    close_date: dt.date | None = described("expected close date, in the workspace's time zone")
    win_probability: float = canonical("scores", "win_probability", ge=0, le=1)
    win_by_horizon: float = canonical("scores", "win_by_horizon", ge=0, le=1)
    lose_by_horizon: float = canonical("scores", "lose_by_horizon", ge=0, le=1)
    open_at_horizon: float = canonical("scores", "open_at_horizon", ge=0, le=1)
    health: float = canonical("scores", "health", ge=0, le=100)
    band: Literal["healthy", "watch", "at_risk", "critical"] = canonical("scores", "band")
    flags: list[str] = described("codes of the risk flags raised")
    problems: list[str] = described("codes of what is wrong with the deal's data")


class DealList(Answer):
    """One page of open deals."""

    as_of: Utc = canonical("scores", "as_of")
    horizon: Utc = canonical("scores", "horizon")
    model_version: str = canonical("scores", "model_version")
    currency: str = described("the workspace's currency, ISO 4217")
    total: int = measured("deals that match the filter", "deals")
    value: float = measured("amount of the deals that match", "workspace currency")
    value_at_risk: float = measured("amount of those in the bands at_risk and critical", "workspace currency")
    deals: list[DealRow] = described("this page's deals")
    next_cursor: str | None = described("send it as `cursor` for the next page; null on the last")


class EventOut(Answer):
    """One thing that happened to a deal."""

    at: Utc = described("when it happened, UTC")
    recorded_at: Utc | None = described("when it became known, UTC")
    kind: str = described("`change` or the kind of touch")
    field: str | None = described("the field that changed")
    old_value: str | None = described("the value before")
    new_value: str | None = described("the value after")
    direction: str | None = described("`in` from the buyer, `out` to the buyer")
    by: str | None = described("who did it")
    subject: str | None = described("what a touch was about")
    duration_minutes: float | None = measured("how long a touch took", "minutes")


class DealDetail(Answer):
    """One deal: what it is, what the model says of it, and what happened."""

    deal_id: str = canonical("deals", "deal_id")
    name: str | None = canonical("deals", "name")
    outcome: Literal["open", "won", "lost"] = described("where it stands as known")
    row: DealRow | None = described("the deal as it stands in the list; null when it is closed")
    score: ScoreOut | None = described("the model's view; null when it is closed")
    timeline: list[EventOut] = described("changes and touches as known, newest first, 500 at most")


class SaidScore(Answer):
    """A score as it was said and stored; never overwritten."""

    as_of: Utc = canonical("scores", "as_of")
    model_version: str = canonical("scores", "model_version")
    stage: str | None = canonical("scores", "stage")
    win_probability: float = canonical("scores", "win_probability", ge=0, le=1)
    horizon: Utc = canonical("scores", "horizon")
    win_by_horizon: float = canonical("scores", "win_by_horizon", ge=0, le=1)
    health: float = canonical("scores", "health", ge=0, le=100)
    band: Literal["healthy", "watch", "at_risk", "critical"] = canonical("scores", "band")
    flags: list[str] = described("codes of the risk flags raised")
    in_sample: bool | None = canonical("scores", "in_sample")


class ReplayedScore(Answer):
    """What the serving model says of a past day, from what was known then."""

    as_of: Utc = canonical("scores", "as_of")
    win_probability: float = canonical("scores", "win_probability", ge=0, le=1)
    health: float = canonical("scores", "health", ge=0, le=100)


class MovePartOut(Answer):
    """One part of what moved a win chance."""

    code: str = described("a reason group, or `typical` (another stage), `model` (another version) or `record`")
    points: float = measured("its share of the difference", "percentage points")
    en: str = described("the part as a sentence in English")
    zh: str = described("the part as a sentence in Chinese")


class MoveOut(Answer):
    """From one scoring of a deal to another: before plus the parts is after."""

    earlier: Utc = described("the first scoring, UTC")
    later: Utc = described("the second scoring, UTC")
    before: float = measured("win probability then", "percent")
    after: float = measured("win probability at the second", "percent")
    points: float = measured("the whole difference", "percentage points")
    parts: list[MovePartOut] = described("what the difference is made of, largest first")
    model_version: str = described("the version by which both days were replayed")


class DealHistory(Answer):
    """How a deal's win probability went, as said and as replayed."""

    deal_id: str = canonical("deals", "deal_id")
    scores: list[SaidScore] = described("scores as they were said, oldest first")
    replayed: list[ReplayedScore] = described("the serving model on each of the last weeks, oldest first")
    moved: MoveOut | None = described(
        "between the last two days with stored scores; with fewer, since a week before; null if not open then"
    )


class ScoreAnswer(Answer):
    """Scores in the order of the deals sent."""

    as_of: Utc = canonical("scores", "as_of")
    horizon: Utc = canonical("scores", "horizon")
    model_version: str = canonical("scores", "model_version")
    scores: list[ScoreOut] = described("one per deal")


class ForecastRow(Answer):
    """Where a scope will land in a period."""

    scope_kind: str = described("rep, team, region, product_line or company")
    scope_id: str = described("which one")
    period: str = described("the period, such as 2026Q4, 2026-11, 2026H2 or 2026")
    as_of: Utc = described("the moment up to which history was known, UTC")
    measure: Literal["amount", "count"] = described("what is counted")
    booked: float = measured("won in the period so far", "workspace currency or deals")
    open_expected: float = measured("expected from deals open now", "workspace currency or deals")
    new_expected: float = measured("expected from deals still to be created", "workspace currency or deals")
    mean: float = measured("expected total", "workspace currency or deals")
    p10: float = measured("10 % quantile of the total", "workspace currency or deals")
    p25: float = measured("25 % quantile of the total", "workspace currency or deals")
    p50: float = measured("median of the total", "workspace currency or deals")
    p75: float = measured("75 % quantile of the total", "workspace currency or deals")
    p90: float = measured("90 % quantile of the total", "workspace currency or deals")
    quota: float | None = measured("target in force", "workspace currency or deals")
    attainment: float | None = measured("expected total over target", "fraction")
    p_attain: float | None = measured("chance to reach the target", "probability")
    coverage: float | None = measured("open pipeline dated in the period over what is missing to the target", "ratio")
    open_deals: int = measured("deals open now", "deals")
    amount_unknown: int = measured("deals booked or open whose amount is not known", "deals")
    past_periods: int = measured("earlier periods from which `new_expected` was learnt", "periods")
    before_correction: float = measured(
        "expected total without what earlier forecasts' misses and people's own forecasts teach",
        "workspace currency or deals",
    )


class ForecastAnswer(Answer):
    """Forecast rows."""

    model_version: str = described("which model said it")
    forecast: list[ForecastRow] = described("one row per scope")


class Health(Answer):
    """Whether the service is up. Says nothing of the data."""

    status: Literal["ok"] = described("`ok` when the service answers")


class ScorecardRow(Answer):
    """One indicator of one person, or the person's total."""

    rep_id: str = canonical("reps", "rep_id")
    name: str | None = canonical("reps", "name")
    role: str | None = canonical("reps", "role")
    team: str | None = canonical("reps", "team")
    dimension: str = described("results, process, capability, teamwork or total")
    indicator: str = described("which indicator")
    name_en: str = described("its name in English")
    name_zh: str = described("its name in Chinese")
    value: float | None = measured("the person's value; null where an input is missing", "the row's `unit`")
    unit: str = described("unit of value, target, team_value and previous_value")
    n: int | None = measured("cases that the value rests on", "cases")
    target: float | None = measured("what scores 100", "the row's `unit`")
    team_value: float | None = measured("the team's value by the same rule", "the row's `unit`")
    previous_value: float | None = measured("the person's value in the period before", "the row's `unit`")
    score: float | None = measured("100 at the target; null where it cannot be told", "points of 100")
    weight: float | None = measured("weight on the sheet", "points of 100")
    weight_rescaled: float | None = measured("weight with what is missing spread over the rest", "points of 100")
    missing: str = described("which input is missing; empty where none is")


class ScorecardAnswer(Answer):
    """The performance sheet of a period."""

    period: str = described("the period, such as 2026Q4, 2026-11, 2026H2 or 2026")
    as_of: Utc = described("the moment up to which history was known, UTC")
    scorecard: list[ScorecardRow] = described("one row per person and indicator, then the person's total")
