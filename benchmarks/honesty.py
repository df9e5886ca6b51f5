"""Whether chances mean what they say: reliability by stage, horizon and segment, and against planted chances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.matrix import build_matrix
from history.record import History
from history.synthetic import Crm, generate
from training.backtest import MODEL, Replay, backtest, period_end
from training.baselines import GATE
from training.calibration import reliability, slope_and_intercept
from training.metrics import Score, deal_weights

HORIZON_EDGES_DAYS = (14.0, 45.0)
HORIZON_NAMES = ("up to 14 days", "15 to 45 days", "over 45 days")
LEAST_DEALS = 30
PLANTED_DEALS = 20_000
PLANTED_FIRST, PLANTED_LAST = dt.date(2025, 7, 1), dt.date(2026, 6, 30)


def reliability_lines(replay: Replay, history: History, bins: int = 8) -> Iterator[str]:
    """Tables of what was shown and what came: over all rows in bins, then by stage, horizon and segment."""
    chance, won, deal = replay.rows[MODEL].to_numpy(), replay.won, replay.rows["deal_id"].to_numpy()
    yield ""
    yield "What the model said and what came, with the 90 % interval of the share that came, by the number of deals:"
    yield ""
    yield from _table("rows by chance", reliability(chance, won, np.full(len(won), "all"), deal, bins), numbered=True)
    for title, group in groups(replay, history).items():
        table = reliability(chance, won, group, deal, 1).filter(pl.col("deals") >= LEAST_DEALS)
        if table.height > 1:
            yield ""
            yield from _table(title, table)


def groups(replay: Replay, history: History) -> dict[str, np.ndarray]:
    """The name of each row's stage, horizon and segment."""
    place = np.searchsorted(HORIZON_EDGES_DAYS, replay.rows["horizon_days"].to_numpy())
    segment = build_matrix(history, replay.rows.select("deal_id", "as_of"), names=["segment"])["segment"]
    return {
        "stage": replay.rows["stage"].to_numpy().astype(str),
        "horizon": np.array(HORIZON_NAMES)[place],
        "segment": segment.astype(object).where(segment.notna(), "(none)").to_numpy().astype(str),
    }


def _table(title: str, found: pl.DataFrame, numbered: bool = False) -> Iterator[str]:
    yield f"| {title} | rows | deals | said | came | interval |"
    yield "|---|---|---|---|---|---|"
    for row in found.iter_rows(named=True):
        name = f"{row['bin'] + 1} of {found.height}" if numbered else row["group"]
        low, high = f"{row['low']:.1%}", f"{row['high']:.1%}"
        yield f"| {name} | {row['n']:,} | {row['deals']:,} | {row['shown']:.1%} | {row['came']:.1%} | {low} to {high} |"


@dataclass(frozen=True)
class Planted:
    """What the model made of planted chances: how much of the gap from the stage × age table to them it closed, by
    expected log loss; and the slope and intercept of what came on what was said; each with a 90 % interval by deals."""

    rows: int
    deals: int
    gap_closed: Score
    slope: Score
    intercept: Score


def planted(crm: Crm, first: dt.date = PLANTED_FIRST, last: dt.date = PLANTED_LAST, resamples: int = 100) -> Planted:
    """Replays fortnightly days between two dates: won before the end of the quarter, models of the quarter's start."""
    start_of = crm.history.settings.start_of
    days = [start_of(first + dt.timedelta(days=14 * turn)) for turn in range((last - first).days // 14 + 1)]
    replay = backtest(crm.history, days, period_end(crm.history.settings, "quarter"), "quarter")
    truth = crm.truth["chances"].select(
        "deal_id", pl.col("as_of").cast(pl.Datetime("us")), planted=pl.col("win_by_quarter_end")
    )
    rows = replay.rows.with_columns(won=pl.Series(replay.won)).join(truth, on=["deal_id", "as_of"]).sort("deal_id")
    excess = {name: _expected_loss(rows[name], rows["planted"]) for name in (MODEL, GATE, "planted")}
    number = rows["deal_id"].rank("dense").to_numpy() - 1
    drawn = deal_weights(number, 0, resamples)[:, number]

    def gap(weight: np.ndarray) -> float:
        table, model, best = (float(weight @ excess[name]) for name in (GATE, MODEL, "planted"))
        return (table - model) / (table - best)

    chance, won = rows[MODEL].to_numpy(), rows["won"].to_numpy()
    picks = [np.repeat(np.arange(len(won)), weight) for weight in drawn]
    lines = np.array([slope_and_intercept(chance[pick], won[pick]) for pick in picks])
    slope, intercept = slope_and_intercept(chance, won)
    return Planted(
        rows=rows.height,
        deals=rows["deal_id"].n_unique(),
        gap_closed=_score(gap(np.ones(len(won))), np.array([gap(weight) for weight in drawn])),
        slope=_score(slope, lines[:, 0]),
        intercept=_score(intercept, lines[:, 1]),
    )


def _expected_loss(chance: pl.Series, planted: pl.Series) -> np.ndarray:
    """The log loss of each chance, on average over fates drawn from the planted one."""
    shown, true = np.clip(chance.to_numpy(), 1e-6, 1 - 1e-6), planted.to_numpy()
    return -(true * np.log(shown) + (1 - true) * np.log(1 - shown))


def _score(value: float, drawn: np.ndarray) -> Score:
    low, high = np.quantile(drawn, [0.05, 0.95])
    return Score(value, float(low), float(high))


def planted_lines(deals: int = PLANTED_DEALS, seed: int = 7) -> Iterator[str]:
    """The planted chances asked back, as lines of the page."""
    found = planted(generate(deals, seed))
    yield "### Against the planted chances"
    yield ""
    yield f"{deals:,} deals, seed {seed}: fortnightly dates {PLANTED_FIRST} to {PLANTED_LAST}, won before the end of"
    yield f"the quarter, models trained at each quarter's start; {found.rows:,} rows of {found.deals:,} deals. The"
    yield "gap is that in expected log loss from the stage × age table to the planted chances, which hang on what"
    yield "no CRM records."
    yield ""
    yield "| measure | value (90 % interval) | asked | |"
    yield "|---|---|---|---|"
    yield _asked("share of the gap closed", found.gap_closed, 0.80, 1.0)
    yield _asked("calibration slope", found.slope, 0.95, 1.05)
    yield _asked("calibration intercept", found.intercept, -0.05, 0.05)


def _asked(name: str, found: Score, low: float, high: float) -> str:
    well = "reached" if low <= found.value <= high else "**missed**"
    return f"| {name} | {_told(found)} | {low} to {high} | {well} |"


def _told(score: Score) -> str:
    return f"{score.value:.2f} ({score.low:.2f} to {score.high:.2f})"
