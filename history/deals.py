"""Where each deal stood: its closings, and a snapshot of all deals, from whatever history is handed in.

Hand in `as_of.known(history, t)` to see what was known at t. Nothing here looks at the clock.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.as_of import known
from history.record import History

TEXT_FIELDS = (
    "stage",
    "owner_id",
    "forecast_category",
    "next_step",
    "account_id",
    "kind",
    "product_line",
    "region",
    "segment",
    "competitor",
    "loss_reason",
)


def ordered_changes(history: History) -> pl.DataFrame:
    """Changes in the order in which they took effect, ties broken by content so that row order never matters.

    Of several changes of one field at one instant, recorded together, the first value comes first and a change that
    starts from another's new value comes after it as far as that can be told by one step.
    """
    changes = history["deal_changes"]
    same = ["deal_id", "changed_at", "recorded_at", "field"]
    tied = pl.len().over(same) > 1
    ends_as = pl.col("new_value").is_in(pl.col("old_value").drop_nulls().implode()).over(same)
    # Ties are few and telling them apart is dear, so it is done for them alone.
    ties = changes.with_row_index("_row").filter(tied).select("_row", _ends=~ends_as)
    return (
        changes.with_row_index("_row")
        .join(ties, on="_row", how="left")
        .with_columns(pl.col("_ends").fill_null(True), *as_numbers(_old="old_value", _new="new_value"))
        .sort("deal_id", "changed_at", "recorded_at", "field", *TIE_BREAK, "old_value", "new_value", nulls_last=False)
        .drop("_row", *TIE_BREAK)
    )


TIE_BREAK = ("_ends", "_old", "_new")


def as_numbers(**columns: str) -> list[pl.Expr]:
    """The text of columns as numbers under new names, null where it is none: amounts are ordered by size."""
    return [pl.col(column).cast(pl.Float64, strict=False).alias(name) for name, column in columns.items()]


def outcome_expr(history: History, stage: str = "new_value") -> pl.Expr:
    """ "won", "lost" or null, from the stage name in column `stage`."""
    settings = history.settings
    return (
        pl.when(pl.col(stage).is_in(settings.won_stages))
        .then(pl.lit("won"))
        .when(pl.col(stage).is_in(settings.lost_stages))
        .then(pl.lit("lost"))
    )


def spells(history: History) -> pl.DataFrame:
    """Stretches of a deal's life with one outcome (none while open), in order.

    Columns: deal_id, started_at, recorded_at, stage (first of the spell), outcome, previous ("open", "won", "lost";
    null for the first spell), ended_at (null for the last).
    """
    stages = (
        ordered_changes(history)
        .filter(pl.col("field") == "stage")
        .select("deal_id", "changed_at", "recorded_at", stage="new_value", outcome=outcome_expr(history))
    )
    state = pl.col("outcome").fill_null("open")
    return (
        stages.with_columns(previous=state.shift(1).over("deal_id"))
        .filter(pl.col("previous").is_null() | (pl.col("previous") != state))
        .with_columns(ended_at=pl.col("changed_at").shift(-1).over("deal_id"))
        .rename({"changed_at": "started_at"})
    )


def closings(history: History) -> pl.DataFrame:
    """Every passage of a deal into a won or lost stage, a win that became a loss included.

    Columns: deal_id, closed_at, recorded_at, stage, outcome, from_open (False for a deal closed at first sight and
    for a flip between won and lost), reopened_at (null while the closing stands).
    """
    return (
        spells(history)
        .filter(pl.col("outcome").is_not_null())
        .select(
            "deal_id",
            "recorded_at",
            "stage",
            "outcome",
            closed_at="started_at",
            from_open=(pl.col("previous") == "open").fill_null(False),
            reopened_at="ended_at",
        )
    )


def field_values(history: History, field: str) -> pl.DataFrame:
    """The latest known value of one field per deal: deal_id, value (text)."""
    return (
        ordered_changes(history)
        .filter(pl.col("field") == field)
        .group_by("deal_id", maintain_order=True)
        .agg(pl.col("new_value").last().alias("value"))
    )


def snapshot(history: History, instant: dt.datetime) -> pl.DataFrame:
    """One row per deal known at `instant` (naive UTC), sorted by deal_id.

    Columns: deal_id, created_at, currency, source, the text fields, those of the workspace's own levels, amount (deal
    currency, null when unknown), close_date (UTC instant of the expected close), outcome ("won", "lost", null while
    open), closed_at (start of the spell that stands; null while open). A deal without any stage is open with stage
    null.
    """
    past = known(history, instant)
    changes = ordered_changes(past).filter(pl.col("changed_at") < instant)
    fields = list(dict.fromkeys([*TEXT_FIELDS, "amount", "close_date", *past.settings.own_levels]))
    wide = changes.group_by("deal_id").agg(
        pl.col("new_value").filter(pl.col("field") == field).last().alias(field) for field in fields
    )
    standing = (
        spells(past.with_tables(deal_changes=changes))
        .group_by("deal_id", maintain_order=True)
        .agg(pl.col("outcome").last(), closed_at=pl.col("started_at").last())
    )
    facts = past["deals"].filter(pl.col("created_at") < instant)
    facts = facts.select("deal_id", "created_at", "currency", "source", fact_account_id="account_id")
    return (
        facts.join(wide, on="deal_id", how="left")
        .join(standing, on="deal_id", how="left")
        .with_columns(
            amount=finite_number(pl.col("amount")),
            close_date=close_instant(past, pl.col("close_date")),
            account_id=pl.coalesce("account_id", "fact_account_id"),
            closed_at=pl.when(pl.col("outcome").is_not_null()).then("closed_at"),
        )
        .drop("fact_account_id")
        .sort("deal_id")
    )


def finite_number(text: pl.Expr) -> pl.Expr:
    """The number that `text` writes; null where it writes none, or one that is not finite."""
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def close_instant(history: History, text: pl.Expr) -> pl.Expr:
    """The UTC instant at which the expected close date in `text` (YYYY-MM-DD) begins; null if it does not parse."""
    return day_start(text, history.settings.timezone)


def day_start(text: pl.Expr, timezone: str) -> pl.Expr:
    """The UTC instant at which the day that `text` begins with (YYYY-MM-DD) begins in `timezone`, or null."""
    local = text.str.slice(0, 10).str.to_datetime("%Y-%m-%d", strict=False, time_unit="us")
    return (
        local.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )
