"""Goals agreed with people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coaching_plans",
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("goal", sa.Double(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("written_by", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )


def downgrade() -> None:
    op.drop_table("coaching_plans")
