"""create users

Revision ID: d05f93a7
Revises: 64ad9c0e
Create Date: 2026-01-02 11:06:00

"""

import sqlalchemy as sa
from alembic import op

revision = "d05f93a7"
down_revision = "64ad9c0e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(200), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.execute("INSERT INTO users (email) VALUES ('demo@tracehub.example')")


def downgrade() -> None:
    op.drop_table("users")
