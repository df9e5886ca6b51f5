"""Columns of a log that are worked out from its text when asked for: numbers, dates, places in the sales process."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import polars as pl

from features.aggregate import DAYS_A_US, days_between
from features.kernel import chosen, still
from features.log import FEW_EVENTS, Derive, Log, Words, as_words, numbers_of
from history.deals import day_start, finite_number, outcome_expr
from history.record import History

Parse = Callable[[pl.Series], pl.Series]
Word = Callable[[str], Any]
PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")
"""What is read as that number everywhere."""


def changed_values(history: History) -> dict[str, Derive]:
    """What can be read from the old and new values of changes, by column (see `features.streams.changes_log`)."""
    settings = history.settings
    # A closed stage has no place: to be lost is no step forward, to be reopened no step back.
    place = {name: float(index) for index, name in enumerate(settings.open_stages)}
    outcomes = {**dict.fromkeys(settings.lost_stages, "lost"), **dict.fromkeys(settings.won_stages, "won")}

    def outcome(text: pl.Series) -> pl.Series:
        return text.to_frame("text").select(outcome_expr(history, "text").cast(pl.String)).to_series()

    def places(text: pl.Series) -> pl.Series:
        return pl.Series([place.get(word) for word in text.to_list()], dtype=pl.Float64)

    parsed = {
        "number": _Reading(("amount", "probability"), pl.Float64(), _numbers, _number),
        "date": _Reading(
            ("close_date",),
            pl.Datetime("us"),
            partial(_instants, settings.timezone),
            partial(_instant, settings.timezone),
        ),
        "place": _Reading(("stage",), pl.Float64(), places, place.get),
    }
    columns: dict[str, Derive] = {
        "outcome": _derived("new", _Reading(("stage",), pl.String(), outcome, outcomes.get)),
        "moved_days": _moved_days,
    }
    for name, reading in parsed.items():
        columns[name] = _derived("new", reading)
        columns["old_" + name] = _derived("old", reading)
    for name in _CALENDAR:
        calendar = (name, settings.fiscal_year_starts, settings.timezone)
        reading = _Reading(("close_date",), pl.Float64(), partial(_of_days, *calendar), partial(_of_day, *calendar))
        columns[name] = _derived("new", reading)
    return columns


@dataclass(frozen=True)
class _Reading:
    """What is read from the text of changes of some fields: many texts at a time, or one."""

    fields: Sequence[str]
    dtype: pl.DataType
    parse: Parse
    word: Word


def _numbers(text: pl.Series) -> pl.Series:
    return text.to_frame("text").select(finite_number(pl.col("text"))).to_series()


def _number(text: str) -> float | None:
    if PLAIN_NUMBER.fullmatch(text):
        return float(text)
    found: float | None = _numbers(pl.Series([text])).item()
    return found


def _instants(timezone: str, text: pl.Series) -> pl.Series:
    return text.to_frame("text").select(day_start(pl.col("text"), timezone)).to_series()


@lru_cache(maxsize=20_000)
def _instant(timezone: str, text: str) -> int | None:
    """The same of one text, in microseconds; most dates are met again and again."""
    found: int | None = _instants(timezone, pl.Series([text])).to_physical().item()
    return found


_DAY = pl.col("day")
_DAYS_LEFT = (_DAY.dt.month_end() - _DAY).dt.total_days()
_CALENDAR: dict[str, Callable[[int], pl.Expr]] = {
    # The last week of a quarter lies in its third month, however short that is.
    "date_in_last_week": lambda starts: ((_DAY.dt.month().cast(pl.Int32) + 12 - starts) % 3 == 2) & (_DAYS_LEFT < 7),
    "date_at_month_end": lambda starts: _DAYS_LEFT == 0,
}
"""What is said of a close date by where it stands on the calendar, over its `day`, by the fiscal year's first month."""


def _of_days(name: str, fiscal_year_starts: int, timezone: str, text: pl.Series) -> pl.Series:
    """1 or 0 by whether it holds of the day in `text`; null where that is no date."""
    dated = pl.when(day_start(pl.col("text"), timezone).is_not_null()).then(pl.col("text"))
    days = text.to_frame("text").select(dated.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias("day"))
    return days.select(_CALENDAR[name](fiscal_year_starts).cast(pl.Float64).alias("truth")).to_series()


@lru_cache(maxsize=20_000)
def _of_day(name: str, fiscal_year_starts: int, timezone: str, text: str) -> float | None:
    found: float | None = _of_days(name, fiscal_year_starts, timezone, pl.Series([text])).item()
    return found


def _moved_days(log: Log) -> pl.Series:
    """Days from the old date to the new one."""
    if log.frame.height <= FEW_EVENTS:
        pairs = zip(log.told("date"), log.told("old_date"), strict=True)
        moved = [None if new is None or old is None else (new - old) * DAYS_A_US for new, old in pairs]
        return pl.Series(moved, dtype=pl.Float64)
    dates = pl.DataFrame({name: log[name] for name in ("date", "old_date")})
    return dates.select(days_between(pl.col("date"), pl.col("old_date"))).to_series()


def _derived(side: str, reading: _Reading) -> Derive:
    """A column that is read from the text of one side where the change is of one of the reading's fields."""

    def derive(log: Log) -> pl.Series:
        frame = log.frame
        if frame.height <= FEW_EVENTS:
            return _derived_few(frame["field"].to_list(), frame[side].to_list(), reading)
        kinds, words = log.values("field"), log.values(side)
        assert isinstance(kinds, Words)
        assert isinstance(words, Words)
        values = reading.parse(words.words).extend_constant(None, 1)
        is_wanted = kinds.words.is_in(list(reading.fields)).to_numpy()
        of_event = chosen(still(kinds.codes), is_wanted, still(words.codes), len(words.words))
        if values.dtype == pl.Float64:
            return pl.Series(numbers_of(values)[of_event], nan_to_null=True)
        return values.gather(of_event)

    return derive


def _derived_few(field: Sequence[str | None], text: Sequence[str | None], reading: _Reading) -> pl.Series:
    """The same for one deal, where Python is sooner done than a call of polars is made."""
    told = zip(field, text, strict=True)
    found = [reading.word(word) if word is not None and name in reading.fields else None for name, word in told]
    if isinstance(reading.dtype, pl.Datetime):
        return pl.Series(found, dtype=pl.Int64).cast(reading.dtype)
    return pl.Series(found, dtype=reading.dtype)


def subject_code(log: Log) -> pl.Series:
    """The kind of a touch with its subject, "kind: subject"; either alone where the other is missing."""
    frame = log.frame
    both = pl.concat_str(pl.col("kind", "subject").cast(pl.String), separator=": ", ignore_nulls=True)
    if frame.height <= FEW_EVENTS:
        parts = zip(frame["kind"].to_list(), frame["subject"].to_list(), strict=True)
        return pl.Series([": ".join([word for word in pair if word is not None]) for pair in parts], dtype=pl.String)
    kind, subject = as_words(frame["kind"]), as_words(frame["subject"])
    pair = (kind.codes + 1) * (len(subject.words) + 1) + subject.codes + 1
    first = np.full((len(kind.words) + 1) * (len(subject.words) + 1), -1)
    first[pair] = np.arange(frame.height)
    used = np.flatnonzero(first >= 0)
    told = frame[first[used]].select(both.alias("told")).to_series()
    words = told.drop_nulls().unique().sort()
    first[used] = told.cast(pl.Enum(words)).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    codes = first[pair]
    return pl.Series(codes).set(pl.Series(codes < 0), None).cast(pl.UInt32).cat.to(pl.Enum(words))
