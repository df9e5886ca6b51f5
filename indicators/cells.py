"""One row per statement: what was called for a period at a horizon, what came, and what the rules would have said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from history.as_of import known
from history.errors import RequestInvalid
from history.record import History, complete
from history.scopes import SCOPE_KINDS
from indicators.actuals import MEASURES, by_scope, period_frame
from indicators.calls import CATEGORY_ORDER, MODEL, all_statements, horizon_frame, last_calls
from indicators.coverage import PEOPLE, slots
from indicators.credit import slim
from indicators.credited import closed_in, credited_closings
from indicators.horizons import Horizon, horizons_of
from indicators.implied import implied_calls, positions
from indicators.ledger import Ledger, open_ledger
from indicators.naive import naive_calls
from indicators.undated import holds_dates, stage_calls

SCOPE = ["scope_kind", "scope_id"]
MOMENT = ["period", "horizon_days"]
MOST_UNKNOWN = 0.5
"""A period in which more of the wins than this carry no amount is not held against anybody: what came is not known."""
MEASURED = pl.col("unknown").fill_null(0.0) <= MOST_UNKNOWN
IMPLIED_BY = {"rep": "rep", "team": "team"}
"""Whose implied calls are read: a rep's of the own deals, and a team's of all deals of its people."""

CELL_COLUMNS: dict[str, pl.DataType] = {
    "forecaster_kind": pl.String(),
    "forecaster_id": pl.String(),
    "scope_kind": pl.String(),
    "scope_id": pl.String(),
    "source": pl.String(),
    "basis": pl.String(),
    "measure": pl.String(),
    "period": pl.String(),
    "start": pl.Datetime("us"),
    "horizon_days": pl.Int64(),
    "forecast": pl.Float64(),
    "actual": pl.Float64(),
    "blank_wins": pl.Int64(),
    "naive": pl.Float64(),
    "model": pl.Float64(),
}


SUBMITTED, IMPLIED = "submitted", "implied"
CALLS, DATES, STAGES = "calls", "dates", "stages"
"""What a statement rests on: what somebody submitted, the CRM's close dates, or, where it has neither, its stages."""


@dataclass(frozen=True)
class Statements:
    """`cells` (see `statement_cells`) and `asked`, where there was something to call (see `coverage.slots`)."""

    cells: pl.DataFrame
    asked: pl.DataFrame


def statement_cells(
    history: History,
    as_of: dt.datetime,
    kinds: Sequence[str] = SCOPE_KINDS,
    days: Sequence[int] = (75, 45, 15),
    measure: str = "amount",
    cadence: str = "quarter",
    model_calls: pl.DataFrame | None = None,
    ledger: Ledger | None = None,
) -> pl.DataFrame:
    """Every statement about scopes of `kinds` beside what came of it, for periods ended at `as_of` (naive UTC).

    Columns as in `CELL_COLUMNS`; money in the workspace's currency. `actual` is never null: a statement about a
    period in which more than `MOST_UNKNOWN` of the scope's wins carry no amount is left out, fewer add nothing to
    `actual` and are counted in `blank_wins`. `naive` and `model` are null where there is none. `model_calls` has the
    columns of `forecast_calls` and stands beside what the model said at the time (see `calls.all_statements`).
    `ledger` is that of `history` as known at `as_of`, for whoever has it open. Where the CRM holds no close date
    nothing is implied.
    """
    return statements(history, as_of, kinds, days, measure, cadence, model_calls, ledger, by_stage=False).cells


def statements(
    history: History,
    as_of: dt.datetime,
    kinds: Sequence[str],
    days: Sequence[int],
    measure: str,
    cadence: str,
    model_calls: pl.DataFrame | None = None,
    ledger: Ledger | None = None,
    by_stage: bool = True,
) -> Statements:
    """`statement_cells` with where there was something to call; `by_stage`: stages imply calls where there are
    neither close dates nor calls of people."""
    if measure not in MEASURES:
        raise RequestInvalid(f"measure {measure!r} is not known; expected amount or count. Correct it.")
    horizons = horizons_of(history, as_of, days, cadence)
    calls = all_calls(history, as_of, model_calls)
    ledger = ledger or open_ledger(known(slim(history), as_of), as_of)
    placed = {(one.period, one.days): positions(ledger, history, one, kinds, measure) for one in horizons}
    submitted = _submitted(calls, horizons, kinds, measure)
    if by_stage and not holds_dates(placed) and not submitted["forecaster_kind"].is_in(PEOPLE).any():
        implied = _implied(_by_stage(ledger, history, horizons, placed, kinds, measure), measure, STAGES)
    else:
        implied = _implied({moment: implied_calls(position) for moment, position in placed.items()}, measure, DATES)
    said = pl.concat([submitted, implied])
    came = by_scope(wins_of(ledger, horizons), kinds, measure, ["period"])
    spoken = said.filter(pl.col("forecaster_kind") != MODEL)  # It speaks of everybody: nobody is asked for that.
    asked = (
        slots(placed, horizon_frame(horizons), [came, spoken])
        .join(came, on=[*SCOPE, "period"], how="left")
        .filter(MEASURED)
    )
    cells = (
        _came_of(said, horizons, came)
        .join(naive_calls(placed, horizons), on=[*SCOPE, *MOMENT], how="left")
        .join(_model(calls, horizons, measure), on=[*SCOPE, *MOMENT], how="left")
        .select(pl.col(name).cast(dtype) for name, dtype in CELL_COLUMNS.items())
        .sort("forecaster_kind", "forecaster_id", "scope_kind", "scope_id", "source", "start", "horizon_days")
    )
    return Statements(cells, asked.select(*SCOPE, "horizon_days", "start", "cut"))


