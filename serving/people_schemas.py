"""What the API takes and gives about how people work: the funnel, coaching cues, goals."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from serving.fields import Answer, Question, Utc, canonical, described, measured


class GroupKey(Answer):
    """One thing that a funnel's group is told by."""

    by: str = described("company, team, rep, region, product_line, segment, source, month, quarter or own level")
    which: str | None = described("which one; null where none is known")


class FunnelRow(Answer):
    """The stays of one group in one open stage."""

    group: list[GroupKey] = described("what the group is, one entry per key asked for")
    stage: str = described("the open stage")
    entered: int = measured("stays that began in the stretch of days", "stays")
    moved_on: int = measured("of these, ended in a later open stage", "stays")
    won: int = measured("ended in a win", "stays")
    went_back: int = measured("ended in an earlier stage", "stays")
    lost: int = measured("ended in a loss", "stays")
    still_there: int = measured("not ended by the served day", "stays")
    conversion: float | None = measured("share that moves on or is won within 90 days", "fraction")
    dwell_median: float | None = measured("within which half of the stays end; null where not seen", "days")
    dwell_p80: float | None = measured("within which four in five end; null where not seen", "days")
    won_dwell_median: float | None = measured("dwell_median of the company's won deals in that stage", "days")
    won_dwell_p80: float | None = measured("dwell_p80 of the company's won deals in that stage", "days")
    ended: int | None = measured("stays that have ended, on which the comparison rests", "stays")
    onward: float | None = measured("of the ended, went on or were won", "fraction")
    others_onward: float | None = measured("the same of all others", "fraction")
    gap: float | None = measured("others_onward less onward", "fraction")
    gap_p10: float | None = measured("lower end of its 80 % interval", "fraction")
    gap_p90: float | None = measured("upper end of it", "fraction")
    wins_short: float | None = measured("wins that the gap costs the group", "deals")
    wins_short_p10: float | None = measured("lower end of its 80 % interval", "deals")
    wins_short_p90: float | None = measured("upper end of it", "deals")
    bottleneck: bool | None = described("whether this stage costs the group the most wins, by more than chance")


class FunnelAnswer(Answer):
    """What entered each stage and how it went on."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    from_day: dt.date = described("stays that began on this day or later, in the workspace's time zone")
    to_day: dt.date = described("stays that began before this day")
    funnel: list[FunnelRow] = described("one row per group and open stage")


class CueRow(Answer):
    """Where a person differs from peers of the same role by more than chance would do."""

    rep_id: str = canonical("reps", "rep_id")
    name: str | None = canonical("reps", "name")
    role: str | None = canonical("reps", "role")
    team: str | None = canonical("reps", "team")
    kind: Literal["gap", "strength"] = described("gap or strength")
    place: int = measured("which of the person's gaps or strengths, from 1", "number")
    indicator: str = described("which indicator")
    name_en: str = described("its name in English")
    name_zh: str = described("its name in Chinese")
    value: float = measured("the person's value", "the indicator's")
    peers_value: float = measured("that of the other people of the role together", "the indicator's")
    peers_like_mix: float | None = measured("that of peers on a like mix of regions and segments", "the indicator's")
    difference: float = measured("value less peers_value", "the indicator's")
    difference_p10: float = measured("lower end of its 80 % interval", "the indicator's")
    difference_p90: float = measured("upper end of it", "the indicator's")
    n: int = measured("the person's cases", "cases")
    n_peers: int = measured("the peers' cases", "cases")
    deals: list[str] = described("ids of deals behind it, five at most")
    next_step_en: str | None = described("what to do next, in English; of a gap")
    next_step_zh: str | None = described("what to do next, in Chinese; of a gap")


class CuesAnswer(Answer):
    """Coaching cues of a period."""

    period: str = described("the period, such as 2026Q4, 2026-11, 2026H2 or 2026")
    as_of: Utc = described("the moment up to which history was known, UTC")
    cues: list[CueRow] = described("gaps and strengths, person by person")


class PlanIn(Question):
    """A goal agreed with a person. Nothing written is replaced; of several the one written last holds."""

    rep_id: str = described("whose goal it is, by rep_id", min_length=1, max_length=200)
    indicator: str = described("what it is measured by, such as win_rate", min_length=1, max_length=100)
    goal: float = measured("what is to be reached", "the indicator's")
    period: str = described("by the end of 2026Q4, 2026-11, 2026H2 or 2026", min_length=1, max_length=40)
    note: str | None = described("what is to be done for it", None, max_length=2000)


class PlanWritten(Answer):
    """A goal as it was written down."""

    rep_id: str = canonical("coaching_plans", "rep_id")
    indicator: str = canonical("coaching_plans", "indicator")
    goal: float = measured("what is to be reached", "the indicator's")
    period: str = canonical("coaching_plans", "period")
    written_at: Utc = canonical("coaching_plans", "written_at")
    written_by: str = canonical("coaching_plans", "written_by")
    note: str | None = canonical("coaching_plans", "note")


class PlanRow(PlanWritten):
    """A goal and what then happened."""

    name_en: str = described("the indicator's name in English")
    name_zh: str = described("the indicator's name in Chinese")
    unit: str = described("unit of goal, before and value")
    before: float | None = measured("the person's value in the last span before it was written", "the row's `unit`")
    value: float | None = measured("the person's value in the period, up to the served day", "the row's `unit`")
    n: int = measured("cases that the value rests on", "cases")
    state: Literal["running", "reached", "not reached", "not told"] = described("what has become of it")
    holds: bool = described("whether no later goal for the same person, indicator and period replaced it")


class PlansAnswer(Answer):
    """Goals and what then happened."""

    as_of: Utc = described("the moment up to which history was known, UTC")
    plans: list[PlanRow] = described("the newest first")
