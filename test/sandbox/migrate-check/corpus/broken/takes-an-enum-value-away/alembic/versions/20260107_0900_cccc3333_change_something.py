"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.execute("ALTER TYPE shipment_status RENAME TO shipment_status_old")
    op.execute("CREATE TYPE shipment_status AS ENUM ('draft')")
    op.execute("ALTER TABLE shipments ALTER status DROP DEFAULT, ALTER status TYPE shipment_status USING 'draft', ALTER status SET DEFAULT 'draft'")
    op.execute("DROP TYPE shipment_status_old")


def downgrade() -> None:
    op.execute("ALTER TYPE shipment_status RENAME TO shipment_status_old")
    op.execute("CREATE TYPE shipment_status AS ENUM ('draft', 'booked')")
    op.execute("ALTER TABLE shipments ALTER status DROP DEFAULT, ALTER status TYPE shipment_status USING status::text::shipment_status, ALTER status SET DEFAULT 'draft'")
    op.execute("DROP TYPE shipment_status_old")
