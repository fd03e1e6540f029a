"""add the country to customers

Revision ID: 71d2b6e8
Revises: d7e3f51b
Create Date: 2026-02-07 09:55:00

"""

import sqlalchemy as sa
from alembic import op

revision = "71d2b6e8"
down_revision = "d7e3f51b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("country", sa.String(2)))


def downgrade() -> None:
    op.drop_column("customers", "country")
