"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"

status = sa.Enum("draft", "booked", name="shipment_status")


def upgrade() -> None:
    op.drop_table("shipments")
    op.execute("DROP TYPE shipment_status")


def downgrade() -> None:
    op.create_table(
        "shipments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String(64), nullable=False, unique=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("status", status, server_default="draft", nullable=False),
        sa.Column("weight", sa.String(20)),
    )
