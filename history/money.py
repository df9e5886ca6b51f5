"""Money in one currency: amounts of any currency valued in the workspace's, at the rate known to hold then."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.record import History

FEW = 16
"""Of so few rows it is looked first whether any amount is in another currency at all."""
_ROW, _AT, _RATE = "_money_row", "_money_at", "_money_rate"


def in_workspace_currency(
    history: History, frame: pl.DataFrame, amount_col: str, currency_col: str, instant: dt.datetime | str
) -> pl.DataFrame:
    """`frame` with `amount_col` in the workspace's currency; rows, order and other columns stay as they are.

    `instant` is the moment (naive UTC) at which amounts are valued, or the name of a column of such moments. A rate
    counts when it held and was recorded before that moment; a correction of a day's rate replaces it from when it was
    recorded. An empty currency is the workspace's own. Where the history holds no rates at all every amount is taken
    to be in the workspace's currency; where it holds some, an amount in a currency without a rate becomes null, an
    unknown amount, rather than a wrong one (`currencies_without_rate` names them).
    """
    if frame.height <= FEW and set(frame[currency_col].to_list()) <= {None, history.settings.currency}:
        return frame
    if history["fx_rates"].is_empty() or (rates := rates_in_force(history)).is_empty():
        return frame
    at = pl.col(instant) if isinstance(instant, str) else pl.lit(instant, dtype=pl.Datetime("us"))
    rows = frame.with_row_index(_ROW).with_columns(at.alias(_AT))
    valued = rows.sort(_AT).join_asof(
        rates.sort("holds_from"),
        left_on=_AT,
        right_on="holds_from",
        by_left=currency_col,
        by_right="_currency",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    factor = pl.when(_is_own(history, currency_col)).then(1.0).otherwise(pl.col(_RATE))
    return valued.sort(_ROW).with_columns(pl.col(amount_col) * factor).select(frame.columns)


def rates_in_force(history: History) -> pl.DataFrame:
    """From when each rate could be used: _currency, holds_from (UTC instant), and the rate (workspace currency a unit).

    A rate recorded after a newer day's rate was already in use never comes into force.
    """
    usable_from = pl.max_horizontal("rate_date", "recorded_at")
    return (
        history["fx_rates"]
        .drop_nulls(["currency", "rate_date", "rate"])
        .with_columns(holds_from=usable_from)
        .sort("currency", "holds_from", "rate_date", "recorded_at", "rate")
        .filter(pl.col("rate_date") >= pl.col("rate_date").cum_max().over("currency"))
        .select("holds_from", pl.col("currency").alias("_currency"), pl.col("rate").alias(_RATE))
    )


def currencies_without_rate(
    history: History, frame: pl.DataFrame, currency_col: str, instant: dt.datetime
) -> list[str]:
    """Currencies of `frame` that cannot be valued at `instant` (naive UTC), sorted; none where no rates are kept."""
    rates = rates_in_force(history)
    if rates.is_empty():
        return []
    rated = rates.filter(pl.col("holds_from") < instant)["_currency"].unique()
    foreign = frame.filter(~_is_own(history, currency_col) & ~pl.col(currency_col).is_in(rated.implode()))
    return sorted(foreign[currency_col].unique())


def _is_own(history: History, currency_col: str) -> pl.Expr:
    return pl.col(currency_col).is_null() | (pl.col(currency_col) == history.settings.currency)
