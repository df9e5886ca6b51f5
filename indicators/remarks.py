"""What of the calls was not counted as it stands, or rests on something odd: one line for each kind of thing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from history.as_of import known
from history.errors import DateInvalid
from history.fiscal import bounds, parse_period
from history.record import History
from history.settings import Settings
from indicators.cells import all_calls
from indicators.horizons import ended_periods

NAMED = 3
ONE_CALL = ["forecaster_kind", "forecaster_id", "scope_kind", "scope_id", "period", "category", "measure", "called_at"]


@dataclass(frozen=True)
class Remark:
    """What was found, how often, and the sentence about it in both languages."""

    code: str
    n: int
    en: str
    zh: str


def remarks(history: History, as_of: dt.datetime, cadence: str = "quarter") -> list[Remark]:
    """What is odd about the calls known at `as_of` (naive UTC), in a fixed order; empty where nothing is.

    A call is named by its forecaster and period. Moves between teams are those within a period of `cadence` that has
    ended. Raises what `horizons.ended_periods` raises.
    """
    calls = all_calls(history, as_of, None).sort(*ONE_CALL, "recorded_at", "value")
    reps = known(History(history.settings, {"reps": history["reps"]}), as_of)["reps"]
    unread, ends = _ends(calls, history.settings)
    found = [
        _strangers(calls, reps),
        _unread(unread),
        _too_late(calls, ends),
        _negative(calls),
        _at_one_instant(calls),
        _moved(history, reps, as_of, cadence),
    ]
    return [one for one in found if one is not None]


def _strangers(calls: pl.DataFrame, reps: pl.DataFrame) -> Remark | None:
    """Calls of people whom `reps` does not hold."""
    people = pl.col("forecaster_kind").is_in(["rep", "manager"])
    rows = calls.filter(people & ~pl.col("forecaster_id").is_in(reps["rep_id"].implode()))
    names = rows["forecaster_id"].unique().sort().to_list()
    return _remark(
        "forecaster_unknown",
        rows,
        f"by {_some(names)}, not in reps, measured all the same, without a team; add {_it(names)} to reps.",
        f"来自人员表之外的 {_some_zh(names)}，照常计算但不属于任何团队；请补录到人员表。",
    )


def _unread(rows: pl.DataFrame) -> Remark | None:
    names = [f"{period!r}" for period in rows["period"].unique().sort()]
    return _remark(
        "period_unknown",
        rows,
        f"for period {_some(names)}, which is none: kept and not counted; expected a period such as 2026Q4, "
        "2026-11, 2026H2 or 2026. Correct it where the calls come from.",
        f"所写期间 {_some_zh(names)} 无法识别，保留但不计入；"
        "应为 2026Q4、2026-11、2026H2 或 2026 之类，请在来源处更正。",
    )


def _too_late(calls: pl.DataFrame, ends: pl.DataFrame) -> Remark | None:
    rows = calls.join(ends, on="period").filter(pl.max_horizontal("called_at", "recorded_at") >= pl.col("end"))
    names = _who(rows)
    return _remark(
        "after_the_end",
        rows,
        f"said or entered after the period's end ({_some(names)}): kept and not counted, for what is said then is no "
        "forecast.",
        f"在期间结束之后才作出或录入（{_some_zh(names)}），保留但不计入：事后之言不是预测。",
    )


def _negative(calls: pl.DataFrame) -> Remark | None:
    rows = calls.filter((pl.col("value") < 0) | ~pl.col("value").is_finite())
    names = [f"{row['forecaster_id']} {row['period']} {row['value']:g}" for row in rows.iter_rows(named=True)]
    return _remark(
        "value_negative",
        rows,
        f"below 0 or not a number ({_some(names)}): kept and not counted, so the call before stands; expected 0 or "
        "more. Correct it where the calls come from.",
        f"数值为负或不是数字（{_some_zh(names)}），保留但不计入，以之前的申报为准；应不小于 0，请在来源处更正。",
    )


def _at_one_instant(calls: pl.DataFrame) -> Remark | None:
    unlike = pl.col("value").n_unique().over(ONE_CALL) > 1
    rows = calls.filter(pl.col("value") >= 0).filter(unlike)
    names = _who(rows)
    return _remark(
        "at_one_instant",
        rows,
        f"made by one forecaster at one instant with unlike values ({_some(names)}); the one recorded last counts, of "
        "those recorded together the higher.",
        f"由同一人在同一时刻作出而数值不同（{_some_zh(names)}）；以最后录入者为准，同时录入时取较高者。",
    )


def _moved(history: History, reps: pl.DataFrame, as_of: dt.datetime, cadence: str) -> Remark | None:
    """People whose team became another within an ended period."""
    settings = history.settings
    rows = (
        reps.sort("rep_id", "valid_from", "recorded_at", "team", nulls_last=False)
        .with_columns(before=pl.col("team").shift(1).over("rep_id"))
        .filter(pl.col("valid_from").is_not_null() & pl.col("before").is_not_null())
        .filter(pl.col("before") != pl.col("team"))
    )
    spans = [(period.name, *bounds(period, settings)) for period in ended_periods(history, as_of, cadence)]
    names = [
        f"{row['rep_id']} {settings.day_of(row['valid_from'])} {row['before']} > {row['team']} ({name})"
        for row in rows.iter_rows(named=True)
        for name, start, end in spans
        if start < row["valid_from"] < end
    ]
    if not names:
        return None
    n = len(names)
    return Remark(
        "team_changed",
        n,
        f"{_counted(n, 'move')} to another team within a period ({_some(names)}): wins count for the team of the day "
        "on which they were won.",
        f"{n} 次期间内换团队（{_some_zh(names)}）：赢单计入成交当日所在团队。",
    )


def _ends(calls: pl.DataFrame, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The calls whose period does not parse, and the end of each period that does: period, end."""
    ends = []
    for name in calls["period"].unique().sort():
        try:
            ends.append((name, bounds(parse_period(name, settings), settings)[1]))
        except DateInvalid:
            continue
    frame = pl.DataFrame(ends, schema={"period": pl.String, "end": pl.Datetime("us")}, orient="row")
    return calls.join(frame, on="period", how="anti"), frame


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")


def _who(rows: pl.DataFrame) -> list[str]:
    pairs = rows.select("forecaster_id", "period").unique().sort("forecaster_id", "period")
    return [f"{forecaster} {period}" for forecaster, period in pairs.iter_rows()]


def _remark(code: str, rows: pl.DataFrame, en: str, zh: str) -> Remark | None:
    if rows.is_empty():
        return None
    return Remark(code, rows.height, f"{_counted(rows.height, 'call')} {en}", f"{rows.height} 条申报{zh}")


def _it(names: Sequence[str]) -> str:
    return "this person" if len(names) == 1 else "these people"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _some_zh(names: Sequence[str]) -> str:
    return "、".join(names[:NAMED]) + (f" 等 {len(names)} 项" if len(names) > NAMED else "")
