"""THE PLANTED TRUTH: each deal's exact chances on each day given its latent state, and who is biased how.

Written apart, for tests and benchmarks only; nothing that learns or serves may read it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from history.settings import Settings
from history.synthetic import days
from history.synthetic.births import Births
from history.synthetic.deal_life import Lives
from history.synthetic.process import MARKET_SPEED, QUALITY_LEVELS, Process, event_chances
from history.synthetic.vocabulary import OPEN_STAGES, WON
from history.synthetic.world import Staff

CHANCES = ("win_probability", "win_by_quarter_end", "lose_by_quarter_end", "win_by_month_end")


@dataclass(frozen=True)
class Chances:
    """`table[day, chance, class, momentum, stage]`: exact chances at the start of a day, in the day's weather."""

    table: np.ndarray


def exact_chances(process: Process, market: np.ndarray) -> Chances:
    """The chances of CHANCES at the start of each day of the history, by backward induction over the calendar.

    win_probability is the chance that the deal's next closing is a win; the others that it is won or lost before the
    calendar quarter or month of the day is over. Chances run over the future of the market too: only its weather of
    the day itself is given.
    """
    size = (len(CHANCES), len(MARKET_SPEED), process.classes, 3, OPEN_STAGES)
    value = np.zeros(size)
    table = np.zeros((days.DAYS + 1, len(CHANCES), *size[2:]))
    quarter, month = days.days_left(3), days.days_left(1)
    for day in range(len(process.work) - 1, -1, -1):
        if quarter[day] == 1:
            value[1:3] = 0
        if month[day] == 1:
            value[3] = 0
        value = _day_before(process, day, value)
        if day <= days.DAYS:
            table[day] = value[:, market[day]]
    return Chances(table)


def _day_before(process: Process, day: int, value: np.ndarray) -> np.ndarray:
    """Chances at the start of `day` from those of the day after; axes chance, market, class, momentum, stage."""
    later = np.einsum("kj,qjcms->qkcms", process.market, value)
    later = np.einsum("cmn,qkcns->qkcms", process.momentum, later, optimize=True)
    speed = MARKET_SPEED[:, None, None, None]
    on, back, leap, loss = event_chances(process, day, speed, process.advance, process.back, process.lose)
    win = np.array([1.0, 1.0, 0.0, 1.0])[:, None, None, None, None]
    ends = np.broadcast_to(win, (*later.shape[:-1], 1))
    ahead = np.concatenate([later, ends, ends], axis=-1)
    lost = np.array([0.0, 0.0, 1.0, 0.0])[:, None, None, None, None]
    behind = np.concatenate([later[..., :1], later[..., :-1]], axis=-1)
    stays = 1 - on - back - leap - loss
    return stays * later + on * ahead[..., 1:6] + leap * ahead[..., 2:7] + back * behind + loss * lost


def daily_states(lives: Lives) -> pl.DataFrame:
    """One row per deal and day on which it was open at the day's start: deal, day, stage, momentum, spell."""
    open_states = (
        lives.states.filter(pl.col("stage") < OPEN_STAGES)
        .with_columns(first=pl.col("day") + 1, last=(pl.col("until") // days.SECONDS).fill_null(10**6))
        .with_columns(last=pl.min_horizontal("last", pl.lit(days.DAYS)))
        .filter(pl.col("last") >= pl.col("first"))
        .with_columns(day=pl.int_ranges("first", pl.col("last") + 1))
    )
    return open_states.select("deal", "spell", "stage", "momentum", "day").explode("day")


def outcomes(lives: Lives) -> pl.DataFrame:
    """How each open spell ended, past the end of the written history too: deal, spell, ended (second), won."""
    closes = lives.states.filter(pl.col("stage") >= OPEN_STAGES)
    return closes.select("deal", "spell", ended="at", won=pl.col("stage") == WON)


def chance_rows(states: pl.DataFrame, births: Births, chances: Chances) -> pl.DataFrame:
    """`states` with the exact chances of each row."""
    deal, day = states["deal"].to_numpy(), states["day"].to_numpy()
    at = (births.deal_class[deal], states["momentum"].to_numpy(), states["stage"].to_numpy())
    columns = [pl.Series(name, chances.table[day, number, at[0], at[1], at[2]]) for number, name in enumerate(CHANCES)]
    return states.with_columns(columns)


def chance_table(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The written form of daily chances: deal_id, as_of (UTC instant, the start of a local day), the chances."""
    seconds = rows["day"].to_numpy() * days.SECONDS
    return rows.select(
        days.ids("D", rows["deal"].to_numpy(), 6).alias("deal_id"),
        pl.Series("as_of", days.instants(seconds, settings)),
        "spell",
        "stage",
        "momentum",
        *CHANCES,
    ).sort("deal_id", "as_of")


def deal_table(births: Births) -> pl.DataFrame:
    """One row per deal: deal_id, quality (latent, standardised), quality_level (as the process sees it), class."""
    level = QUALITY_LEVELS[births.deal_class % len(QUALITY_LEVELS)]
    return pl.DataFrame(
        {
            "deal_id": days.ids("D", np.arange(births.size), 6),
            "quality": births.quality,
            "quality_level": level,
            "deal_class": births.deal_class,
        }
    )


def outcome_table(lives: Lives, settings: Settings) -> pl.DataFrame:
    """The end of every open spell, later than the written history too: deal_id, spell, closed_at, won."""
    ends = outcomes(lives)
    return ends.select(
        days.ids("D", ends["deal"].to_numpy(), 6).alias("deal_id"),
        "spell",
        pl.Series("closed_at", days.instants(ends["ended"].to_numpy(), settings)),
        "won",
    ).sort("deal_id", "spell")


def rep_table(staff: Staff) -> pl.DataFrame:
    """The planted traits of reps: rep_id, skill (standardised), load (1 is usual), diligence, date_optimism (dates
    written / time really left, a factor)."""
    return pl.DataFrame(
        {
            "rep_id": days.ids("R", np.arange(staff.size), 3),
            "skill": staff.skill,
            "load": staff.load,
            "diligence": staff.diligence,
            "date_optimism": staff.date_optimism,
        }
    )