def submitted_cells(
    history: History,
    as_of: dt.datetime,
    kinds: Sequence[str],
    days: Sequence[int],
    measure: str,
    cadence: str,
    categories: Sequence[str],
) -> pl.DataFrame:
    """Statements of the given categories alone (see `calls.last_calls`) beside what came of each.

    Columns: the forecaster and scope, source, basis, measure, period, start, horizon_days, forecast, actual.
    """
    horizons = horizons_of(history, as_of, days, cadence)
    said = _submitted(all_calls(history, as_of, None), horizons, kinds, measure, categories)
    came = by_scope(wins_of(open_ledger(known(slim(history), as_of), as_of), horizons), kinds, measure, ["period"])
    return _came_of(said, horizons, came).drop("value", "unknown", "blank")


def _came_of(said: pl.DataFrame, horizons: Sequence[Horizon], came: pl.DataFrame) -> pl.DataFrame:
    """`said` with start, actual and blank_wins; periods most of whose wins carry no amount are left out."""
    return (
        said.join(horizon_frame(horizons).select(*MOMENT, "start"), on=MOMENT)
        .join(came, on=[*SCOPE, "period"], how="left")
        .filter(MEASURED)
        .with_columns(actual=pl.col("value").fill_null(0.0), blank_wins=pl.col("blank").fill_null(0))
    )


def _by_stage(
    ledger: Ledger,
    history: History,
    horizons: Sequence[Horizon],
    placed: Mapping[tuple[str, int], pl.DataFrame],
    kinds: Sequence[str],
    measure: str,
) -> dict[tuple[str, int], pl.DataFrame]:
    """The calls that stages imply, for horizons whose base period has a horizon day in history."""
    at = {(one.period, one.days): one for one in horizons}
    return {
        moment: stage_calls(ledger, history, one, at[(one.base, one.days)], placed[moment], kinds, measure)
        for moment, one in at.items()
        if (one.base, one.days) in at
    }


def wins_of(ledger: Ledger, horizons: Sequence[Horizon]) -> pl.DataFrame:
    """Deals won in each of the periods, as the period knew them, with `period` and their scopes and worth."""
    periods = period_frame(horizons)
    began = periods["start"].min()
    won = credited_closings(ledger, began if isinstance(began, dt.datetime) else None)
    won = won.filter(pl.col("outcome") == "won")
    parts = [
        closed_in(ledger, won, start, end).with_columns(period=pl.lit(name)) for name, start, end in periods.iter_rows()
    ]
    nothing = closed_in(ledger, won.clear(), ledger.before, ledger.before).with_columns(period=pl.lit(""))
    return pl.concat([nothing, *parts])


def all_calls(history: History, as_of: dt.datetime, model_calls: pl.DataFrame | None) -> pl.DataFrame:
    """The statements known at `as_of`, those handed in included."""
    calls = all_statements(history)
    if model_calls is not None:
        extra = complete("forecast_calls", model_calls)
        calls = pl.concat([calls.select(extra.columns), extra], how="vertical") if calls.height else extra
    only = History(history.settings, {"forecast_calls": calls})
    return known(only, as_of)["forecast_calls"]


def _submitted(
    calls: pl.DataFrame,
    horizons: Sequence[Horizon],
    kinds: Sequence[str],
    measure: str,
    categories: Sequence[str] = CATEGORY_ORDER,
) -> pl.DataFrame:
    said = last_calls(calls.filter(pl.col("scope_kind").is_in(list(kinds))), horizons, measure, categories)
    return said.select(
        "forecaster_kind",
        "forecaster_id",
        *SCOPE,
        source=pl.lit(SUBMITTED),
        basis=pl.lit(CALLS),
        measure="measure",
        period="period",
        horizon_days="horizon_days",
        forecast="forecast",
    )


def _implied(said: Mapping[tuple[str, int], pl.DataFrame], measure: str, basis: str) -> pl.DataFrame:
    texts = ("forecaster_kind", "forecaster_id", *SCOPE, "source", "basis", "measure")
    schema = {name: CELL_COLUMNS[name] for name in (*texts, *MOMENT, "forecast")}
    parts = [
        calls.filter(pl.col("scope_kind").is_in(list(IMPLIED_BY))).select(
            pl.col("scope_kind").replace_strict(IMPLIED_BY, return_dtype=pl.String).alias("forecaster_kind"),
            pl.col("scope_id").alias("forecaster_id"),
            *SCOPE,
            source=pl.lit(IMPLIED),
            basis=pl.lit(basis),
            measure=pl.lit(measure),
            period=pl.lit(period),
            horizon_days=pl.lit(days, dtype=pl.Int64),
            forecast=pl.col("forecast"),
        )
        for (period, days), calls in said.items()
    ]
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def _model(calls: pl.DataFrame, horizons: Sequence[Horizon], measure: str) -> pl.DataFrame:
    """What the model last said of each scope: whichever version spoke last at or before the horizon day."""
    said = last_calls(calls.filter(pl.col("forecaster_kind") == MODEL), horizons, measure)
    newest = said.sort("called_at", "forecaster_id").group_by(*SCOPE, *MOMENT, maintain_order=True).last()
    return newest.select(*SCOPE, *MOMENT, model="forecast")
