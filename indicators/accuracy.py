"""THE FORECAST-ACCURACY INDICATOR: how good each forecaster's own calls have been, at fixed horizons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from history.as_of import known
from history.record import History
from history.scopes import NONE, standing_reps
from indicators.forecasters import HORIZONS_DAYS, KEYS, Said, in_order, said_by
from indicators.formulas import ACTUAL, accuracy_of, bias, ratio, sums, wape
from indicators.interval import intervals
from indicators.kinds import kind_of_bias
from indicators.shrinkage import shrunk
from indicators.value_added import CANNOT_TELL, value_added

LIKE = ["forecaster_kind", "scope_kind", "horizon_days", "source", "measure"]

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
    "basis": pl.String(),
    "bias_p10": pl.Float64(),
    "bias_p90": pl.Float64(),
    "n_called": pl.Int64(),
    "n_possible": pl.Int64(),
    "coverage": pl.Float64(),
    "blank_wins": pl.Int64(),
    "shrunk_to": pl.String(),
    "reason": pl.String(),
    **{
        f"fva_{other}_{part}": kind
        for other in ("model", "naive")
        for part, kind in (("n", pl.Int64()), ("p10", pl.Float64()), ("p90", pl.Float64()), ("tells", pl.String()))
    },
}
"""What `assess` gives beyond `COLUMNS`: what the statements rest on (`cells.CALLS`, `DATES`, `STAGES`), the interval of
the bias, how many calls were made of how many that could have been (and the fraction), wins without an amount (they
make what came look smaller), to whom a short record was drawn, and why a number is missing. Of value added: in how many
periods both spoke, the 80 % interval, and what that tells (`value_added.ADDS`, `TAKES`, `CANNOT_TELL`)."""


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
    by : "rep" (statements about reps, whoever made them), "team" (about teams, with their reps' own calls added up as
        forecaster "(all)") or "forecaster_kind" (all forecasters of a kind together, scope_id names what they spoke
        about).
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
    return summarise(
        said_by(history, as_of, by, horizons, measure, cadence, model_calls), team_of_scopes(history, as_of)
    )


def summarise(said: Said, teams: pl.DataFrame) -> pl.DataFrame:
    """One row per group of `KEYS`; `teams` maps scope_kind, scope_id to team."""
    cells = said.cells
    rows = cells.group_by(KEYS).agg(
        pl.col("start").n_unique().cast(pl.Int64).alias("n_periods"),
        *sums(),
        pl.col("blank_wins").sum(),
        pl.col("basis").first(),
    )
    rows = (
        rows.with_columns(bias(), wape(), ratio())
        .with_columns(accuracy_of())
        .join(intervals(cells, KEYS), on=KEYS, how="left")
        .join(value_added(cells, KEYS, "model"), on=KEYS, how="left")
        .join(value_added(cells, KEYS, "naive"), on=KEYS, how="left")
        .join(said.covered, on=KEYS, how="left")
        .join(teams, on=["scope_kind", "scope_id"], how="left")
        .with_columns(
            pl.col("team").fill_null(NONE),
            pl.col("fva_model_n", "fva_naive_n").fill_null(0),
            pl.col("fva_model_tells", "fva_naive_tells").fill_null(CANNOT_TELL),
            coverage=pl.col("n_called") / pl.col("n_possible"),
        )
    )
    reason = pl.when(pl.col(ACTUAL) <= 0).then(pl.lit("nothing was won in these periods"))
    told = shrunk(rows, LIKE).with_columns(kind_of_bias(), reason=reason)
    return in_order(told, COLUMNS | DETAILS)


def team_of_scopes(history: History, as_of: dt.datetime) -> pl.DataFrame:
    """The team to whose record a short one is drawn: scope_kind, scope_id, team; a rep's team as known at `as_of`."""
    people = standing_reps(known(History(history.settings, {"reps": history["reps"]}), as_of), as_of)
    return people.select(pl.lit("rep").alias("scope_kind"), scope_id="rep_id", team=pl.col("team").fill_null(NONE))
