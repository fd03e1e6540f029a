"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.alter_column("shipments", "status", server_default="DRAFT")


def downgrade() -> None:
    op.alter_column("shipments", "status", server_default="draft")
