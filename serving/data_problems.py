"""What is wrong with the data of a deal: codes that a reader can act on, never a silent guess."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from features.kernel import NO_TIME
from features.log import Log, instants_us
from history.record import History
from serving.record_problems import RECORD_PROBLEMS, record_problems

FAR, OLD = dt.timedelta(days=730), dt.timedelta(days=365)
_READ = ("stage", "amount", "amount_home", "owner_id")

PROBLEMS = (
    "no_stage",
    "unknown_stage",
    "no_amount",
    "no_rate",
    "no_close_date",
    "close_date_far",
    "close_date_old",
    "no_owner",
    "unknown_owner",
    *RECORD_PROBLEMS,
)


def data_problems(past: History, snapshot: pl.DataFrame, as_of: dt.datetime) -> list[list[str]]:
    """The codes of what is wrong per row of `snapshot`.

    `snapshot` needs stage, amount, amount_home (workspace currency, null without a rate), close_date, owner_id.
    An owner is only unknown where the history lists people at all.
    """
    stages = frozenset(stage.name for stage in past.settings.stages)
    people = frozenset(past["reps"]["rep_id"].to_list())
    # As plain numbers: Python knows no year 0, which a slip of the pen may name.
    far, old = (int(np.datetime64(day, "us").astype(np.int64)) for day in (as_of + FAR, as_of - OLD))

    def codes(stage: str | None, amount: Any, at_home: Any, owner: str | None, close: int) -> Iterator[str]:
        if stage not in stages:
            yield "no_stage" if stage is None else "unknown_stage"
        if amount is None or at_home is None:
            yield "no_amount" if amount is None else "no_rate"
        if close == NO_TIME:
            yield "no_close_date"
        elif close > far or close < old:
            yield "close_date_far" if close > far else "close_date_old"
        if owner is None or (people and owner not in people):
            yield "no_owner" if owner is None else "unknown_owner"

    close = instants_us(snapshot["close_date"]).tolist()
    return [list(codes(*row)) for row in zip(*(snapshot[name].to_list() for name in _READ), close, strict=True)]


def all_problems(past: History, log: Log, snapshot: pl.DataFrame, as_of: dt.datetime, keeps_touches: bool) -> pl.Series:
    """What is wrong and then what is odd in the record, per row of `snapshot`: codes separated by spaces.

    `snapshot` also needs deal_id; `log` holds the changes laid out; `keeps_touches` is as in `record_problems`. ""
    where nothing is wrong.
    """
    found = data_problems(past, snapshot, as_of)
    for code, odd in record_problems(past, log, snapshot["deal_id"], as_of, keeps_touches).items():
        for row in np.flatnonzero(odd):
            found[row].append(code)
    return pl.Series("problems", [" ".join(codes) for codes in found], dtype=pl.String)
