"""Flags in capitals

Revision ID: cccc3333
Revises: abab2222
"""

from alembic import op

revision = "cccc3333"
down_revision = "abab2222"


def upgrade() -> None:
    op.execute("CREATE TYPE shipment_flag AS ENUM ('FRAGILE', 'COLD')")
    op.execute("ALTER TABLE shipments ALTER COLUMN flags TYPE shipment_flag[] USING flags::text[]::shipment_flag[]")


def downgrade() -> None:
    op.execute("ALTER TABLE shipments ALTER COLUMN flags TYPE flag[] USING flags::text[]::flag[]")
    op.execute("DROP TYPE shipment_flag")
