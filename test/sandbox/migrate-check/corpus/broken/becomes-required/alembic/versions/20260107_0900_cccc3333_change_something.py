"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.execute("UPDATE shipments SET weight = '0' WHERE weight IS NULL")
    op.alter_column("shipments", "weight", nullable=False)


def downgrade() -> None:
    op.alter_column("shipments", "weight", nullable=True)
    op.execute("UPDATE shipments SET weight = NULL WHERE weight = '0'")
