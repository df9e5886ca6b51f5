"""The streams of events that features read, and how each is laid out from history."""

from __future__ import annotations

import polars as pl

from features.aggregate import Stream
from features.changed import changed_values, subject_code
from features.log import Log, make_log
from history.as_of import ALWAYS, keys_recur, with_replaced_at
from history.deals import TIE_BREAK, as_numbers
from history.record import History
from history.tables import TABLES

facts = Stream("facts", "deal")
changes = Stream("changes", "deal")
touches = Stream("touches", "deal")
contacts = Stream("contacts", "deal")
account_facts = Stream("account_facts", "account")
rep_facts = Stream("rep_facts", "rep")

LAID_OUT = ("entity", "recorded_at", "activity_id")
"""What has done its part once a log of touches is sorted."""
TOUCH_COLUMNS = (
    "replaced_at", "entity", "happened_at", "recorded_at", "activity_id", "kind", "direction", "channel", "minutes",
    "opened", "replied", "effective", "contact_id", "rep_id", "subject",
)  # fmt: skip
TOUCH_NAMES = {"entity": "deal_id", "minutes": "duration_minutes"}
"""What the table calls those of them that it calls otherwise."""

field = pl.col("field")
kind = pl.col("kind")
incoming = pl.col("direction") == "in"
outgoing = pl.col("direction") == "out"
entered_stage = (field == "stage") & pl.col("old").ne_missing(pl.col("new"))


def _versions(history: History, name: str) -> pl.DataFrame:
    table, rows = TABLES[name], history[name]
    if not set(table.key) <= set(rows.columns):
        # Read from a frozen history without its key: then no key recurs, see `history.freeze.read_frozen`.
        return rows
    return with_replaced_at(table, rows) if keys_recur(table, rows) else rows


def _taken(rows: pl.DataFrame, *names: str, **renamed: str) -> pl.DataFrame:
    """Some columns, some under other names: as `select` has them, without a query."""
    kept = [rows[name] for name in names]
    return pl.DataFrame([*kept, *(rows[old].alias(new) for new, old in renamed.items())])


def facts_log(history: History) -> Log:
    """One event per deal: its creation, with what never changes."""
    return make_log(
        _taken(
            history["deals"],
            *("recorded_at", "created_at", "source", "account_id"),
            entity="deal_id",
            happened_at="created_at",
        )
    )


def changes_log(history: History) -> Log:
    """Field changes with their values as text, number, instant and place in the order of stages.

    Columns: field, old, new (text), number, old_number (amount and probability), date, old_date (UTC instant of the
    expected close), moved_days (from the old date to the new), date_in_last_week (of its fiscal quarter) and
    date_at_month_end (1 or 0), place, old_place (index among the open stages, from 0),
    outcome ("won", "lost", null).
    """
    told = {"entity": "deal_id", "happened_at": "changed_at", "old": "old_value", "new": "new_value"}
    rows = _taken(history["deal_changes"], "recorded_at", "field", **told)
    if rows["old"].dtype != rows["new"].dtype:
        rows = rows.with_columns(pl.col("old", "new").cast(pl.String))
    tie_break = ("recorded_at", "field", *TIE_BREAK, "old", "new")
    return make_log(rows, tie_break, changed_values(history), _changes_of_one_instant)


def _changes_of_one_instant(rows: pl.DataFrame) -> pl.DataFrame:
    """As in `history.deals.ordered_changes`: a change that starts from another's new value comes after it."""
    same = ["_tie", "recorded_at", "field"]
    ends_as = pl.col("new").is_in(pl.col("old").drop_nulls().implode()).over(same)
    return rows.with_columns((~ends_as).fill_null(True).alias("_ends"), *as_numbers(_old="old", _new="new"))


def touches_log(history: History) -> Log:
    """Touches on a deal: kind, direction, channel, minutes, opened, replied, effective, contact_id, rep_id, subject,
    subject_code (the kind with the subject)."""
    rows = _versions(history, "activities")
    # A history may have been read with no more columns than some features need.
    present = {name: old for name in TOUCH_COLUMNS if (old := TOUCH_NAMES.get(name, name)) in rows.columns}
    return make_log(_taken(rows, **present), ("activity_id",), {"subject_code": subject_code}, forget=LAID_OUT)


def contacts_log(history: History) -> Log:
    """People added to a deal: contact_id, role."""
    rows = _versions(history, "contacts")
    kept = [name for name in ("replaced_at",) if name in rows.columns]
    return make_log(
        _taken(rows, *kept, "recorded_at", "contact_id", "role", entity="deal_id", happened_at="added_at"),
        ("contact_id", "role"),
    )


def account_log(history: History) -> Log:
    """What is known of a customer: industry, employees, annual_revenue, fit_grade, region.

    A version counts from when it was recorded; one of no known time was always known.
    """
    since = pl.coalesce("recorded_at", "created_at", ALWAYS)
    return make_log(
        _versions(history, "accounts").select(
            pl.col("^replaced_at$"),
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
            pl.col("^replaced_at$"),
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
