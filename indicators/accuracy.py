"""THE FORECAST-ACCURACY INDICATOR: how good each forecaster's own calls have been, at fixed horizons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from history.as_of import known
from history.errors import RequestInvalid
from history.record import History
from history.scopes import NONE, SCOPE_KINDS, standing_reps
from indicators.cells import statement_cells
from indicators.formulas import ACTUAL, accuracy_of, bias, ratio, sums, wape
from indicators.interval import intervals
from indicators.kinds import kind_of_bias
from indicators.shrinkage import shrunk
from indicators.value_added import value_added

HORIZONS_DAYS = (75, 45, 15)
BY = ("rep", "team", "forecaster_kind")
LIKE = ["forecaster_kind", "scope_kind", "horizon_days", "source", "measure"]
KEYS = ["forecaster_kind", "forecaster_id", "scope_kind", "scope_id", "horizon_days", "source", "measure"]
EVERYBODY = "(all)"

COLUMNS: dict[str, pl.DataType] = {
    "forecaster_kind": pl.String(),
    "forecaster_id": pl.String(),
    "scope_id": pl.String(),
    "horizon_days": pl.Int64(),
    "source": pl.String(),
    "measure": pl.String(),
    "n_periods": pl.Int64(),
    "forecast_sum": pl.Float64(),
    "actual_sum": pl.Float64(),
    "bias": pl.Float64(),
    "wape": pl.Float64(),
    "accuracy": pl.Float64(),
    "ratio": pl.Float64(),
    "wape_p10": pl.Float64(),
    "wape_p90": pl.Float64(),
    "bias_shrunk": pl.Float64(),
    "wape_shrunk": pl.Float64(),
    "kind_of_bias": pl.String(),
    "fva_model": pl.Float64(),
    "fva_naive": pl.Float64(),
}

DETAILS: dict[str, pl.DataType] = {
    "scope_kind": pl.String(),
    "team": pl.String(),
    "bias_p10": pl.Float64(),
    "bias_p90": pl.Float64(),
    "n_possible": pl.Int64(),
    "blank_wins": pl.Int64(),
    "shrunk_to": pl.String(),
    "reason": pl.String(),
}
"""What `assess` gives beyond `COLUMNS`: the interval of the bias, the periods in which the scope was measured at all
(n_periods against it is the coverage of calls), wins without an amount (they make what came look smaller), to whom a
short record was drawn, and why a number is missing."""


def accuracy(
    history: History,
    as_of: dt.datetime,
    by: str = "rep",
    horizons: Sequence[int] = HORIZONS_DAYS,
    measure: str = "amount",
    cadence: str = "quarter",
    model_calls: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Forecast accuracy as fractions, with the columns of `COLUMNS`, one row per forecaster, scope, horizon, source.

    Parameters
    ----------
    as_of : naive UTC instant; nothing recorded at or after it is used, only periods ended by then count.
    by : "rep" (statements about reps, whoever made them), "team" (about teams) or "forecaster_kind" (all forecasters
        of a kind together, scope_id names what they spoke about).
    horizons : days before the period's end, counted from the day after its last; a call of that day still counts.
    measure : "amount" (workspace currency) or "count" (deals).
    cadence : "quarter", "month", "half" or "year".
    model_calls : further statements with the columns of `forecast_calls`, for `fva_model`.

    A number whose ΣA is 0 is null. Raises `NoHistory`, `RequestInvalid`. Empty, with its columns, where nobody
    submitted a call and no close dates imply one.
    """
    return assess(history, as_of, by, horizons, measure, cadence, model_calls).select(list(COLUMNS))


def assess(
    history: History,
    as_of: dt.datetime,
    by: str = "rep",
    horizons: Sequence[int] = HORIZONS_DAYS,
    measure: str = "amount",
    cadence: str = "quarter",
    model_calls: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """`accuracy` with the columns of `DETAILS` beside it."""
    if by not in BY:
        raise RequestInvalid(f"accuracy by {by!r} is not known; expected one of: {', '.join(BY)}. Correct it.")
    kinds = SCOPE_KINDS if by == "forecaster_kind" else (by,)
    cells = statement_cells(history, as_of, kinds, horizons, measure, cadence, model_calls)
    if by == "forecaster_kind":
        cells = cells.with_columns(forecaster_id=pl.lit(EVERYBODY), scope_id=pl.col("scope_kind"))
    return summarise(cells, team_of_scopes(history, as_of))


def summarise(cells: pl.DataFrame, teams: pl.DataFrame) -> pl.DataFrame:
    """One row per group of `KEYS` from statement cells; `teams` maps scope_kind, scope_id to team."""
    rows = cells.group_by(KEYS).agg(
        pl.col("start").n_unique().cast(pl.Int64).alias("n_periods"), *sums(), pl.col("blank_wins").sum()
    )
    possible = cells.group_by("scope_kind", "scope_id", "horizon_days").agg(
        n_possible=pl.col("start").n_unique().cast(pl.Int64)
    )
    rows = (
        rows.with_columns(bias(), wape(), ratio())
        .with_columns(accuracy_of())
        .join(intervals(cells, KEYS), on=KEYS, how="left")
        .join(value_added(cells, KEYS, "model"), on=KEYS, how="left")
        .join(value_added(cells, KEYS, "naive"), on=KEYS, how="left")
        .join(possible, on=["scope_kind", "scope_id", "horizon_days"], how="left")
        .join(teams, on=["scope_kind", "scope_id"], how="left")
        .with_columns(pl.col("team").fill_null(NONE))
    )
    reason = pl.when(pl.col(ACTUAL) <= 0).then(pl.lit("nothing was won in these periods"))
    told = shrunk(rows, LIKE).with_columns(kind_of_bias(), reason=reason)
    order = ["forecaster_kind", "forecaster_id", "scope_kind", "scope_id", "source"]
    return told.sort(*order, "horizon_days", descending=[False] * 5 + [True]).select(
        pl.col(name).cast(dtype) for name, dtype in (COLUMNS | DETAILS).items()
    )


def team_of_scopes(history: History, as_of: dt.datetime) -> pl.DataFrame:
    """The team to whose record a short one is drawn: scope_kind, scope_id, team; a rep's team as known at `as_of`."""
    people = standing_reps(known(History(history.settings, {"reps": history["reps"]}), as_of), as_of)
    return people.select(pl.lit("rep").alias("scope_kind"), scope_id="rep_id", team=pl.col("team").fill_null(NONE))
