"""add shipment metadata

Revision ID: 5d90e7b3
Revises: c46a2f98
Create Date: 2025-10-03 08:48:00

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "5d90e7b3"
down_revision = "c46a2f98"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shipments", sa.Column("metadata", JSONB, server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("shipments", "metadata")
