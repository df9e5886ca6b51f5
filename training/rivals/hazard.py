"""A hazard per week: of a deal still open at the start of a week ahead, the chance that the week ends it.

Every open deal on a day is followed week by week for as long as it was seen, so a deal that is still open at the cut
tells of the weeks in which it was not closed. Two boosters, of won and of lost in the week, give the chance by a
horizon as the cumulative incidence of winning.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import polars as pl

from history.settings import Settings
from training.fitting import FitOptions, Window, recency
from training.frames import as_of_column, number_column
from training.horizon import quarter_ends
from training.labels import LOST, WON, first_closings
from training.rivals.rival import Baseline, HorizonOf, horizon_ends, one_share, open_interval
from training.rivals.trees import Grown, Rows, grow
from training.splits import thin

ADDED = ("weeks_ahead", "week_quarter_days_left", "close_date_past_week")
MOST_ROWS = 150_000
MOST_WEEKS = 52
_WEEK_US = 7 * 86_400_000_000
_MOST_CLOSING = 0.999


def hazard(window: Window, horizon_of: HorizonOf, options: FitOptions | None = None) -> Baseline:
    """The chance to be won within a horizon; it never falls as the horizon grows.

    Deals are followed for as many weeks as `horizon_of` asks of the window's days; later weeks count as the last one.
    """
    options = options or FitOptions()
    weeks = person_weeks(window, _weeks_asked(window, horizon_of), MOST_ROWS)
    won, lost = ((weeks["ended"] == outcome).to_numpy().astype(float) for outcome in (WON, LOST))
    if not 0 < won.sum() < len(won):
        return one_share(won)
    values = _values(window, weeks)
    with ThreadPoolExecutor(max_workers=2) as pool:
        grown = pool.map(lambda happened: _grown(window, weeks, values, happened, options), (won, lost))
        both = list(grown)
    last = int(weeks["week"].to_numpy().max())

    def chance(matrix: pd.DataFrame, horizon_days: np.ndarray) -> np.ndarray:
        if len(matrix) == 0:
            return np.empty(0)
        encoded, ahead = window.encoding.encode(matrix), horizon_days / 7
        each = (
            _in_week(both, matrix, encoded, week, last, window.history.settings, ahead > week)
            for week in range(int(np.ceil(ahead.max())))
        )
        return open_interval(won_within(each, ahead))

    return chance


def person_weeks(window: Window, most_weeks: int, most_rows: int) -> pl.DataFrame:
    """One row per open deal on a day and week ahead in which it was still open at the week's start.

    Columns row, deal_id, as_of, week (0 is the first), horizon_end (of the week) and ended ("won", "lost", or "open"
    where the week did not end the deal). Only weeks that had ended by the cut are there. Days are thinned evenly to
    about `most_rows`.
    """
    rows = _followed(first_closings(window.history, window.spine, window.cut), window.cut, most_weeks)
    kept = thin(rows, int(rows.height * min(1.0, most_rows / max(1, rows["weeks"].sum()))))
    weeks = kept.filter(pl.col("weeks") > 0).with_columns(week=pl.int_ranges("weeks")).explode("week")
    ended = pl.when(pl.col("week") == pl.col("closing_week")).then("outcome").otherwise(pl.lit("open"))
    return weeks.with_columns(horizon_end=_week_start(pl.col("week") + 1), ended=ended).select(
        "row", "deal_id", "as_of", "week", "horizon_end", "ended"
    )


def won_within(each: Iterable[np.ndarray], weeks_ahead: np.ndarray) -> np.ndarray:
    """The cumulative incidence of winning within `weeks_ahead` (rows, in weeks), from the chances of each week.

    `each` yields (2 x rows) arrays, of a deal still open the chance that the week wins it and that it loses it. The
    last week counts in proportion to the part of it that the horizon covers.

    >>> week = np.array([[0.2], [0.3]])
    >>> won_within([week, week], np.array([1.5])).round(3).tolist()
    [0.25]
    """
    open_still, won = np.ones(len(weeks_ahead)), np.zeros(len(weeks_ahead))
    for week, closing in enumerate(each):
        covered = np.clip(weeks_ahead - week, 0, 1)
        held = closing * np.minimum(1, _MOST_CLOSING / np.maximum(closing.sum(axis=0), 1e-12))
        won += open_still * held[0] * covered
        open_still *= 1 - held.sum(axis=0)
    return won


def _weeks_asked(window: Window, horizon_of: HorizonOf) -> int:
    ends = horizon_ends(window.spine["as_of"], horizon_of)
    longest = (ends - window.spine["as_of"]).max() if len(ends) else None
    days = longest.total_seconds() / 86_400 if isinstance(longest, dt.timedelta) else 7.0
    return int(np.clip(np.ceil(days / 7), 1, MOST_WEEKS))


def _week_start(week: pl.Expr) -> pl.Expr:
    return pl.col("as_of") + pl.duration(microseconds=week * _WEEK_US)


def _followed(rows: pl.DataFrame, cut: dt.datetime, most_weeks: int) -> pl.DataFrame:
    """`rows` (as_of, closed_at) with closing_week (null while open) and weeks, how many of them are followed.

    A closing that was entered late, after a day on which the deal still looked open, falls in the first week.
    """
    instant = pl.col("closed_at").cast(pl.Datetime("us"))
    closing = ((instant - pl.col("as_of")).dt.total_microseconds() // _WEEK_US).clip(lower_bound=0)
    seen = (pl.lit(cut) - pl.col("as_of")).dt.total_microseconds() // _WEEK_US
    weeks = pl.min_horizontal(seen, closing + 1, pl.lit(most_weeks))
    return rows.with_columns(closing_week=closing, weeks=weeks)


def _values(window: Window, weeks: pl.DataFrame) -> np.ndarray:
    """The encoded features of each row beside the columns of `ADDED`; each open deal is encoded once."""
    rows, place = np.unique(weeks["row"].to_numpy(), return_inverse=True)
    matrix = window.matrix.iloc[rows]
    encoded = window.encoding.encode(matrix)
    added = _week_columns(matrix.iloc[place], weeks["week"].to_numpy(), window.history.settings)
    return np.column_stack([encoded[place], added])


def _week_columns(matrix: pd.DataFrame, week: np.ndarray, settings: Settings) -> np.ndarray:
    """Weeks ahead, days from the week's start to the quarter's end, and days from then to the rep's own date."""
    starts = as_of_column(matrix) + (week * _WEEK_US).astype("timedelta64[us]")
    ends = quarter_ends(starts.min().item(), starts.max().item(), settings)
    left = (ends[np.searchsorted(ends, starts, side="right")] - starts).astype(np.int64) / 86_400e6
    return np.column_stack([week, left, number_column(matrix, "days_to_close_date") - 7 * week])


def _grown(window: Window, weeks: pl.DataFrame, values: np.ndarray, happened: np.ndarray, options: FitOptions) -> Grown:
    rows = Rows(
        values=values,
        happened=happened,
        weight=recency(weeks, window.cut, window.half_life_days),
        earlier=(weeks["horizon_end"] <= window.middle).to_numpy(),
        later=(weeks["as_of"] >= window.middle).to_numpy(),
        place=weeks["row"].to_numpy(),
        encoding=window.encoding,
        added=ADDED,
    )
    return grow(rows, options.boost)


def _in_week(
    both: list[Grown],
    matrix: pd.DataFrame,
    encoded: np.ndarray,
    week: int,
    last: int,
    settings: Settings,
    asked: np.ndarray,
) -> np.ndarray:
    """The chances that the week wins and loses (2 x rows), 0 for rows that do not ask of the week."""
    out = np.zeros((2, len(matrix)))
    added = _week_columns(matrix.iloc[asked], np.full(int(asked.sum()), week), settings)
    added[:, 0] = min(week, last)
    values = np.column_stack([encoded[asked], added])
    for place, grown in enumerate(both):
        out[place, asked] = grown.chance(values)
    return out
