"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.execute("DROP INDEX IF EXISTS ix_shipments_weight")
    op.execute("CREATE INDEX ix_shipments_weight ON shipments (weight)")


def downgrade() -> None:
    op.execute("SELECT 1")
