"""The canonical tables, and what the store keeps beside them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_deals()
    _create_deal_changes()
    _create_activities()
    _create_contacts()
    _create_accounts()
    _create_reps()
    _create_quotas()
    _create_forecast_calls()
    _create_scores()
    _create_fx_rates()
    _create_leads()
    _create_invoices()
    _create_contracts()
    _create_surveys()
    _create_complaints()
    _create_assessments()
    _create_costs()
    _create_meta()
    _create_extra_columns()
    _create_imports()
    _create_quarantine()


def downgrade() -> None:
    for name in (
        "deals",
        "deal_changes",
        "activities",
        "contacts",
        "accounts",
        "reps",
        "quotas",
        "forecast_calls",
        "scores",
        "fx_rates",
        "leads",
        "invoices",
        "contracts",
        "surveys",
        "complaints",
        "assessments",
        "costs",
        "meta",
        "extra_columns",
        "imports",
        "quarantine",
    ):
        op.drop_table(name)


def _create_deals() -> None:
    op.create_table(
        "deals",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("name", sa.Text()),
        sa.Column("currency", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("account_id", sa.Text()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_deal_changes() -> None:
    op.create_table(
        "deal_changes",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old_value", sa.Text()),
        sa.Column("new_value", sa.Text()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("changed_by", sa.Text()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_activities() -> None:
    op.create_table(
        "activities",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text()),
        sa.Column("account_id", sa.Text()),
        sa.Column("rep_id", sa.Text()),
        sa.Column("contact_id", sa.Text()),
        sa.Column("direction", sa.Text()),
        sa.Column("duration_minutes", sa.Double()),
        sa.Column("opened", sa.Boolean()),
        sa.Column("replied", sa.Boolean()),
        sa.Column("effective", sa.Boolean()),
        sa.Column("channel", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text()),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("industry", sa.Text()),
        sa.Column("employees", sa.BigInteger()),
        sa.Column("annual_revenue", sa.Double()),
        sa.Column("region", sa.Text()),
        sa.Column("fit_grade", sa.Text()),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_reps() -> None:
    op.create_table(
        "reps",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("manager_id", sa.Text()),
        sa.Column("region", sa.Text()),
        sa.Column("role", sa.Text()),
        sa.Column("hired_at", sa.DateTime()),
        sa.Column("left_at", sa.DateTime()),
        sa.Column("valid_from", sa.DateTime()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_quotas() -> None:
    op.create_table(
        "quotas",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("scope_kind", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("target", sa.Double(), nullable=False),
        sa.Column("set_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_forecast_calls() -> None:
    op.create_table(
        "forecast_calls",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("scope_kind", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("called_at", sa.DateTime(), nullable=False),
        sa.Column("forecaster_kind", sa.Text(), nullable=False),
        sa.Column("forecaster_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_scores() -> None:
    op.create_table(
        "scores",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.Column("stage", sa.Text()),
        sa.Column("owner_id", sa.Text()),
        sa.Column("amount", sa.Double()),
        sa.Column("win_probability", sa.Double(), nullable=False),
        sa.Column("horizon", sa.DateTime(), nullable=False),
        sa.Column("win_by_horizon", sa.Double(), nullable=False),
        sa.Column("lose_by_horizon", sa.Double(), nullable=False),
        sa.Column("open_at_horizon", sa.Double(), nullable=False),
        sa.Column("health", sa.Double(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text()),
        sa.Column("reason_1", sa.Text()),
        sa.Column("reason_2", sa.Text()),
        sa.Column("reason_3", sa.Text()),
        sa.Column("reason_4", sa.Text()),
        sa.Column("reason_5", sa.Text()),
        sa.Column("problems", sa.Text()),
        sa.Column("in_sample", sa.Boolean()),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_fx_rates() -> None:
    op.create_table(
        "fx_rates",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate_date", sa.DateTime(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_leads() -> None:
    op.create_table(
        "leads",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.Text()),
        sa.Column("rep_id", sa.Text()),
        sa.Column("first_response_at", sa.DateTime()),
        sa.Column("qualified_at", sa.DateTime()),
        sa.Column("deal_id", sa.Text()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime()),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("cost", sa.Double()),
        sa.Column("paid_at", sa.DateTime()),
        sa.Column("paid_amount", sa.Double()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_contracts() -> None:
    op.create_table(
        "contracts",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("promised_at", sa.DateTime(), nullable=False),
        sa.Column("delivered_at", sa.DateTime()),
        sa.Column("compliant", sa.Boolean()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_surveys() -> None:
    op.create_table(
        "surveys",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("survey_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("account_id", sa.Text()),
        sa.Column("rep_id", sa.Text()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_complaints() -> None:
    op.create_table(
        "complaints",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("complaint_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text()),
        sa.Column("rep_id", sa.Text()),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("resolved_at", sa.DateTime()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("assessed_at", sa.DateTime(), nullable=False),
        sa.Column("assessor", sa.Text()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_costs() -> None:
    op.create_table(
        "costs",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("rep_id", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def _create_meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text()),
    )


def _create_extra_columns() -> None:
    op.create_table(
        "extra_columns",
        sa.Column("table_name", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
    )


def _create_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("import_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
    )


def _create_quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("row", sa.Text()),
    )
