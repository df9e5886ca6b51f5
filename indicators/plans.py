"""Plans: a goal agreed with a person, its measure and by when, and what then happened beside it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import polars as pl

from history.errors import DateInvalid, DealUnknown, NotAllowed, RequestInvalid
from history.fiscal import bounds, parse_period
from history.leading import leads_scope, people_at
from history.record import History
from history.tables import TABLES
from indicators.book import Record, book_of
from indicators.catalogue import INDICATORS
from indicators.measuring import measured
from indicators.spans import earlier, kind_of, span_of, told_for

LONGEST_NOTE = 2000
RUNNING, REACHED, MISSED, UNTOLD = "running", "reached", "not reached", "not told"

FOLLOWED: dict[str, pl.DataType] = {
    "rep_id": pl.String(),
    "indicator": pl.String(),
    "name_en": pl.String(),
    "name_zh": pl.String(),
    "unit": pl.String(),
    "period": pl.String(),
    "goal": pl.Float64(),
    "before": pl.Float64(),
    "value": pl.Float64(),
    "n": pl.Int64(),
    "state": pl.String(),
    "holds": pl.Boolean(),
    "written_at": pl.Datetime("us"),
    "written_by": pl.String(),
    "note": pl.String(),
}


@dataclass(frozen=True)
class Plan:
    """A goal for one indicator of one person by the end of a fiscal period, in the indicator's unit."""

    rep_id: str
    indicator: str
    goal: float
    period: str
    written_by: str
    note: str | None = None


def plan_row(history: History, plan: Plan, now: dt.datetime) -> pl.DataFrame:
    """The row of `coaching_plans` that `plan`, written at `now` (naive UTC), adds; nothing written is replaced.

    Raises `RequestInvalid` for an indicator, goal or note that cannot be, `DateInvalid` for a period that is over or
    too short for the indicator, `DealUnknown` for somebody nobody knows, `NotAllowed` for another's plan.
    """
    _check_indicator(plan)
    people = people_at(history, now)
    for who in (plan.rep_id, plan.written_by):
        if who not in people["rep_id"]:
            raise DealUnknown(f"rep {who[:80]!r} is not known; expected a rep_id from the table reps. Correct it.")
    if plan.written_by != plan.rep_id and not leads_scope(people, plan.written_by, "rep", plan.rep_id):
        raise NotAllowed(
            f"{plan.written_by} does not lead {plan.rep_id}; expected the person, or somebody the person reports to."
        )
    period = parse_period(plan.period.strip().upper(), history.settings)
    if bounds(period, history.settings)[1] <= now:
        raise DateInvalid(f"period {period.name} ended before {period.end_day}; expected one that is running or ahead.")
    cadence = INDICATORS[plan.indicator].cadence
    if not told_for(cadence, period):
        raise DateInvalid(f"{plan.indicator} is not told for a {kind_of(period)}; expected a longer period.")
    row = {"rep_id": plan.rep_id, "indicator": plan.indicator, "goal": plan.goal, "period": period.name}
    row |= {"written_at": now, "written_by": plan.written_by, "note": plan.note, "recorded_at": now}
    schema = TABLES["coaching_plans"].polars_schema
    return pl.DataFrame([row], schema={name: schema[name] for name in row})


def _check_indicator(plan: Plan) -> None:
    if plan.indicator not in INDICATORS:
        names = ", ".join(sorted(INDICATORS))
        raise RequestInvalid(f"the indicator {plan.indicator[:80]!r} is not known; expected one of: {names}.")
    if not math.isfinite(plan.goal):
        raise RequestInvalid(f"the goal {plan.goal} is no number; expected one in the indicator's unit. Correct it.")
    if plan.note is not None and (len(plan.note) > LONGEST_NOTE or "\x00" in plan.note):
        raise RequestInvalid(
            f"the note of {len(plan.note)} characters cannot be kept; expected {LONGEST_NOTE} at most, and no NUL. "
            "Shorten it."
        )


def followed(history: History, as_of: dt.datetime) -> pl.DataFrame:
    """Every plan known at `as_of` (naive UTC) and what then happened, newest first, with `FOLLOWED`.

    `before` is the person's value in the last span of the period's kind that had ended when the plan was written,
    `value` that of the period itself, up to `as_of` while it runs, over `n` cases. `state` is "running" until the
    period is over, then "reached" or "not reached", or "not told" where there is no value. Of several goals of one
    person for one indicator and period the one written last `holds`.
    """
    record = Record(history, as_of)
    settings = history.settings
    plans = record.past["coaching_plans"].filter(pl.col("written_at") < as_of)
    known = plans.filter(pl.col("indicator").is_in(list(INDICATORS))).sort("written_at", "rep_id", "indicator", "goal")
    rows = []
    for plan in known.iter_rows(named=True):
        span = parse_period(plan["period"], settings)
        start = span_of(settings.day_of(plan["written_at"]), settings, kind_of(span))
        before, _ = _value(record, plan, earlier(start, settings).name)
        value, n = _value(record, plan, plan["period"])
        over = bounds(span, settings)[1] <= as_of
        state = _state(plan["indicator"], value, plan["goal"]) if over else RUNNING
        one = INDICATORS[plan["indicator"]]
        words = {"name_en": one.en, "name_zh": one.zh, "unit": one.unit}
        rows.append({**plan, **words, "before": before, "value": value, "n": n, "state": state})
    frame = pl.DataFrame(rows, schema_overrides=FOLLOWED) if rows else pl.DataFrame(schema=FOLLOWED)
    last = pl.int_range(pl.len()) == pl.len() - 1
    return frame.with_columns(holds=last.over("rep_id", "indicator", "period")).select(list(FOLLOWED)).reverse()


def _value(record: Record, plan: dict[str, str], period: str) -> tuple[float | None, int]:
    """The person's value in a period and its cases; none where the period has not begun."""
    span = parse_period(period, record.past.settings)
    if bounds(span, record.past.settings)[0] >= record.as_of:
        return None, 0
    people = measured([INDICATORS[plan["indicator"]]], book_of(record, span)).people
    found = people.filter(pl.col("rep") == plan["rep_id"]).select("value", "n").rows()
    return found[0] if found else (None, 0)


def _state(slug: str, value: float | None, goal: float) -> str:
    if value is None:
        return UNTOLD
    better = INDICATORS[slug].better
    reached = value >= goal if better == "up" else value <= goal if better == "down" else abs(value) <= abs(goal)
    return REACHED if reached else MISSED
