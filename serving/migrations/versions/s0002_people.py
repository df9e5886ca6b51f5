"""People, sessions, sign-ins under way, and the audit log, which can only grow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "s0002"
down_revision = "s0001"
branch_labels = None
depends_on = None

SQLITE_GUARD = """
CREATE TRIGGER serving_audit_no_{deed} BEFORE {deed} ON serving_audit
BEGIN SELECT RAISE(ABORT, 'the audit log can only grow'); END
"""
POSTGRES_GUARD = """
CREATE FUNCTION serving_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log can only grow'; END $$
"""
POSTGRES_TRIGGER = """
CREATE TRIGGER serving_audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON serving_audit
FOR EACH STATEMENT EXECUTE FUNCTION serving_audit_only_grows()
"""


def upgrade() -> None:
    op.add_column("serving_tokens", sa.Column("person_id", sa.String(16)))
    op.add_column("serving_tokens", sa.Column("scopes", sa.String(200)))
    op.create_table(
        "serving_people",
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
    op.create_table(
        "serving_sessions",
        sa.Column("session_sha256", sa.String(64), primary_key=True),
        sa.Column("person_id", sa.String(16), nullable=False, index=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("revoked_at", sa.DateTime),
    )
    op.create_table(
        "serving_oidc_starts",
        sa.Column("start_sha256", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(100), nullable=False),
        sa.Column("nonce", sa.String(100), nullable=False),
        sa.Column("verifier", sa.String(100), nullable=False),
        sa.Column("back", sa.String(2000), nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    _audit()


def _audit() -> None:
    op.create_table(
        "serving_audit",
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
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("update", "delete"):
            op.execute(SQLITE_GUARD.format(deed=deed))
    else:
        op.execute(POSTGRES_GUARD)
        op.execute(POSTGRES_TRIGGER)


def downgrade() -> None:
    op.drop_table("serving_audit")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION serving_audit_only_grows()")
    for table in ("serving_oidc_starts", "serving_sessions", "serving_people"):
        op.drop_table(table)
    for column in ("scopes", "person_id"):
        op.drop_column("serving_tokens", column)
