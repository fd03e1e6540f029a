"""add the status customs_hold

Revision ID: 17c5d60a
Revises: e82b31f6
Create Date: 2025-11-07 14:13:00

"""

from alembic import op

revision = "17c5d60a"
down_revision = "e82b31f6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TYPE shipment_status ADD VALUE 'customs_hold' BEFORE 'delivered'")


def downgrade() -> None:
    # PostgreSQL cannot take a value out of an enum: the type is made anew.
    op.execute("UPDATE shipments SET status = 'in_transit' WHERE status = 'customs_hold'")
    op.execute("ALTER TYPE shipment_status RENAME TO shipment_status_old")
    op.execute("CREATE TYPE shipment_status AS ENUM ('draft', 'booked', 'in_transit', 'delivered')")
    op.execute(
        """
        ALTER TABLE shipments
            ALTER status DROP DEFAULT,
            ALTER status TYPE shipment_status USING status::text::shipment_status,
            ALTER status SET DEFAULT 'draft'
        """
    )
    op.execute("DROP TYPE shipment_status_old")
