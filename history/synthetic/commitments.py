"""The close dates that reps write down: first guesses, pushes when the day passes, new guesses when a deal moves.

A rep sees stage and momentum through noise and dates optimistically; dates never act on the deal itself.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from history.synthetic import days
from history.synthetic.births import Births
from history.synthetic.deal_life import Lives
from history.synthetic.process import SPEED
from history.synthetic.vocabulary import OPEN_STAGES, WON
from history.synthetic.world import Staff

REMAINING_DAYS = np.array([125.0, 98.0, 72.0, 46.0, 24.0])
MOMENTUM_SEEN = np.array([1.6, 1.0, 0.7])
MOST_PUSHES = 14


def close_dates(births: Births, lives: Lives, staff: Staff, rng: np.random.Generator) -> pl.DataFrame:
    """Every close date as written: deal, at (second), value (YYYY-MM-DD)."""
    frame = _stretches(lives)
    dated = np.full(births.size, -1)
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for _, group in frame.group_by("turn", maintain_order=True):
        deal, at, until = (group[name].to_numpy() for name in ("deal", "at", "until"))
        stage, momentum = group["stage"].to_numpy(), group["momentum"].to_numpy()
        chance = np.select([group["opens"].to_numpy(), group["moved"].to_numpy()], [1.0, 0.5], 0.18)
        now = np.flatnonzero(rng.random(len(deal)) < chance)
        _write(
            dated, rows, deal[now], at[now], _guess(births, staff, deal[now], at[now], stage[now], momentum[now], rng)
        )
        for _ in range(MOST_PUSHES):
            when = _noticed(dated[deal], at, staff.diligence[births.rep[deal]], rng)
            late = when < until
            deal, at, until, stage, momentum = deal[late], when[late], until[late], stage[late], momentum[late]
            if len(deal) == 0:
                break
            _write(dated, rows, deal, at, _guess(births, staff, deal, at, stage, momentum, rng))
    names = ("deal", "at", "close_day")
    written = pl.DataFrame({name: np.concatenate([row[n] for row in rows]) for n, name in enumerate(names)})
    events = pl.concat([written, _at_close(lives, rng)]).sort("deal", "at")
    return events.select("deal", "at", days.day_text(events["close_day"]).alias("value"))


def _stretches(lives: Lives) -> pl.DataFrame:
    """Open states with their turn in the deal, whether they open a spell and whether the stage moved."""
    before = pl.col("stage").shift(1).over("deal")
    return (
        lives.states.with_columns(
            opens=before.is_null() | (before >= OPEN_STAGES),
            moved=(before != pl.col("stage")).fill_null(True),
            until=pl.col("until").fill_null(2**40),
            turn=pl.int_range(pl.len()).over("deal"),
        )
        .filter((pl.col("stage") < OPEN_STAGES) & (pl.col("day") < days.DAYS))
        .with_columns(until=pl.min_horizontal("until", pl.lit(days.DAYS * days.SECONDS)))
        .sort("turn", "deal")
    )


def _guess(
    births: Births,
    staff: Staff,
    deal: np.ndarray,
    at: np.ndarray,
    stage: np.ndarray,
    momentum: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """The day number a rep would write: typical time left, seen through noise, often a month's or quarter's end."""
    left = REMAINING_DAYS[stage] / SPEED[births.segment[deal]] * MOMENTUM_SEEN[momentum]
    left = left * staff.date_optimism[births.rep[deal]] * np.exp(rng.normal(0, 0.45, len(deal)))
    day = np.minimum(at // days.SECONDS + np.maximum(left, 4).astype(int), days.DAYS + days.RUN_OUT_DAYS - 1)
    month_end, quarter_end = days.period_ends(1)[day] - 1, days.period_ends(3)[day] - 1
    snap = rng.random(len(deal))
    near_quarter = (quarter_end - day < 30) & (snap < 0.45)
    return np.where(near_quarter, quarter_end, np.where(snap < 0.4, month_end, day))


def _noticed(close_day: np.ndarray, at: np.ndarray, diligence: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """When a rep next looks at the date: some days before it passes or, mostly, after; the diligent sooner."""
    lag = rng.geometric(np.clip(0.16 * diligence, 0.05, 0.6)) - 5
    return days.in_hours(np.maximum(close_day + lag, at // days.SECONDS + 1), rng)


def _write(
    dated: np.ndarray,
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
    deal: np.ndarray,
    at: np.ndarray,
    close_day: np.ndarray,
) -> None:
    dated[deal] = close_day
    rows.append((deal, at, close_day))


def _at_close(lives: Lives, rng: np.random.Generator) -> pl.DataFrame:
    """Most closings set the date to the day itself, in the same moment."""
    closes = lives.states.filter(pl.col("stage") >= OPEN_STAGES)
    chance = np.where(closes["stage"].to_numpy() == WON, 0.9, 0.65)
    kept = closes.filter(pl.Series(rng.random(closes.height) < chance))
    return kept.select("deal", "at", close_day="day")
