"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.create_table(
        "tariffs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("code", sa.String(4), sa.CheckConstraint("code IN ('EXW', 'FOB')"), nullable=False),
        sa.Column("percent", sa.Numeric(4, 1), sa.CheckConstraint("percent BETWEEN 1 AND 99"), nullable=False),
        sa.Column("parent_id", sa.Uuid, sa.ForeignKey("tariffs.id")),
        sa.Column("valid", postgresql.DATERANGE, nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text), nullable=False),
    )
    with op.get_context().autocommit_block():
        op.create_index("ix_shipments_weight", "shipments", ["weight"], postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_shipments_weight", postgresql_concurrently=True)
    op.drop_table("tariffs")
