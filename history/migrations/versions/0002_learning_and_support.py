"""What people learn, share and do for each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create(
        "trainings",
        sa.Column("training_id", sa.Text(), nullable=False),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("course", sa.Text()),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("hours", sa.Double()),
        sa.Column("passed", sa.Boolean()),
    )
    _create(
        "contributions",
        sa.Column("contribution_id", sa.Text(), nullable=False),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
    )
    _create(
        "support_tasks",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("rep_id", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text()),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime()),
    )


def downgrade() -> None:
    for name in ("trainings", "contributions", "support_tasks"):
        op.drop_table(name)


def _create(name: str, *columns: sa.Column) -> None:
    op.create_table(
        name,
        sa.Column("row_key", sa.LargeBinary(), primary_key=True),
        *columns,
        sa.Column("recorded_at", sa.DateTime()),
        sa.Column("extras", sa.Text()),
        sa.Column("import_id", sa.Integer()),
    )
