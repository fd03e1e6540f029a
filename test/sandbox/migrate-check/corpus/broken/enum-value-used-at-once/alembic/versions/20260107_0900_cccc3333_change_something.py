"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.execute("ALTER TYPE shipment_status ADD VALUE 'lost'")
    op.execute("UPDATE shipments SET status = 'lost' WHERE reference = 'none'")


def downgrade() -> None:
    op.execute("SELECT 1")
