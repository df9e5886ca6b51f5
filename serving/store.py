"""STORAGE of what serving owns: people, sessions, tokens, the audit log. Same database as the history, own tables."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from history.engine import make_engine, reachable, revision, shown, store_url, take_steps
from history.errors import StoreUnavailable

METADATA = sa.MetaData()
VERSION_TABLE = "serving_version"
REVISION = "s0003"
"""The newest step; a test holds it to the files in `migrations/versions`."""
ONE_AT_A_TIME = 0x6465616C
"""The key of the lock under which processes on PostgreSQL prepare the tables one after another."""

TOKENS = sa.Table(
    "serving_tokens",
    METADATA,
    sa.Column("token_id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("token_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime),
    sa.Column("revoked_at", sa.DateTime),
    sa.Column("person_id", sa.String(16)),
    sa.Column("scopes", sa.String(200)),
)

PEOPLE = sa.Table(
    "serving_people",
    METADATA,
    sa.Column("person_id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("name_key", sa.String(200), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("rep_id", sa.String(200)),
    sa.Column("password_hash", sa.String(200)),
    sa.Column("oidc_subject", sa.String(300), unique=True),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("ended_at", sa.DateTime),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("locked_until", sa.DateTime),
)

SESSIONS = sa.Table(
    "serving_sessions",
    METADATA,
    sa.Column("session_sha256", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.String(16), nullable=False, index=True),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime, nullable=False),
    sa.Column("revoked_at", sa.DateTime),
)

OIDC_STARTS = sa.Table(
    "serving_oidc_starts",
    METADATA,
    sa.Column("start_sha256", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(100), nullable=False),
    sa.Column("nonce", sa.String(100), nullable=False),
    sa.Column("verifier", sa.String(100), nullable=False),
    sa.Column("back", sa.String(2000), nullable=False),
    sa.Column("expires_at", sa.DateTime, nullable=False),
)

AUDIT = sa.Table(
    "serving_audit",
    METADATA,
    sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False, index=True),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("deed", sa.String(20), nullable=False),
    sa.Column("what", sa.String(600), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("request_id", sa.String(64), nullable=False),
)

EVENTS = sa.Table(
    "serving_events",
    METADATA,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("event_id", sa.String(200), nullable=False, unique=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("received_at", sa.DateTime, nullable=False),
    sa.Column("table_name", sa.String(40), nullable=False),
    sa.Column("row_json", sa.Text),
)
"""What a webhook sent, by event id; `row_json` is the row that it became, for processes that did not take it in."""


def open_tables(url: str) -> sa.Engine:
    """An engine on the database at `url` with serving's tables; a database without any gets them.

    Raises `StoreUnavailable` when the database cannot be reached or written, or its tables are of another version:
    those are brought up to date by a verb, `dealcast migrate`, and by nothing else.
    """
    engine = quiet_engine(url)
    found = standing_revision(engine)
    if found is None:
        bring_up_to_date(engine)
    elif found != REVISION:
        engine.dispose()
        advice = "Run `dealcast migrate`" if found < REVISION else "Install the newer Dealcast that wrote it"
        raise StoreUnavailable(
            f"the tables of people and tokens in {shown(engine.url)} are of step {found}; expected {REVISION}. "
            f"{advice}."
        )
    return engine


def quiet_engine(url: str) -> sa.Engine:
    """An engine whose errors do not repeat the values that were sent: those may be of people."""
    engine = make_engine(store_url(url))
    engine.hide_parameters = True
    return engine


def standing_revision(engine: sa.Engine) -> str | None:
    """The step that serving's tables are of; None when there are none."""
    return revision(engine, VERSION_TABLE)


def bring_up_to_date(engine: sa.Engine) -> None:
    """Makes serving's tables, or changes them to the newest step, in one transaction."""
    with reachable(engine), engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        take_steps(connection, Path(__file__).parent / "migrations")
