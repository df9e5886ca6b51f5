"""Columns of a log that are worked out from its text when asked for: numbers, dates, places in the sales process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from features.aggregate import days_between
from features.kernel import chosen, still
from features.log import FEW_EVENTS, Derive, Log, Words, as_words, numbers_of
from history.deals import close_instant, finite_number, outcome_expr
from history.record import History
from history.settings import Settings

Parse = Callable[[pl.Series], pl.Series]


def changed_values(history: History) -> dict[str, Derive]:
    """What can be read from the old and new values of changes, by column (see `features.streams.changes_log`)."""
    # A closed stage has no place: to be lost is no step forward, to be reopened no step back.
    place = {name: float(index) for index, name in enumerate(history.settings.open_stages)}

    def instant(text: pl.Series) -> pl.Series:
        return text.to_frame("text").select(close_instant(history, pl.col("text"))).to_series()

    def number(text: pl.Series) -> pl.Series:
        return text.to_frame("text").select(finite_number(pl.col("text"))).to_series()

    def outcome(text: pl.Series) -> pl.Series:
        return text.to_frame("text").select(outcome_expr(history, "text").cast(pl.String)).to_series()

    parsed: dict[str, tuple[Sequence[str], Parse]] = {
        "number": (("amount", "probability"), number),
        "date": (("close_date",), instant),
        "place": (("stage",), lambda text: pl.Series([place.get(word) for word in text.to_list()], dtype=pl.Float64)),
    }
    columns: dict[str, Derive] = {"outcome": _derived("new", ("stage",), outcome)}
    for name, (fields, parse) in parsed.items():
        columns[name] = _derived("new", fields, parse)
        columns["old_" + name] = _derived("old", fields, parse)
    for name, truth in _on_the_calendar(history.settings).items():
        columns[name] = _derived("new", ("close_date",), partial(_of_days, history, truth))

    def moved_days(log: Log) -> pl.Series:
        dates = pl.DataFrame({name: log[name] for name in ("date", "old_date")})
        return dates.select(days_between(pl.col("date"), pl.col("old_date"))).to_series()

    return {**columns, "moved_days": moved_days}


def _on_the_calendar(settings: Settings) -> dict[str, pl.Expr]:
    """What is said of a close date by where it stands on the calendar, over its `day`."""
    day = pl.col("day")
    days_left = (day.dt.month_end() - day).dt.total_days()
    month_of_quarter = (day.dt.month().cast(pl.Int32) + 12 - settings.fiscal_year_starts) % 3
    # The last week of a quarter lies in its third month, however short that is.
    return {"date_in_last_week": (month_of_quarter == 2) & (days_left < 7), "date_at_month_end": days_left == 0}


def _of_days(history: History, truth: pl.Expr, text: pl.Series) -> pl.Series:
    """1 or 0 by whether `truth` holds of the day in `text`; null where that is no date."""
    dated = pl.when(close_instant(history, pl.col("text")).is_not_null()).then(pl.col("text"))
    days = text.to_frame("text").select(dated.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias("day"))
    return days.select(truth.cast(pl.Float64).alias("truth")).to_series()


def _derived(side: str, fields: Sequence[str], parse: Parse) -> Derive:
    """A column that `parse` reads from the text of one side where the change is of one of `fields`."""

    def derive(log: Log) -> pl.Series:
        frame = log.frame
        if frame.height <= FEW_EVENTS:
            return _derived_few(frame["field"].to_list(), frame[side].to_list(), fields, parse)
        kinds, words = log.values("field"), log.values(side)
        assert isinstance(kinds, Words)
        assert isinstance(words, Words)
        values = parse(words.words).extend_constant(None, 1)
        is_wanted = kinds.words.is_in(list(fields)).to_numpy()
        of_event = chosen(still(kinds.codes), is_wanted, still(words.codes), len(words.words))
        if values.dtype == pl.Float64:
            return pl.Series(numbers_of(values)[of_event], nan_to_null=True)
        return values.gather(of_event)

    return derive


def _derived_few(
    field: Sequence[str | None], text: Sequence[str | None], fields: Sequence[str], parse: Parse
) -> pl.Series:
    """The same for one deal, where Python is sooner done than a call of polars is made."""
    rows = [place for place, name in enumerate(field) if name in fields]
    values = parse(pl.Series([text[place] for place in rows], dtype=pl.String))
    out: list[Any] = [None] * len(field)
    for place, value in zip(rows, values.to_list(), strict=True):
        out[place] = value
    return pl.Series(out, dtype=values.dtype)


def subject_code(log: Log) -> pl.Series:
    """The kind of a touch with its subject, "kind: subject"; either alone where the other is missing."""
    frame = log.frame
    both = pl.concat_str(pl.col("kind", "subject").cast(pl.String), separator=": ", ignore_nulls=True)
    if frame.height <= FEW_EVENTS:
        return frame.select(both).to_series()
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
