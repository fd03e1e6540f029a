"""require the country of customers, which fails: nobody filled it in

Revision ID: e5907c3a
Revises: 71d2b6e8
Create Date: 2026-02-07 10:18:00

"""

from alembic import op

revision = "e5907c3a"
down_revision = "71d2b6e8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("customers", "country", nullable=False)


def downgrade() -> None:
    op.alter_column("customers", "country", nullable=True)
