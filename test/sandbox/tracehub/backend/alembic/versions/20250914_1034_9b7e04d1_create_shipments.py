"""create shipments

Revision ID: 9b7e04d1
Revises: 3f1c8a52
Create Date: 2025-09-14 10:34:00

"""

import sqlalchemy as sa
from alembic import op

revision = "9b7e04d1"
down_revision = "3f1c8a52"
branch_labels = None
depends_on = None

status = sa.Enum("draft", "booked", "in_transit", "delivered", name="shipment_status")


def upgrade() -> None:
    op.create_table(
        "shipments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String(64), nullable=False, unique=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("container_id", sa.Integer, sa.ForeignKey("containers.id")),
        sa.Column("status", status, server_default="draft", nullable=False),
        sa.Column("origin", sa.String(100)),
        sa.Column("destination", sa.String(100)),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("shipments")
    status.drop(op.get_bind())
