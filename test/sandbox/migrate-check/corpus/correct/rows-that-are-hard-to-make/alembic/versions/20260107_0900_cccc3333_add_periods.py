"""Add periods

Revision ID: cccc3333
Revises: bbbb2222
"""

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.create_table(
        "periods",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("one", sa.Integer),
        sa.Column("other", sa.Uuid),
        sa.Column("tags", sa.ARRAY(sa.String(20)), nullable=False),
        sa.Column("lines", sa.dialects.postgresql.JSONB, nullable=False),
        sa.Column("a.b", sa.Integer, nullable=False),
        sa.CheckConstraint("starts_at < ends_at"),
        sa.CheckConstraint("num_nonnulls(one, other) = 1"),
        sa.CheckConstraint("cardinality(tags) > 0"),
        sa.CheckConstraint("jsonb_typeof(lines) = 'array'"),
    )


def downgrade() -> None:
    op.drop_table("periods")
