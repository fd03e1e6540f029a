"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    op.add_column("shipments", sa.Column("payer_id", sa.Integer))
    op.create_foreign_key("shipments_payer_id_fkey", "shipments", "customers", ["payer_id"], ["id"])


def downgrade() -> None:
    op.drop_column("shipments", "payer_id")
