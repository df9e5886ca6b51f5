"""What happened in a company, as sorted instants by scope, for counting many stretches of time at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from history.deals import closings
from history.fiscal import MONTHS_IN, Period, bounds, cadence_of, previous
from history.record import History
from history.scopes import COMPANY, standing_reps

FARTHEST_BACK, ROOM = 400, 12
FILLED_PERIODS = 4
ALWAYS, NEVER = dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1)


@dataclass(frozen=True)
class Wins:
    """(wins,) instants at which each deal was known to be there, was won, and was known to be won; and its scope."""

    there: np.ndarray
    closed: np.ndarray
    known: np.ndarray
    scope: np.ndarray


@dataclass(frozen=True)
class Events:
    """Instants are in microseconds; `created`: per scope when deals came to be there, sorted; `hired` and `left`: when
    people did, with `people`, the scope of each. `starts`: where periods begin; `per_year` of them make a year;
    `filled`: from when on the pipeline is taken to be complete.
    """

    scopes: tuple[str, ...]
    wins: Wins
    created: tuple[np.ndarray, ...]
    hired: np.ndarray
    left: np.ndarray
    people: np.ndarray
    starts: np.ndarray
    per_year: int
    filled: int

    def back(self, instants: np.ndarray, periods: int) -> np.ndarray:
        """The same points of the periods that lie `periods` earlier."""
        return self.starts[self.number(instants) - periods] + instants - self.starts[self.number(instants)]

    def number(self, instants: np.ndarray) -> np.ndarray:
        """The number of the period that each instant lies in."""
        return np.searchsorted(self.starts, instants, side="right") - 1


def events(past: History, deals: pl.DataFrame, period: Period, kind: str) -> Events:
    """What `past` knows, by scopes of level `kind`; `deals` has deal_id and the scope column."""
    scopes = tuple(deals[kind].unique().sort().to_list())
    number = {scope: place for place, scope in enumerate(scopes)}
    recorded = past["deals"].select("deal_id", there=pl.max_horizontal("created_at", "recorded_at"))
    there = deals.select("deal_id", kind).join(recorded, on="deal_id", maintain_order="left")
    created = [np.sort(_us(there.filter(pl.col(kind) == scope)["there"])) for scope in scopes]
    starts = _starts(past, period)
    return Events(
        scopes,
        _wins(past, there, kind, number),
        tuple(created),
        *_people(past, kind, number),
        starts,
        12 // MONTHS_IN[cadence_of(period)],
        _filled(past, starts),
    )


def _wins(past: History, there: pl.DataFrame, kind: str, number: Mapping[str, int]) -> Wins:
    stood = closings(past).filter((pl.col("outcome") == "won") & pl.col("reopened_at").is_null())
    won = stood.select("deal_id", "closed_at", known=pl.max_horizontal("closed_at", "recorded_at"))
    rows = won.join(there, on="deal_id", maintain_order="left").sort("closed_at", "deal_id")
    return Wins(_us(rows["there"]), _us(rows["closed_at"]), _us(rows["known"]), _numbers(rows[kind], number))


def _people(past: History, kind: str, number: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """When each was hired and left, and the scope each belongs to today; nobody at a level that is not of people."""
    staff = standing_reps(past).with_columns(company=pl.lit(COMPANY), rep="rep_id")
    if kind not in staff.columns:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    staff = staff.filter(pl.col(kind).is_in(list(number)))
    came, went = (
        staff[name].cast(pl.Datetime("us")).fill_null(never)
        for name, never in (("hired_at", ALWAYS), ("left_at", NEVER))
    )
    return _us(came), _us(went), _numbers(staff[kind], number)


def _starts(past: History, period: Period) -> np.ndarray:
    """From well before the first record to the end of `period`."""
    first = past.first_recorded
    found, back = [bounds(period, past.settings)[1]], 0
    while first is not None and found[-1] > first and back < FARTHEST_BACK:
        found.append(bounds(previous(period, past.settings, back), past.settings)[0])
        back += 1
    found += [bounds(previous(period, past.settings, back + more), past.settings)[0] for more in range(ROOM + 1)]
    return _us(pl.Series(list(reversed(found)), dtype=pl.Datetime("us")))


def _filled(past: History, starts: np.ndarray) -> int:
    """A period after the first record where a few more are known, else the first record."""
    first = int(_us(pl.Series([past.first_recorded], dtype=pl.Datetime("us")))[0])
    length = int(starts[-1] - starts[-2])
    return first + length if starts[-2] - first >= FILLED_PERIODS * length else first


def _numbers(scopes: pl.Series, number: Mapping[str, int]) -> np.ndarray:
    return scopes.replace_strict(dict(number), return_dtype=pl.Int64).to_numpy()


def _us(instants: pl.Series) -> np.ndarray:
    return instants.cast(pl.Datetime("us")).cast(pl.Int64).to_numpy()
