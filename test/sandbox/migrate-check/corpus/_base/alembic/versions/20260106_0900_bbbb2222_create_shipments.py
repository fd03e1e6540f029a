"""create shipments

Revision ID: bbbb2222
Revises: aaaa1111

"""

import sqlalchemy as sa
from alembic import op

revision = "bbbb2222"
down_revision = "aaaa1111"

status = sa.Enum("draft", "booked", name="shipment_status")


def upgrade() -> None:
    op.create_table(
        "shipments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String(64), nullable=False, unique=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("status", status, server_default="draft", nullable=False),
        sa.Column("weight", sa.String(20)),
    )


def downgrade() -> None:
    op.drop_table("shipments")
    status.drop(op.get_bind())
