"""Where a period will land, for every scope of a level: the table behind `dealcast forecast`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import polars as pl

from features.matrix import build_matrix
from history.errors import NoHistory, RequestInvalid
from history.fiscal import Period, bounds, parse_period
from history.record import History
from history.scopes import SCOPE_KINDS
from training.attainment.arrivals import Arrivals, arrivals, scope_arrivals
from training.attainment.landing import Landing, landing
from training.attainment.position import Position, position
from training.attainment.replay import past_periods
from training.attainment.shock import estimated_size

MEASURES = ("amount", "count")
SCHEMA: dict[str, pl.DataType] = {
    "scope_kind": pl.String(),
    "scope_id": pl.String(),
    "period": pl.String(),
    "as_of": pl.Datetime("us"),
    "measure": pl.String(),
    **{
        name: pl.Float64()
        for name in ("booked", "open_expected", "new_expected", "mean", "p10", "p25", "p50", "p75", "p90")
    },
    **{name: pl.Float64() for name in ("quota", "attainment", "p_attain", "coverage")},
    "open_deals": pl.Int64(),
    "amount_unknown": pl.Int64(),
    "past_periods": pl.Int64(),
}


class WinModel(Protocol):
    """What a forecast asks of a deal model: the chance that each row of the matrix is won within a horizon."""

    def predict(self, matrix: pd.DataFrame, horizon_days: np.ndarray) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Outlook:
    """All that the forecasts of one period at one instant share, whatever the level and measure.

    `chances`: (open deals,) of being won within the period, in the row order of `now.open`. `shock`: spread on the
    logit scale of what all open deals have in common.
    """

    period: Period
    now: Position
    chances: np.ndarray
    new: Arrivals
    shock: float


def forecast(
    history: History, model: WinModel | None, period: str, as_of: dt.datetime, by: str, measure: str = "amount"
) -> pl.DataFrame:
    """Where `period` ("2026Q4", "2026-11") lands in every scope of level `by`, as known at `as_of` (naive UTC).

    One row per scope with anything booked, open, to come or targeted, sorted by scope_id, in the workspace's currency
    or in deals: booked, open_expected and new_expected add up to mean; p10 to p90 are quantiles of the joint
    distribution; quota is the target last set before `as_of`; attainment = mean / quota; p_attain the chance of
    reaching it; coverage = worth of open deals dated in the period / what is missing to quota. No quota: these are
    null. Means of a level add up to the company's; quantiles do not and must not.
    Then follow open_deals and amount_unknown (deals booked or open whose amount is not known; they count with the
    norm of amounts won in their team) and past_periods, from how many earlier periods new_expected was learnt: with 0
    nothing is added for deals yet to come.
    Once the period is over the result is exact and `model` may be None.
    Raises `DateInvalid` for the period, `RequestInvalid` for the level or measure, `NoHistory` before the first row.
    """
    return table(outlook(history, model, period, as_of), by, measure)


def outlook(history: History, model: WinModel | None, period: str, as_of: dt.datetime) -> Outlook:
    """What forecasts of every level and measure share; compute it once where several are shown."""
    span = parse_period(period, history.settings)
    first = history.first_recorded
    if first is None or first >= as_of:
        known_from = (
            "history is empty" if first is None else f"the first row was recorded at {first:%Y-%m-%d %H:%M} UTC"
        )
        raise NoHistory(f"as-of {as_of:%Y-%m-%d %H:%M} UTC lies before any data: {known_from}. Ask for a later day.")
    now = position(history, *bounds(span, history.settings), as_of)
    if now.end <= as_of:
        return Outlook(span, now, np.zeros(0), arrivals(now, ()), 0.0)
    earlier = past_periods(now.past, span, as_of)
    shock = estimated_size([one.open for one in earlier])
    return Outlook(span, now, win_chances(model, now), arrivals(now, earlier), shock)


def win_chances(model: WinModel | None, now: Position) -> np.ndarray:
    """(open deals,) chance of being won within the period; what would be won before it begins does not count."""
    if now.open.is_empty():
        return np.zeros(0)
    if model is None:
        raise RequestInvalid(
            "a forecast of a period that is not over needs a model, and none was given. Train one first."
        )
    spine = now.open.select("deal_id", as_of=pl.lit(now.as_of, dtype=pl.Datetime("us")))
    matrix = build_matrix(now.past, spine)
    by_end = _won_within(model, matrix, now.end - now.as_of)
    if now.start <= now.as_of:
        return by_end
    return np.clip(by_end - _won_within(model, matrix, now.start - now.as_of), 0.0, 1.0)


def _won_within(model: WinModel, matrix: pd.DataFrame, ahead: dt.timedelta) -> np.ndarray:
    days = np.full(len(matrix), ahead / dt.timedelta(days=1))
    return np.clip(model.predict(matrix, days)["win_by_horizon"].to_numpy(dtype=float), 0.0, 1.0)


def table(seen: Outlook, by: str, measure: str = "amount") -> pl.DataFrame:
    """The rows of `forecast` for one level and measure; raises `RequestInvalid` for an unknown one."""
    _must_be("level", by, SCOPE_KINDS)
    _must_be("measure", measure, MEASURES)
    targets = quotas(seen.now.past, seen.period.name, by, measure, seen.now.as_of)
    booked = seen.now.booked.with_columns(chance=pl.lit(1.0))
    still_open = seen.now.open.with_columns(chance=pl.Series(seen.chances, dtype=pl.Float64))
    parts = {"booked": _by_scope(booked, by), "open": _by_scope(still_open, by)}
    coming = seen.new.donors.filter(pl.col("weight") > 0)[by].to_list()
    scopes = sorted({*parts["booked"], *parts["open"], *coming, *targets})
    none = {"booked": booked.head(0), "open": still_open.head(0)}
    rows = []
    for scope in scopes:
        own = {name: frames.get(scope, none[name]) for name, frames in parts.items()}
        rows.append(_row(seen, (by, scope), measure, own["booked"], own["open"], targets.get(scope)))
    return pl.DataFrame(rows, schema=SCHEMA)


def _row(
    seen: Outlook,
    scope: tuple[str, str],
    measure: str,
    booked: pl.DataFrame,
    still_open: pl.DataFrame,
    quota: float | None,
) -> dict[str, Any]:
    new = scope_arrivals(seen.new, *scope, measure)
    worth = _worth(still_open, measure)
    lands = landing(float(_worth(booked, measure).sum()), worth, still_open["chance"].to_numpy(), new, seen.shock)
    return {
        "scope_kind": scope[0],
        "scope_id": scope[1],
        "period": seen.period.name,
        "as_of": seen.now.as_of,
        "measure": measure,
        "booked": lands.booked,
        "open_expected": lands.open_expected,
        "new_expected": lands.new_expected,
        "mean": lands.mean,
        **dict(zip(("p10", "p25", "p50", "p75", "p90"), lands.quantiles(), strict=True)),
        **_against_quota(lands, quota),
        "coverage": _coverage(seen.now, still_open, measure, lands.booked, quota),
        "open_deals": len(still_open),
        "amount_unknown": int(booked["amount_unknown"].sum()) + int(still_open["amount_unknown"].sum()),
        "past_periods": seen.new.periods,
    }


def quotas(past: History, period: str, by: str, measure: str, as_of: dt.datetime) -> dict[str, float]:
    """The target of each scope of a level as last set before `as_of`; `past` is the history known then."""
    rows = past["quotas"].filter(
        (pl.col("scope_kind") == by)
        & (pl.col("period") == period)
        & (pl.col("measure") == measure)
        & (pl.col("set_at") < as_of)
    )
    last = rows.sort("set_at", "recorded_at", "target").group_by("scope_id", maintain_order=True).last()
    return dict(zip(last["scope_id"], last["target"], strict=True))


def _against_quota(lands: Landing, quota: float | None) -> dict[str, float | None]:
    if quota is None:
        return {"quota": None, "attainment": None, "p_attain": None}
    return {
        "quota": quota,
        "attainment": lands.mean / quota if quota > 0 else None,
        "p_attain": lands.chance_of(quota),
    }


def _coverage(
    now: Position, still_open: pl.DataFrame, measure: str, booked: float, quota: float | None
) -> float | None:
    """Worth of open deals dated in the period / what is missing to quota; null when met or where nothing is dated."""
    if quota is None or booked >= quota or now.open["close_date"].is_null().all():
        return None
    dated = still_open.filter(pl.col("close_date").is_between(now.start, now.end, closed="left"))
    return float(_worth(dated, measure).sum()) / (quota - booked)


def _worth(deals: pl.DataFrame, measure: str) -> np.ndarray:
    return deals["amount"].to_numpy() if measure == "amount" else np.ones(len(deals))


def _by_scope(deals: pl.DataFrame, by: str) -> Mapping[str, pl.DataFrame]:
    return {str(key[0]): frame for key, frame in deals.partition_by(by, as_dict=True, maintain_order=True).items()}


def _must_be(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise RequestInvalid(f"{what} {given!r} is not known; expected one of {', '.join(known)}.")
