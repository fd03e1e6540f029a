"""rename carrier to carrier_name, which older code does not survive

Revision ID: f0a94c6d
Revises: d7e3f51b
Create Date: 2026-02-04 15:08:00

"""

from alembic import op

revision = "f0a94c6d"
down_revision = "d7e3f51b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("shipments", "carrier", new_column_name="carrier_name")


def downgrade() -> None:
    op.alter_column("shipments", "carrier_name", new_column_name="carrier")
