"""The days the synthetic company lives through: working days, quarter ends, seasons. Day 0 is 2023-07-01."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from history.settings import Settings

FIRST_DAY = dt.date(2023, 7, 1)
END_DAY = dt.date(2026, 7, 1)
DAYS = (END_DAY - FIRST_DAY).days
COMING_DAYS = 92
"""Days of the quarter that begins when the written history ends."""
RUN_OUT_DAYS = 730
"""Days simulated past the end so that every deal's outcome is known to the truth; none of them is written."""

SEASON = np.array([0.92, 1.0, 0.97, 1.11])
"""How business runs in the four quarters of the year, as a factor."""

SECONDS = 86_400
OPENS_SECOND, WORK_SECONDS = 9 * 3600, 34_200
HOLIDAYS = tuple(
    dt.date.fromisoformat(first) + dt.timedelta(days=day)
    for first, length in (
        ("2023-10-01", 7),
        ("2024-02-09", 8),
        ("2024-10-01", 7),
        ("2025-01-28", 8),
        ("2025-10-01", 7),
        ("2026-02-16", 8),
        ("2026-10-01", 7),
        ("2027-02-05", 8),
        ("2027-10-01", 7),
        ("2028-01-25", 8),
    )
    for day in range(length)
)


def dates(days: int = DAYS + RUN_OUT_DAYS) -> np.ndarray:
    """The calendar as datetime64[D], one entry per day."""
    return np.datetime64(FIRST_DAY) + np.arange(days)


def working(days: int = DAYS + RUN_OUT_DAYS) -> np.ndarray:
    """How much work is done each day, as a share of an average day: little on weekends and holidays."""
    axis = dates(days)
    weekend = (axis.astype(int) + 3) % 7 >= 5
    share = np.where(weekend, 0.08, 1.0)
    share[np.isin(axis, np.array(HOLIDAYS, dtype="datetime64[D]"))] = 0.08
    return np.asarray(share / 0.70)


def period_ends(months: int, days: int = DAYS + RUN_OUT_DAYS) -> np.ndarray:
    """For each day the day number at which its calendar period of `months` (1 or 3) ends, exclusive."""
    month = dates(days).astype("datetime64[M]").astype(int)
    following = (month // months + 1) * months
    ends = following.astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray((ends - np.datetime64(FIRST_DAY)).astype(int))


def season(days: int = DAYS + RUN_OUT_DAYS) -> np.ndarray:
    """The season of each day, as a factor."""
    return np.asarray(SEASON[dates(days).astype("datetime64[M]").astype(int) // 3 % 4])


def days_left(months: int, days: int = DAYS + RUN_OUT_DAYS) -> np.ndarray:
    """Days until the period of `months` that holds each day ends; 1 on its last day."""
    return np.asarray(period_ends(months, days) - np.arange(days))


def quarter_names(days: int = DAYS) -> list[str]:
    """The quarters of the first `days` days, in order: of the written history 2023Q3 to 2026Q2."""
    starts = dates(days).astype("datetime64[M]").astype(int) // 3
    return [f"{1970 + quarter // 4}Q{quarter % 4 + 1}" for quarter in np.unique(starts)]


def month_names(days: int = DAYS) -> list[str]:
    """The months of the first `days` days, in order: of the written history 2023-07 to 2026-06."""
    return [str(month) for month in np.unique(dates(days).astype("datetime64[M]"))]


def quarter_index(day: np.ndarray) -> np.ndarray:
    """The number of the quarter that holds each day number, from 0."""
    month = (np.datetime64(FIRST_DAY) + np.asarray(day)).astype("datetime64[M]").astype(int)
    first = np.datetime64(FIRST_DAY, "M").astype(int)
    return np.asarray(month // 3 - first // 3)


def instants(seconds: np.ndarray, settings: Settings) -> np.ndarray:
    """Seconds of local time since the first midnight as naive UTC datetime64[us]; the zone keeps one offset."""
    start = np.datetime64(settings.start_of(FIRST_DAY), "us")
    return np.asarray(start + np.asarray(seconds, dtype=np.int64) * np.timedelta64(1_000_000, "us"))


def end_instant(settings: Settings) -> dt.datetime:
    """The instant before which everything was recorded."""
    return settings.start_of(END_DAY)


def day_text(day: pl.Series) -> pl.Series:
    """Day numbers as YYYY-MM-DD."""
    return (pl.Series(np.datetime64(FIRST_DAY) + day.to_numpy())).cast(pl.Date).dt.to_string("%Y-%m-%d")


def in_hours(day: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random second of the working hours of each day."""
    return np.asarray(day, dtype=np.int64) * SECONDS + OPENS_SECOND + rng.integers(0, WORK_SECONDS, len(day))


def ids(prefix: str, numbers: np.ndarray, width: int) -> pl.Series:
    """Ids such as D000123 from whole numbers."""
    return prefix + pl.Series(np.asarray(numbers)).cast(pl.String).str.zfill(width)
