"""The streams of events that features read, and how each is laid out from history."""

from __future__ import annotations

import polars as pl

from features.aggregate import Stream, days_between
from features.sweep import Log, make_log
from history.as_of import ALWAYS, with_replaced_at
from history.deals import close_instant, ordered_changes, outcome_expr
from history.record import History
from history.tables import TABLES

facts = Stream("facts", "deal")
changes = Stream("changes", "deal")
touches = Stream("touches", "deal")
contacts = Stream("contacts", "deal")
account_facts = Stream("account_facts", "account")
rep_facts = Stream("rep_facts", "rep")

field = pl.col("field")
kind = pl.col("kind")
incoming = pl.col("direction") == "in"
outgoing = pl.col("direction") == "out"
entered_stage = (field == "stage") & pl.col("old").ne_missing(pl.col("new"))


def _versions(history: History, name: str) -> pl.DataFrame:
    return with_replaced_at(TABLES[name], history[name])


def facts_log(history: History) -> Log:
    """One event per deal: its creation, with what never changes."""
    return make_log(
        history["deals"].select(
            "recorded_at", "created_at", "source", "account_id", entity="deal_id", happened_at="created_at"
        )
    )


def changes_log(history: History) -> Log:
    """Field changes with their values as text, number, instant and place in the order of stages.

    Columns: field, old, new (text), number, old_number (amount and probability), date, old_date (UTC instant of the
    expected close), place, old_place (index among the open stages, from 0), outcome ("won", "lost", null).
    """
    # A closed stage has no place: to be lost is no step forward, to be reopened no step back.
    place = {name: float(index) for index, name in enumerate(history.settings.open_stages)}
    rows = ordered_changes(history).with_row_index("_turn")
    is_number = field.is_in(["amount", "probability"])
    is_date, is_stage = field == "close_date", field == "stage"

    def side(column: str, prefix: str) -> list[pl.Expr]:
        text = pl.col(column)
        return [
            text.alias(prefix + ("new" if prefix == "" else "")),
            pl.when(is_number).then(text).cast(pl.Float64, strict=False).alias(prefix + "number"),
            close_instant(history, pl.when(is_date).then(text)).alias(prefix + "date"),
            pl.when(is_stage)
            .then(text.replace_strict(place, default=None, return_dtype=pl.Float64))
            .alias(prefix + "place"),
        ]

    columns = [expr for expr in side("old_value", "old_") if expr.meta.output_name() != "old_"]
    frame = rows.select(
        pl.col("deal_id").alias("entity"),
        pl.col("changed_at").alias("happened_at"),
        "recorded_at",
        "field",
        "_turn",
        pl.col("old_value").alias("old"),
        *side("new_value", ""),
        *columns,
        pl.when(is_stage).then(outcome_expr(history)).alias("outcome"),
    )
    moved_days = days_between(pl.col("date"), pl.col("old_date")).alias("moved_days")
    return make_log(frame.with_columns(moved_days), ("_turn",))


def touches_log(history: History) -> Log:
    """Touches on a deal: kind, direction, channel, minutes, opened, replied, effective, contact_id, rep_id,
    subject_code."""
    return make_log(
        _versions(history, "activities").select(
            "replaced_at",
            pl.col("deal_id").alias("entity"),
            "happened_at",
            "recorded_at",
            "activity_id",
            "kind",
            "direction",
            "channel",
            pl.col("duration_minutes").alias("minutes"),
            "opened",
            "replied",
            "effective",
            "contact_id",
            "rep_id",
            subject_code=pl.concat_str("kind", "subject", separator=": ", ignore_nulls=True),
        ),
        ("activity_id",),
    )


def contacts_log(history: History) -> Log:
    """People added to a deal: contact_id, role."""
    return make_log(
        _versions(history, "contacts").select(
            "replaced_at", "recorded_at", "contact_id", "role", entity="deal_id", happened_at="added_at"
        ),
        ("contact_id", "role"),
    )


def account_log(history: History) -> Log:
    """What is known of a customer: industry, employees, annual_revenue, fit_grade, region.

    A version counts from when it was recorded; one of no known time was always known.
    """
    since = pl.coalesce("recorded_at", "created_at", ALWAYS)
    return make_log(
        _versions(history, "accounts").select(
            "replaced_at",
            "industry",
            pl.col("employees").cast(pl.Float64),
            "annual_revenue",
            "fit_grade",
            entity="account_id",
            happened_at=since,
            recorded_at=since,
        ),
        ("industry", "employees", "annual_revenue", "fit_grade"),
    )


def rep_log(history: History) -> Log:
    """What is known of a person: team, role, hired_at; each row counts from valid_from."""
    since = pl.coalesce("valid_from", "recorded_at", ALWAYS)
    return make_log(
        _versions(history, "reps").select(
            "replaced_at",
            "team",
            "role",
            "hired_at",
            entity="rep_id",
            happened_at=since,
            recorded_at=pl.coalesce("recorded_at", since),
        ),
        ("team", "role", "hired_at"),
    )


BASE_LOGS = {
    facts: facts_log,
    changes: changes_log,
    touches: touches_log,
    contacts: contacts_log,
    account_facts: account_log,
    rep_facts: rep_log,
}
