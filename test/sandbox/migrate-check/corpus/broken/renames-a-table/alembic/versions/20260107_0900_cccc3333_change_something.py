"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.rename_table("shipments", "consignments")


def downgrade() -> None:
    op.rename_table("consignments", "shipments")
