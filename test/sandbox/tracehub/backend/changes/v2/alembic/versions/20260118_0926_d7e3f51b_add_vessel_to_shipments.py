"""add the vessel to shipments

Revision ID: d7e3f51b
Revises: a1b2c3d4
Create Date: 2026-01-18 09:26:00

"""

import sqlalchemy as sa
from alembic import op

revision = "d7e3f51b"
down_revision = "a1b2c3d4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shipments", sa.Column("vessel", sa.String(100)))
    op.create_index("ix_shipments_vessel", "shipments", ["vessel"])


def downgrade() -> None:
    op.drop_column("shipments", "vessel")
