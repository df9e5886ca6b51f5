"""What is wrong with the data of a deal: codes that a reader can act on, never a silent guess."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.record import History
from serving.record_problems import RECORD_PROBLEMS, record_problems

FAR_DAYS = 730
OLD_DAYS = 365

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


def data_problems(past: History, snapshot: pl.DataFrame, as_of: dt.datetime) -> pl.Series:
    """Codes separated by spaces per row of `snapshot`, "" where nothing is wrong.

    `snapshot` needs stage, amount, amount_home (workspace currency, null without a rate), close_date, owner_id.
    An owner is only unknown where the history lists people at all.
    """
    stages = [stage.name for stage in past.settings.stages]
    people = past["reps"]["rep_id"].unique()
    close, owner = pl.col("close_date"), pl.col("owner_id")
    found = {
        "no_stage": pl.col("stage").is_null(),
        "unknown_stage": ~pl.col("stage").is_in(stages),
        "no_amount": pl.col("amount").is_null(),
        "no_rate": pl.col("amount").is_not_null() & pl.col("amount_home").is_null(),
        "no_close_date": close.is_null(),
        "close_date_far": close > as_of + dt.timedelta(days=FAR_DAYS),
        "close_date_old": close < as_of - dt.timedelta(days=OLD_DAYS),
        "no_owner": owner.is_null(),
        "unknown_owner": ~owner.is_in(people.implode()) if people.len() else pl.lit(False),
    }
    codes = [pl.when(said.fill_null(False)).then(pl.lit(code)) for code, said in found.items()]
    return snapshot.select(problems=pl.concat_str(codes, separator=" ", ignore_nulls=True))["problems"]


def all_problems(past: History, snapshot: pl.DataFrame, as_of: dt.datetime) -> pl.Series:
    """`data_problems` and then what is odd in the record; `snapshot` also needs deal_id."""
    odd = record_problems(past, snapshot, as_of)["record_problems"]
    both = pl.concat_str(data_problems(past, snapshot, as_of), odd, separator=" ")
    return snapshot.select(problems=both.str.strip_chars())["problems"]
