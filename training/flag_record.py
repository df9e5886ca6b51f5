"""The track record of each risk flag, by replay: of deals flagged so on past dates, how many were won, and of others.

Each past date is seen as it was known then, and counts only if its horizon had ended by the cut. A deal counts once on
either side, with the share of its dates there that were followed by a win, so that long-lived deals do not rule. As
late deals are flagged for other things than early ones, the others are also counted at the stages of the flagged.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from features.flags import FLAGS, applies, raised, thresholds_of
from features.silence import heard_since, silent_flags
from history.record import History
from training.frames import spine_of
from training.labels import WON, outcomes_by
from training.metrics import deal_weights

RESAMPLES, LEVEL = 200, 0.9


@dataclass(frozen=True)
class FlagRecord:
    """What became of deals with and without a flag within `horizon_days`.

    `deals_flagged` and `deals_other` are distinct deals, `rows_flagged` and `rows_other` deals times weekly dates;
    `won_flagged` and `won_other` shares from 0 to 1. `lift` is their ratio (below 1: fewer of the flagged were won),
    `precision` the share of flagged deals that were not won; each with the interval that holds it in 90 % of
    resamplings of deals. `won_same_stage` and `lift_same_stage` compare with the others as if they had stood at the
    stages of the flagged. None where nothing was flagged, or nothing else was there to compare with.
    """

    threshold: float
    horizon_days: int
    deals_flagged: int
    deals_other: int
    rows_flagged: int
    rows_other: int
    won_flagged: float | None
    won_other: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    won_same_stage: float | None
    lift_same_stage: float | None
    lift_same_stage_low: float | None
    lift_same_stage_high: float | None
    precision: float | None
    precision_low: float | None
    precision_high: float | None

    @property
    def goes_with(self) -> str | None:
        """What the interval of `lift_same_stage` says the flag goes with: "losing", "winning" or "neither".

        None where there is nothing to compare with.
        """
        low, high = self.lift_same_stage_low, self.lift_same_stage_high
        if self.lift_same_stage is None or low is None or high is None:
            return None
        return "losing" if high < 1 else "winning" if low > 1 else "neither"

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, as `read_records` takes them."""
        return asdict(self)


