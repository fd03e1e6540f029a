"""create customers

Revision ID: aaaa1111
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "aaaa1111"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(200), unique=True),
    )


def downgrade() -> None:
    op.drop_table("customers")
