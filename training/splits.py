"""Which days and horizons a model learns from: weekly as-of dates, sampled horizons, later windows for calibration.

Everything that is learned from at a cut has ended by that cut: as_of < as_of + horizon <= cut.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from history.fiscal import bounds, period_of, previous
from history.settings import Settings

DAY = dt.timedelta(days=1)
SHORTEST_DAYS, USUAL_LONGEST_DAYS = 3, 100
LONG_HORIZONS_DAYS = (365, 270, 180, 90, 60, 30)
"""Candidates for the horizon of `win_probability`, longest first; 30 and 60 serve histories of a few months only."""


@dataclass(frozen=True)
class Sampling:
    """How many horizons are drawn per row, and about how many rows are kept (as-of dates are thinned evenly)."""

    seed: int = 0
    draws_per_row: int = 1
    most_rows: int = 24_000


def weekly_instants(first: dt.datetime, cut: dt.datetime, settings: Settings, step_days: int = 7) -> list[dt.datetime]:
    """Starts of local days, `step_days` apart on a grid that does not depend on `cut`, with first < instant < cut.

    >>> weekly_instants(dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 15), Settings())
    [datetime.datetime(2026, 1, 4, 0, 0), datetime.datetime(2026, 1, 11, 0, 0)]
    """
    day = settings.day_of(first)
    day += dt.timedelta(days=-day.toordinal() % step_days)
    days = []
    while settings.start_of(day) < cut:
        days.append(settings.start_of(day))
        day += dt.timedelta(days=step_days)
    return [instant for instant in days if instant > first]


def long_horizon_days(spine: pl.DataFrame, cut: dt.datetime, least_deals: int = 300) -> int:
    """The longest candidate horizon whose end has been seen for at least `least_deals` deals; else the longest that
    has been seen for half of all deals; else the shortest candidate.
    """
    deals = max(spine["deal_id"].n_unique(), 1)
    for days in LONG_HORIZONS_DAYS:
        seen = spine.filter(pl.col("as_of") + dt.timedelta(days=days) <= cut)["deal_id"].n_unique()
        if seen >= least_deals or 2 * seen >= deals:
            return days
    return LONG_HORIZONS_DAYS[-1]


def thin(spine: pl.DataFrame, most_rows: int) -> pl.DataFrame:
    """`spine` with evenly chosen as-of dates (the newest always kept) so that about `most_rows` rows remain."""
    if spine.height <= most_rows:
        return spine
    dates = spine["as_of"].unique().sort(descending=True)
    keep = max(1, int(len(dates) * most_rows / spine.height))
    chosen = dates.gather(np.unique(np.linspace(0, len(dates) - 1, keep).astype(int)))
    return spine.filter(pl.col("as_of").is_in(chosen.implode()))


def period_ends(instants: list[dt.datetime], settings: Settings) -> pl.DataFrame:
    """Per as-of instant the ends (UTC, exclusive) of its month, its quarter and the quarter after."""
    rows = []
    for instant in instants:
        day = settings.day_of(instant)
        quarter = period_of(day, settings, "quarter")
        ends = [period_of(day, settings, "month"), quarter, previous(quarter, settings, back=-1)]
        rows.append((instant, *(bounds(period, settings)[1] for period in ends)))
    schema = {name: pl.Datetime("us") for name in ("as_of", "month_end", "quarter_end", "next_quarter_end")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def sample_horizons(
    spine: pl.DataFrame, cut: dt.datetime, settings: Settings, long_days: int, sampling: Sampling
) -> pl.DataFrame:
    """`spine` (deal_id, as_of, ...) repeated with horizons that had ended by `cut`: adds horizon_end, horizon_days.

    Per row: `draws_per_row` lengths from 3 to 100 days drawn evenly in their logarithm, one up to `long_days`, the
    long horizon itself, the end of the quarter, which is what people ask of most, and that of the month or of the next
    quarter. Seeded; sorted by deal_id, as_of, horizon_end.
    """
    rows = spine.sort("deal_id", "as_of").join(
        period_ends(sorted(spine["as_of"].unique().to_list()), settings), on="as_of", how="left", maintain_order="left"
    )
    generator = np.random.default_rng(sampling.seed)
    drawn = [_drawn(generator, rows.height, SHORTEST_DAYS, USUAL_LONGEST_DAYS) for _ in range(sampling.draws_per_row)]
    if long_days > SHORTEST_DAYS:
        drawn.append(_drawn(generator, rows.height, SHORTEST_DAYS, long_days))
    drawn.append(np.full(rows.height, long_days))
    ends = [rows["as_of"] + pl.Series(days.astype(np.int64)) * DAY for days in drawn]
    near = pl.Series(generator.integers(0, 2, rows.height) == 0)
    other = rows.select(pl.when(near).then("month_end").otherwise("next_quarter_end")).to_series()
    ends += [rows["quarter_end"], other]
    frames = [rows.select(spine.columns).with_columns(horizon_end=end) for end in ends]
    every = pl.concat(frames).unique(["deal_id", "as_of", "horizon_end"])
    return with_horizon_days(every.filter(pl.col("horizon_end") <= cut)).sort("deal_id", "as_of", "horizon_end")


def with_horizon_days(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with horizon_days: days from as_of to horizon_end, a float."""
    return rows.with_columns(horizon_days=(pl.col("horizon_end") - pl.col("as_of")).dt.total_microseconds() / 86_400e6)


def _drawn(generator: np.random.Generator, n: int, shortest: int, longest: int) -> np.ndarray:
    """`n` whole numbers of days, spread evenly in their logarithm."""
    return np.rint(np.exp(generator.uniform(np.log(shortest), np.log(longest), n)))


def calibration_start(first: dt.datetime, cut: dt.datetime, share: float = 0.3, longest_days: int = 182) -> dt.datetime:
    """Where the calibration window begins: the last `share` of the history before `cut`, at most `longest_days`."""
    return cut - min(share * (cut - first), longest_days * DAY)