@dataclass(frozen=True)
class _Rows:
    """Rows whose outcome is known: the number of the deal and of the stage, and 1 where it was won."""

    deal: np.ndarray
    stage: np.ndarray
    won: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        return (int(self.deal.max(initial=-1)) + 1, int(self.stage.max(initial=-1)) + 1)

    def tallies(self, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Per deal and stage the weight of its rows of `here`, one in all for a deal, and the weight of those won."""
        deals, stages = self.shape
        weight = here / np.maximum(np.bincount(self.deal, weights=here, minlength=deals)[self.deal], 1)
        cell = self.deal * stages + self.stage
        sums = [np.bincount(cell, weights=w, minlength=deals * stages) for w in (weight, weight * self.won)]
        return sums[0].reshape(deals, stages), sums[1].reshape(deals, stages)


def flag_records(
    matrix: pd.DataFrame, history: History, cut: dt.datetime, horizon_days: int, seed: int = 0
) -> dict[str, FlagRecord]:
    """The record of every flag that is switched on, as it could have been counted at `cut` (naive UTC).

    `matrix` holds open deals on past dates as known on each; rows from `cut` on, and rows whose horizon of
    `horizon_days` had not ended by it, are not used. A flag is compared among the deals that it asks anything of.
    """
    rows = _resolved(matrix, history, cut, horizon_days)
    seen = matrix.iloc[rows["row"].to_numpy()]
    won = (rows["label"] == WON).to_numpy().astype(float)
    told = _Rows(_numbers(rows["deal_id"]), _numbers(rows["stage"]), won)
    quiet = _quiet(rows["as_of"], history)
    stages = len(history.settings.open_stages)
    found = {}
    for code, threshold in thresholds_of(history.settings.raw).items():
        if threshold is not None:
            asked = applies(FLAGS[code], seen, stages) & ~quiet[code]
            hit = raised(FLAGS[code], seen, threshold, stages) & asked
            found[code] = _record(threshold, horizon_days, told, hit, asked & ~hit, seed)
    return found


def read_records(document: Mapping[str, Mapping[str, float]]) -> dict[str, FlagRecord]:
    """Records from the form in which they were saved; flags that are no longer declared are left out."""
    return {code: FlagRecord(**values) for code, values in document.items() if code in FLAGS}  # type: ignore[arg-type]


def _resolved(matrix: pd.DataFrame, history: History, cut: dt.datetime, horizon_days: int) -> pl.DataFrame:
    ends = pl.col("as_of") + dt.timedelta(days=horizon_days)
    spine = spine_of(matrix).with_columns(horizon_end=ends).filter(pl.col("horizon_end") <= cut)
    return outcomes_by(history, spine, cut)


def _quiet(as_of: pl.Series, history: History) -> dict[str, np.ndarray]:
    """Per flag the rows on whose dates the history could not speak to it."""
    since = heard_since(history)
    by_date = {date: silent_flags(since, date) for date in as_of.unique().to_list()}
    dates = as_of.to_list()
    return {code: np.array([code in by_date[date] for date in dates], dtype=bool) for code in FLAGS}


def _numbers(names: pl.Series) -> np.ndarray:
    return names.rank("dense").cast(pl.Int64).to_numpy() - 1


def _record(threshold: float, days: int, told: _Rows, hit: np.ndarray, other: np.ndarray, seed: int) -> FlagRecord:
    flagged, rest = told.tallies(hit.astype(float)), told.tallies(other.astype(float))
    once = np.ones((1, told.shape[0]))
    shown = [_first(found) for found in _shares(once, flagged, rest)]
    drawn = deal_weights(told.deal, seed, RESAMPLES) if len(told.deal) else once
    won, won_other, same = _shares(drawn, flagged, rest)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = {"lift": won / won_other, "lift_same_stage": won / same, "precision": 1 - won}
    values = {
        "won_flagged": shown[0],
        "won_other": shown[1],
        "won_same_stage": shown[2],
        "lift": _ratio(shown[0], shown[1]),
        "lift_same_stage": _ratio(shown[0], shown[2]),
        "precision": None if shown[0] is None else 1 - shown[0],
    }
    for name, found in spread.items():
        values[f"{name}_low"], values[f"{name}_high"] = _interval(found, values[name])
    return FlagRecord(
        threshold=threshold,
        horizon_days=days,
        deals_flagged=_deals(flagged[0]),
        deals_other=_deals(rest[0]),
        rows_flagged=int(hit.sum()),
        rows_other=int(other.sum()),
        **{name: _rounded(value) for name, value in values.items()},
    )


def _shares(
    drawn: np.ndarray, flagged: tuple[np.ndarray, np.ndarray], rest: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per drawing of deals the share won of the flagged, of the others, and of the others at the flagged's stages."""
    (there, won), (others, others_won) = ([drawn @ tally for tally in side] for side in (flagged, rest))
    with np.errstate(invalid="ignore", divide="ignore"):
        by_stage = others_won / others
        met = np.where(others > 0, there, 0.0)
        same = (met * np.nan_to_num(by_stage)).sum(axis=1) / met.sum(axis=1)
        return won.sum(axis=1) / there.sum(axis=1), others_won.sum(axis=1) / others.sum(axis=1), same


def _first(values: np.ndarray) -> float | None:
    return float(values[0]) if len(values) and math.isfinite(values[0]) else None


def _deals(tally: np.ndarray) -> int:
    return int((tally.sum(axis=1) > 0).sum())


def _ratio(share: float | None, other: float | None) -> float | None:
    return share / other if share is not None and other else None


def _interval(values: np.ndarray, shown: float | None) -> tuple[float | None, float | None]:
    known = values[np.isfinite(values)]
    if shown is None or len(known) == 0:
        return None, None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 6)
