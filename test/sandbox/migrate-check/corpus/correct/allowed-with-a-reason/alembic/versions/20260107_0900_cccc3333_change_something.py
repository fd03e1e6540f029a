"""change something

Revision ID: cccc3333
Revises: bbbb2222

"""

import sqlalchemy as sa
from alembic import op

revision = "cccc3333"
down_revision = "bbbb2222"


def upgrade() -> None:
    # migrate-check: allow safe.drop-column: no release since January reads it,
    # and the reports were moved to weight_kg in 2025.
    op.drop_column("shipments", "weight")


def downgrade() -> None:
    op.add_column("shipments", sa.Column("weight", sa.String(20)))
